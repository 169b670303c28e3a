"""Deconvolution with a penalty on roughness, its weight found from the noise or from the data."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from unblur.classical.edges import EdgeMode, Periodic, forward, taper_edges
from unblur.degradation.convolution import FloatImage, check_image
from unblur.degradation.noise_level import estimate_noise
from unblur.errors import ArgumentError

__all__ = ["regularised", "unsupervised_wiener"]

Power = NDArray[np.float64]

_LOG_WEIGHTS = (
    math.log(1e-7),
    math.log(1e3),
)  # between no smoothing that float32 could carry and hardly any picture left


def regularised(
    image: ArrayLike,
    psf: ArrayLike,
    *,
    noise: float | None = None,
    boundary: EdgeMode = "replicate",
) -> FloatImage:
    """Find the smoothest picture that explains the blurred one up to its noise.

    Constrained least squares: ``X = conj(H) Y / (|H|^2 + g |L|^2)`` with the Laplacian L; the
    weight g is found by bisection such that the mean of ``|y - h * x|^2`` equals ``noise^2``.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), blurred, usually in [0, 1]. All channels share one weight.
        Not modified.
    psf : array_like
        (K, K), as `as_psf` takes it, its origin at ``K // 2``.
    noise : float, optional
        Standard deviation of the noise in the units of the image; `estimate_noise` finds it when
        left out.
    boundary : {"replicate", "reflect", "wrap", "zero"}
        How the picture goes on beyond its border, see `taper_edges`.

    Returns
    -------
    ndarray of float32
        Same shape, not clipped.

    Raises
    ------
    ArrayError, PSFError
        When `image` is no float image or `psf` no PSF.
    ArgumentError
        When `noise` is negative or `boundary` unknown.

    References
    ----------
    B. R. Hunt, "The application of constrained least squares estimation to image restoration by
    digital computer", IEEE Transactions on Computers C-22 (9), 1973.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, disk_psf
    >>> sharp, psf = np.zeros((40, 40), np.float32), disk_psf(2.5)
    >>> sharp[:, 20:] = 1
    >>> restored = regularised(convolve(sharp, psf), psf, noise=0.001)
    >>> bool(abs(restored - sharp).mean() < abs(convolve(sharp, psf) - sharp).mean())
    True
    """
    if noise is not None and not 0 <= noise < math.inf:
        raise ArgumentError(f"the noise must be zero or more, not {noise}")
    level = estimate_noise(check_image(image)) if noise is None else noise
    blurred = taper_edges(image, psf, boundary=boundary)
    seen, passed, rough = _powers(blurred)
    low, high = _LOG_WEIGHTS
    for _ in range(30):
        middle = (low + high) / 2
        # the part of the spectrum that the restored picture leaves unexplained
        left = math.exp(middle) * rough / (passed + math.exp(middle) * rough)
        low, high = (low, middle) if np.sum(seen * left**2) > level**2 else (middle, high)
    return _smooth(blurred, math.exp(low))


def unsupervised_wiener(
    image: ArrayLike, psf: ArrayLike, *, boundary: EdgeMode = "replicate"
) -> FloatImage:
    """Deconvolve as `regularised` does, with the weight under which the data are most likely.

    The blurred picture is taken as a sum of white noise and of a blurred signal whose Laplacian is
    white, both of unknown power. The paper draws the two powers at random by Gibbs sampling and
    averages. With as many numbers as a picture has their distribution is so narrow that its peak
    does as well; it is found by a search along one axis, and every call gives the same result.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), blurred, usually in [0, 1]. Not modified.
    psf : array_like
        (K, K), as `as_psf` takes it, its origin at ``K // 2``.
    boundary : {"replicate", "reflect", "wrap", "zero"}
        How the picture goes on beyond its border, see `taper_edges`.

    Returns
    -------
    ndarray of float32
        Same shape, not clipped.

    Raises
    ------
    ArrayError, PSFError
        When `image` is no float image or `psf` no PSF.
    ArgumentError
        When `boundary` is unknown.

    References
    ----------
    F. Orieux, J.-F. Giovannelli, T. Rodet, "Bayesian estimation of regularization and point spread
    function parameters for Wiener-Hunt deconvolution", JOSA A 27 (7), 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, disk_psf
    >>> sharp, psf = np.zeros((40, 40), np.float32), disk_psf(2.5)
    >>> sharp[:, 20:] = 1
    >>> restored = unsupervised_wiener(convolve(sharp, psf), psf)
    >>> bool(abs(restored - sharp).mean() < abs(convolve(sharp, psf) - sharp).mean())
    True
    """
    blurred = taper_edges(image, psf, boundary=boundary)
    seen, passed, rough = _powers(blurred)
    varies = rough > 0  # the mean of the picture says nothing about either power
    counts = np.broadcast_to(_counts(blurred), seen.shape)[varies]
    seen, passed, rough = seen[varies], passed[varies], rough[varies]

    def surprise(log_weight: float) -> float:
        spread = 1 + passed / (math.exp(log_weight) * rough)
        noise_power = np.sum(seen / spread) + 1e-20
        return float(np.log(noise_power) + np.average(np.log(spread), weights=counts))

    found = minimize_scalar(surprise, bounds=_LOG_WEIGHTS, method="bounded")
    return _smooth(blurred, math.exp(found.x))


def _smooth(blurred: Periodic, weight: float) -> FloatImage:
    """Picture for which ``|y - h * x|^2 + weight |L x|^2`` is smallest."""
    transfer = blurred.transfer
    penalty = weight * _laplacian_power(*blurred.planes.shape[1:])
    return blurred.filtered(transfer.conj() / (np.abs(transfer) ** 2 + penalty.astype(np.float32)))


def _powers(blurred: Periodic) -> tuple[Power, Power, Power]:
    """Powers (H, W // 2 + 1) of picture, PSF and Laplacian; the first sum to the mean square."""
    channels, rows, columns = blurred.planes.shape
    power = np.abs(forward(blurred.planes)).astype(np.float64) ** 2
    seen = power.sum(axis=0) * _counts(blurred) / (channels * float(rows * columns) ** 2)
    passed = np.abs(blurred.transfer).astype(np.float64) ** 2
    return seen, passed, _laplacian_power(rows, columns)


def _counts(blurred: Periodic) -> Power:
    """Count the full-spectrum frequencies behind each column (W // 2 + 1,) of the half spectrum."""
    columns = blurred.planes.shape[-1]
    number = np.arange(columns // 2 + 1)
    return np.where((number == 0) | (2 * number == columns), 1.0, 2.0)


def _laplacian_power(rows: int, columns: int) -> Power:
    """``|L|^2`` (H, W // 2 + 1) of the five-point Laplacian; 1 at most, and 0 at frequency zero."""
    down = np.sin(np.pi * np.arange(rows) / rows) ** 2
    right = np.sin(np.pi * np.arange(columns // 2 + 1) / columns) ** 2
    power: Power = ((down[:, None] + right) / 2) ** 2
    return power
