"""Wrong PSFs made of right ones: what an estimator that starts from a guess must learn to mend."""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = ["wrong_psfs"]

TURN = 0.25  # standard deviations of the strongest change: radians,
STRETCH = 0.2  # logarithm of the size along each axis,
BLUR = 1.5  # and largest sigma in pixels
OTHER = 0.5  # largest share of another PSF of the batch
UNEVEN = 1.0  # of the taps, by a smooth field


def wrong_psfs(
    psf: torch.Tensor, generator: torch.Generator, strength: torch.Tensor | None = None
) -> torch.Tensor:
    """Turn, stretch, smear, mix and mottle PSFs, each by a strength of its own.

    Parameters
    ----------
    psf : torch.Tensor
        (B, K, K), each with the sum 1.
    generator : torch.Generator
        Decides all.
    strength : torch.Tensor, optional
        (B,), how wrong each becomes: 0 hardly, 1 most; at random when left out.

    Returns
    -------
    torch.Tensor
        (B, K, K), non-negative, each with the sum 1.

    Examples
    --------
    >>> right = torch.zeros(2, 9, 9)
    >>> right[:, 4, 2:7] = 0.2
    >>> wrong = wrong_psfs(right, torch.Generator().manual_seed(0))
    >>> bool(torch.allclose(wrong.sum((1, 2)), torch.ones(2)))
    True
    """
    if strength is None:
        strength = torch.rand(len(psf), generator=generator)
    moved = _mottled(_turned(psf, strength, generator), strength, generator)
    share = OTHER * (strength * torch.rand(len(psf), generator=generator))[:, None, None]
    mixed = (1 - share) * moved + share * moved.roll(1, 0)
    smeared = _smeared(mixed, strength * torch.rand(len(psf), generator=generator))
    return smeared / smeared.sum((1, 2), keepdim=True)


def _turned(psf: torch.Tensor, strength: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    angle = TURN * strength * torch.randn(len(psf), generator=generator)
    stretch = STRETCH * strength[:, None] * torch.randn(len(psf), 2, generator=generator)
    cosine, sine, scale = angle.cos(), angle.sin(), stretch.exp()
    rows = torch.stack([cosine, -sine, sine, cosine], 1).reshape(-1, 2, 2) * scale[:, None]
    transform = torch.cat([rows, torch.zeros(len(psf), 2, 1)], 2).to(psf)
    grid = functional.affine_grid(transform, [len(psf), 1, *psf.shape[1:]], align_corners=True)
    turned = functional.grid_sample(psf[:, None], grid, align_corners=True)[:, 0]
    return turned / turned.sum((1, 2), keepdim=True).clamp_min(1e-8)


def _mottled(psf: torch.Tensor, strength: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    field = torch.randn(len(psf), 1, 7, 7, generator=generator).to(psf)
    smooth = functional.interpolate(field, psf.shape[1:], mode="bicubic")[:, 0]
    mottled = psf * (1 + UNEVEN * strength.to(psf)[:, None, None] * smooth).clamp(min=0.05)
    return mottled / mottled.sum((1, 2), keepdim=True)


def _smeared(psf: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    reach = 5
    offsets = torch.arange(-reach, reach + 1) ** 2
    sigma = (BLUR * strength).clamp_min(0.05)
    taps = torch.exp(-offsets[None] / (2 * sigma[:, None] ** 2))
    taps = (taps / taps.sum(1, keepdim=True)).to(psf)
    batch = psf[None]
    batch = functional.conv2d(batch, taps[:, None, :, None], padding=(reach, 0), groups=len(psf))
    batch = functional.conv2d(batch, taps[:, None, None, :], padding=(0, reach), groups=len(psf))
    return batch[0]
