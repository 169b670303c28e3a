"""PSFs between the octaves of an image pyramid: twice or half as wide, on the same support."""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = ["halve_psf", "upsample_psf"]


def upsample_psf(psf: torch.Tensor) -> torch.Tensor:
    """Go one octave finer: twice as wide by bilinear interpolation, on the same support.

    Parameters
    ----------
    psf : torch.Tensor
        (B, K, K), K odd.

    Returns
    -------
    torch.Tensor
        (B, K, K), each with the sum 1; what no longer fits is cut off.
    """
    size = psf.shape[-1]
    fine = functional.interpolate(
        psf[:, None], size=(2 * size - 1, 2 * size - 1), mode="bilinear", align_corners=True
    )[:, 0]
    start = size // 2
    fine = fine[:, start : start + size, start : start + size]
    return fine / fine.sum((1, 2), keepdim=True).clamp_min(1e-8)


def halve_psf(psf: torch.Tensor) -> torch.Tensor:
    """Go one octave coarser: smoothed by [1 2 1] / 4, every second tap kept.

    Parameters
    ----------
    psf : torch.Tensor
        (B, K, K), K odd.

    Returns
    -------
    torch.Tensor
        (B, K, K), each with the sum 1, half as wide and centred as before.
    """
    size = psf.shape[-1]
    kernel = torch.tensor([0.25, 0.5, 0.25], dtype=psf.dtype, device=psf.device)
    smooth = functional.conv2d(psf[:, None], kernel[:, None] @ kernel[None][None, None], padding=1)
    start = (size // 2) % 2
    coarse = smooth[:, 0, start::2, start::2]
    margin = (size - coarse.shape[-1]) // 2
    coarse = functional.pad(coarse, (margin, size - coarse.shape[-1] - margin) * 2)
    return coarse / coarse.sum((1, 2), keepdim=True)
