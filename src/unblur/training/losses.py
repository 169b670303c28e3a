"""Losses of the default model."""

from __future__ import annotations

import torch

__all__ = ["charbonnier", "relative_psf_error"]


def charbonnier(result: torch.Tensor, target: torch.Tensor, epsilon: float = 3e-3) -> torch.Tensor:
    """Mean of ``sqrt(d^2 + epsilon^2)``: squared error for small differences, absolute for large."""
    return torch.sqrt((result - target) ** 2 + epsilon**2).mean()


def relative_psf_error(psf: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean of ``|psf - target| / |target|`` over a batch of PSFs (B, K, K), Euclidean norms."""
    error = (psf - target).flatten(1).norm(dim=1)
    return (error / target.flatten(1).norm(dim=1)).mean()
