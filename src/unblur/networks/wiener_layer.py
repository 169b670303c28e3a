"""A Wiener layer whose PSFs and noise-to-signal ratios are trained."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from unblur.networks.dft import inverse_dft, picture_dft, psf_dft

__all__ = ["WienerLayer"]

GAIN = 50.0  # a step that suits the weights of convolutions would hardly move a PSF


class WienerLayer(nn.Module):
    """Trainable PSFs and noise-to-signal ratios, ``X = conj(H) Y / (|H|^2 + NSR)``.

    The mean of a picture is kept. PSFs are the softmax of raw numbers, ratios their softplus, so
    both stay what they are while the raw numbers move freely. PSFs start as Gaussians of different
    widths, up to a fifth of their support: those that start narrower than the blur stay caught
    far from it, those that start wider shrink to it.

    Parameters
    ----------
    count, size : int
        Number of PSFs and side of their support in pixels, odd.
    nsr : float
        Noise-to-signal ratio that all begin with.

    References
    ----------
    Yanny, Monakhova, Shuai, Waller: "Deep learning for fast spatially varying deconvolution",
    Optica 9, 2022, for trainable PSFs.
    """

    def __init__(self, count: int, size: int, nsr: float) -> None:
        super().__init__()
        self.raw_psf = nn.Parameter(_gaussian_logits(count, size) / GAIN)
        self.raw_nsr = nn.Parameter(torch.full((count,), math.log(math.expm1(nsr)) / GAIN))

    def psfs(self, moved: torch.Tensor | None = None) -> torch.Tensor:
        """Return the PSFs.

        Parameters
        ----------
        moved : torch.Tensor, optional
            What to add inside the softmax, (B, M, K, K).

        Returns
        -------
        torch.Tensor
            (1, M, K, K), or (B, M, K, K) if moved; non-negative, each with the sum 1.
        """
        raw = GAIN * self.raw_psf[None]
        raw = raw if moved is None else raw + moved
        return torch.softmax(raw.flatten(2), 2).reshape(raw.shape)

    def nsr(self, moved: torch.Tensor | None = None) -> torch.Tensor:
        """Return the noise-to-signal ratios.

        Parameters
        ----------
        moved : torch.Tensor, optional
            What to add inside the softplus, (B, M).

        Returns
        -------
        torch.Tensor
            (1, M), or (B, M) if moved; positive.
        """
        raw = GAIN * self.raw_nsr[None]
        return functional.softplus(raw if moved is None else raw + moved)

    def forward(self, image: torch.Tensor, psf: torch.Tensor, nsr: torch.Tensor) -> torch.Tensor:
        """Deconvolve each picture by each PSF.

        Parameters
        ----------
        image : torch.Tensor
            (B, C, H, W).
        psf : torch.Tensor
            (1, M, K, K) or (B, M, K, K).
        nsr : torch.Tensor
            (1, M) or (B, M).

        Returns
        -------
        torch.Tensor
            (B, M, C, H, W).
        """
        height, width = image.shape[-2:]
        closed = _close(image, psf.shape[-1])
        mean = closed.mean((2, 3), keepdim=True)
        long, wide = closed.shape[-2:]
        real, imaginary = (part[:, None] for part in picture_dft(closed - mean))
        cosine, sine = (part[:, :, None] for part in psf_dft(psf, long, wide))
        scale = 1 / (cosine**2 + sine**2 + nsr[:, :, None, None, None])
        solution = (
            (real * cosine + imaginary * sine) * scale,
            (imaginary * cosine - real * sine) * scale,
        )
        return inverse_dft(solution, wide)[..., :height, :width] + mean[:, None]


def _gaussian_logits(count: int, size: int) -> torch.Tensor:
    """Logarithms of Gaussians (count, size, size), the widest a fifth of the support."""
    offset = torch.arange(size) - size // 2
    distance = (offset[:, None] ** 2 + offset[None] ** 2).float()
    sigma = 0.2 * size * torch.arange(1, count + 1)[:, None, None] / count
    # deep in its tails a softmax would pass no gradient
    return torch.clamp(-distance / (2 * sigma**2), min=-12.0)


def _close(image: torch.Tensor, gap: int) -> torch.Tensor:
    """Close pictures (B, C, H, W) to tori: `gap` rows and columns lead to the opposite border.

    Circular deconvolution then meets no step there.
    """
    place = torch.arange(1, gap + 1, device=image.device) / (gap + 1)
    fade = 0.5 - 0.5 * torch.cos(math.pi * place)
    image = torch.cat([image, image[..., -1:] * (1 - fade) + image[..., :1] * fade], -1)
    fade = fade[:, None]
    return torch.cat([image, image[..., -1:, :] * (1 - fade) + image[..., :1, :] * fade], -2)
