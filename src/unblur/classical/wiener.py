"""Wiener deconvolution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from unblur.classical.edges import EdgeMode, taper_edges
from unblur.degradation.convolution import FloatImage
from unblur.errors import ArgumentError

__all__ = ["wiener"]


def wiener(
    image: ArrayLike, psf: ArrayLike, *, nsr: float = 0.01, boundary: EdgeMode = "replicate"
) -> FloatImage:
    """Deconvolve by the Wiener filter, ``X = conj(H) Y / (|H|^2 + nsr)``.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), blurred, usually in [0, 1]; in linear light where the blur is optical.
        Not modified.
    psf : array_like
        (K, K), as `as_psf` takes it, its origin at ``K // 2``.
    nsr : float
        Ratio of the powers of noise and signal, the same at all frequencies but zero: the mean of
        the image is kept. Larger values give a softer, calmer result. Above 0.
    boundary : {"replicate", "reflect", "wrap", "zero"}
        How the picture goes on beyond its border, see `taper_edges`.

    Returns
    -------
    ndarray of float32
        Same shape. It is not clipped: edges may over- and undershoot the range of the image.

    Raises
    ------
    ArrayError, PSFError
        When `image` is no float image or `psf` no PSF.
    ArgumentError
        When `nsr` is not positive or `boundary` unknown.

    References
    ----------
    N. Wiener, "Extrapolation, Interpolation, and Smoothing of Stationary Time Series", 1949.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, motion_psf
    >>> sharp, psf = np.zeros((32, 32), np.float32), motion_psf(7, 30)
    >>> sharp[16, 16] = 1
    >>> blurred = convolve(sharp, psf)
    >>> bool(wiener(blurred, psf, nsr=1e-3).max() > 2 * blurred.max())
    True
    """
    if not 0 < nsr < math.inf:
        raise ArgumentError(f"nsr must be a positive number, not {nsr}: try 0.01")
    blurred = taper_edges(image, psf, boundary=boundary)
    transfer = blurred.transfer
    power = transfer.real**2
    power += transfer.imag**2
    power += np.float32(nsr)
    response = np.conjugate(transfer, out=transfer)
    response *= np.reciprocal(power, out=power)
    response[0, 0] = 1  # the filter is meant for deviations from the mean
    return blurred.filtered(response)
