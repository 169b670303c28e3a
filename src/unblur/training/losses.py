"""Losses, of pictures and of PSFs."""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = ["ERROR_FLOOR", "charbonnier", "log_squared_error", "nearest_shift", "relative_psf_error"]

ERROR_FLOOR = 1e-4  # squared error, 40 dB: what is nearly right already counts little


def charbonnier(result: torch.Tensor, target: torch.Tensor, epsilon: float = 3e-3) -> torch.Tensor:
    """Mean of ``sqrt(d^2 + epsilon^2)``: squared error for small differences, absolute for large.

    Parameters
    ----------
    result, target : torch.Tensor
        Pictures of the same shape.
    epsilon : float
        Where small becomes large, above 0.

    Returns
    -------
    torch.Tensor
        A number, `epsilon` or more.

    References
    ----------
    Charbonnier et al.: "Two deterministic half-quadratic regularization algorithms for computed
    imaging", ICIP 1994.

    Examples
    --------
    >>> picture = torch.zeros(1, 3, 4, 4)
    >>> print(round(charbonnier(picture, picture).item(), 6))
    0.003
    """
    return torch.sqrt((result - target) ** 2 + epsilon**2).mean()


def log_squared_error(
    result: torch.Tensor, target: torch.Tensor, floor: float = ERROR_FLOOR
) -> torch.Tensor:
    """Mean logarithm of each picture's mean squared error: what a mean of PSNR measures.

    Parameters
    ----------
    result, target : torch.Tensor
        Pictures (B, C, H, W) of the same shape.
    floor : float
        Added to each squared error, above 0: what is nearly right already counts little.

    Returns
    -------
    torch.Tensor
        A number, ``log(floor)`` or more.

    Examples
    --------
    >>> picture = torch.zeros(2, 3, 4, 4)
    >>> print(round(log_squared_error(picture + 1, picture, floor=1e-9).item(), 6))
    0.0
    """
    return torch.log(((result - target) ** 2).mean((1, 2, 3)) + floor).mean()


def nearest_shift(psf: torch.Tensor, target: torch.Tensor, reach: int) -> torch.Tensor:
    """Move each target PSF to where another resembles it most.

    A blurred picture says nothing of where its scene was, so a PSF is known only up to a shift. A
    network that is punished for the shift hedges, and smears what it could have seen.

    Parameters
    ----------
    psf, target : torch.Tensor
        (B, K, K).
    reach : int
        Whole pixels by which a target may move along each axis; near places are preferred.

    Returns
    -------
    torch.Tensor
        The moved targets (B, K, K), zero where nothing moved in.

    Examples
    --------
    >>> psf = torch.zeros(1, 5, 5)
    >>> psf[0, 1, 2] = 1
    >>> bool((nearest_shift(psf, psf.roll(1, 2), reach=2) == psf).all())
    True
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
    """Mean of ``|psf - target| / |target|`` over a batch, Euclidean norms.

    Parameters
    ----------
    psf, target : torch.Tensor
        (B, K, K), no target zero.
    reach : int
        The target is first moved by up to so many pixels, see `nearest_shift`.

    Returns
    -------
    torch.Tensor
        A number: 0 for equal PSFs, 1 for zeros.

    Examples
    --------
    >>> psf = torch.ones(2, 3, 3) / 9
    >>> print(relative_psf_error(0.5 * psf, psf).item())
    0.5
    """
    if reach:
        target = nearest_shift(psf, target, reach)
    error: torch.Tensor = (psf - target).flatten(1).norm(dim=1)
    scale: torch.Tensor = target.flatten(1).norm(dim=1)
    return (error / scale).mean()
