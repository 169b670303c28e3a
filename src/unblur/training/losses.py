"""Losses of the default model."""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = ["charbonnier", "nearest_shift", "relative_psf_error"]


def charbonnier(result: torch.Tensor, target: torch.Tensor, epsilon: float = 3e-3) -> torch.Tensor:
    """Mean of ``sqrt(d^2 + epsilon^2)``: squared error for small differences, absolute for large."""
    return torch.sqrt((result - target) ** 2 + epsilon**2).mean()


def nearest_shift(psf: torch.Tensor, target: torch.Tensor, reach: int) -> torch.Tensor:
    """Move each target PSF (B, K, K) by up to `reach` whole pixels, to where `psf` resembles it most.

    A blurred picture says nothing of where its scene was, so a PSF is known only up to a shift. A
    network that is punished for the shift hedges, and smears what it could have seen.
    """
    size = target.shape[-1]
    padded = functional.pad(target, (reach,) * 4)
    shifted = padded.unfold(1, size, 1).unfold(2, size, 1).flatten(1, 2)  # (B, shifts, K, K)
    with torch.no_grad():
        alike = torch.einsum("bhw,bshw->bs", psf, shifted)
        offset = torch.arange(-reach, reach + 1, device=psf.device) ** 2
        distance = (offset[:, None] + offset[None]).flatten().float().sqrt()
        best = (alike * (1 - 0.02 * distance)).argmax(1)
    return shifted[torch.arange(len(psf), device=psf.device), best]


def relative_psf_error(psf: torch.Tensor, target: torch.Tensor, reach: int = 0) -> torch.Tensor:
    """Mean of ``|psf - target| / |target|`` over PSFs (B, K, K), up to shifts of `reach` pixels."""
    if reach:
        target = nearest_shift(psf, target, reach)
    error = (psf - target).flatten(1).norm(dim=1)
    return (error / target.flatten(1).norm(dim=1)).mean()
