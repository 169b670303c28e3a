"""A PSF from the picture alone, without learning: the baseline for the learned estimator.

From coarse to fine: guess where the sharp edges lie, ask which PSF blurs them into what was seen,
deconvolve with it, guess again.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, ndimage

from unblur.degradation import PSF, as_psf, centre_psf, delta_psf, fast_shape, resize_psf
from unblur.degradation.convolution import check_image
from unblur.errors import ArgumentError, ArrayError
from unblur.estimation.edges import bilateral, edge_threshold, shock
from unblur.images.color import luminance
from unblur.runtime.spectral import Deconvolution, gradients

__all__ = ["estimate_psf_classical"]

FloatArray = NDArray[np.float32]
Reals = NDArray[np.float64]
Operator = Callable[[Reals], Reals]

_RATIO = math.sqrt(2)  # from one level of the pyramid to the next
_COARSEST = 5  # px of PSF with which the search begins
_ROUNDS = 5  # on every level
_EDGES = 2.0  # edge pixels kept, in units of sqrt(pixels of the picture x pixels of the PSF)
_WIENER_LEVEL = 0.01
_TOLERANCE = 0.1  # of the bilateral filter at first
_FADE = 0.9  # the filters and the threshold weaken by this factor in every round
_RIDGE = 0.01  # regularisation of the PSF, relative to the energy of the edges
_FAINT = 0.05  # weaker pixels of a PSF are noise, relative to its maximum
_ISLAND = 0.1  # as are detached parts with a smaller share of the light


def estimate_psf_classical(image: ArrayLike, *, size: int = 33) -> PSF:
    """Estimate the PSF of a picture that is blurred alike all over.

    On each level of a pyramid, a bilateral filter and a shock filter predict the sharp picture, its
    strongest gradients are kept, the PSF follows by least squares on its own support, and a Wiener
    filter with that PSF gives the next picture to predict from.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), encoded values in [0, 1], each side at least 2 `size`. Not modified.
    size : int
        Side of the PSF in px, odd, 3 or more; it should be wider than the blur.

    Returns
    -------
    ndarray of float32
        (size, size), sum 1, its centre of mass in the middle. No blur where there are no edges.

    Raises
    ------
    ArrayError
        When `image` is no float image or too small.
    ArgumentError
        When `size` is not odd or below 3.

    References
    ----------
    S. Cho, S. Lee, "Fast motion deblurring", ACM Transactions on Graphics 28 (5), 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, motion_psf
    >>> rng = np.random.default_rng(0)
    >>> squares = np.kron(rng.random((12, 12)), np.ones((12, 12))).astype(np.float32)
    >>> psf = estimate_psf_classical(convolve(squares, motion_psf(7, 0)), size=15)
    >>> bool(psf[7].sum() > 0.8)
    True
    """
    if size < 3 or size % 2 == 0:
        raise ArgumentError(f"the size of a PSF must be odd and at least 3, not {size}")
    values = check_image(image)
    if min(values.shape[:2]) < 2 * size:
        raise ArrayError(
            f"an image of {values.shape[0]}x{values.shape[1]} px is too small for a PSF of {size} "
            f"px: give at least {2 * size}x{2 * size} px, or ask for a smaller PSF"
        )
    grey = luminance(values)
    levels = max(math.ceil(math.log(size / _COARSEST, _RATIO)), 0)
    psf, sharp = np.array([[0.0, 0, 0], [0, 1, 1], [0, 0, 0]]) / 2, None
    for level in range(levels, -1, -1):
        scale = _RATIO**-level
        blurred = _shrink(grey, scale)
        psf = _enlarge(psf, max(int(size * scale) // 2 * 2 + 1, 3))
        sharp = blurred if sharp is None else _deconvolve(blurred, psf)
        psf = _refine(psf, sharp, blurred)
    return resize_psf(centre_psf(psf), size)


def _refine(psf: Reals, sharp: FloatArray, blurred: FloatArray) -> Reals:
    """Improve the PSF (K, K) on one level, from a first guess (H, W) of the sharp picture."""
    observed = gradients(blurred)
    threshold = None
    for number in range(_ROUNDS):
        strength = _FADE**number
        predicted = gradients(shock(bilateral(sharp, 2.0, _TOLERANCE * strength), strength))
        if threshold is None:
            threshold = edge_threshold(predicted, _EDGES * math.sqrt(blurred.size * psf.size))
        kept = np.hypot(predicted[0], predicted[1]) >= max(threshold * strength, 1e-5)
        psf = _clean(_least_squares(predicted * kept, observed, psf.shape[0]))
        sharp = _deconvolve(blurred, psf)
    return psf


def _deconvolve(blurred: FloatArray, psf: Reals) -> FloatArray:
    restored = Deconvolution(blurred[None], as_psf(psf)).wiener(_WIENER_LEVEL)[0]
    return np.asarray(np.clip(restored, 0, 1), dtype=np.float32)


def _least_squares(edges: FloatArray, observed: FloatArray, size: int) -> Reals:
    """Find the array k (K, K) for which ``|k * edges - observed|^2 + ridge |k|^2`` is smallest.

    The normal equations hold the correlations of the two at lags within the support, so conjugate
    gradients work on arrays of some 2 K pixels, whatever the size of the picture.
    """
    shape, radius = fast_shape((edges.shape[1], edges.shape[2])), size // 2
    sharp, seen = fft.rfft2(edges, s=shape), fft.rfft2(observed, s=shape)
    own = _lags(fft.irfft2((np.abs(sharp) ** 2).sum(axis=0), s=shape), 2 * radius)
    target = _lags(fft.irfft2((sharp.conj() * seen).sum(axis=0), s=shape), radius)
    wide = fast_shape((own.shape[0] + size, own.shape[0] + size))
    transfer, ridge = fft.rfft2(own, s=wide), _RIDGE * own[2 * radius, 2 * radius]

    def normal(psf: Reals) -> Reals:
        whole = fft.irfft2(fft.rfft2(psf, s=wide) * transfer, s=wide)
        part = whole[2 * radius : 2 * radius + size, 2 * radius : 2 * radius + size]
        return np.asarray(part + ridge * psf, dtype=np.float64)

    return _conjugate_gradients(normal, target)


def _conjugate_gradients(operator: Operator, target: Reals) -> Reals:
    """Solve ``operator(x) = target`` for a symmetric positive operator."""
    solution, rest = np.zeros_like(target), target
    direction, power = rest, float(np.vdot(rest, rest))
    enough = 1e-8 * power
    for _ in range(30):
        if power <= enough:
            break
        image = operator(direction)
        step = power / float(np.vdot(direction, image))
        solution, rest = solution + step * direction, rest - step * image
        previous, power = power, float(np.vdot(rest, rest))
        direction = rest + power / previous * direction
    return solution


def _lags(correlation: FloatArray, reach: int) -> Reals:
    """Part (2 reach + 1, 2 reach + 1) of a circular correlation around lag zero."""
    lags = np.arange(-reach, reach + 1)
    rows, columns = (lags % extent for extent in correlation.shape)
    return np.asarray(correlation[rows[:, None], columns], dtype=np.float64)


def _clean(psf: Reals) -> Reals:
    """Drop what cannot be part of a PSF, and bring the rest back to the middle."""
    kept = np.where(psf > max(_FAINT * psf.max(), 0), psf, 0)
    islands, count = ndimage.label(kept, np.ones((3, 3)))
    light = ndimage.sum_labels(kept, islands, np.arange(count + 1))
    kept[(light < _ISLAND * light.sum())[islands]] = 0
    total = kept.sum()
    if total <= 0:
        return delta_psf(psf.shape[0]).astype(np.float64)
    centre = psf.shape[0] // 2
    shift = [round(centre - place) for place in ndimage.center_of_mass(kept)]
    return np.roll(kept / total, shift, axis=(0, 1))


def _shrink(image: FloatArray, scale: float) -> FloatArray:
    """Image (H scale, W scale), smoothed against aliasing."""
    if scale == 1:
        return image
    smooth = ndimage.gaussian_filter(image, 0.5 * math.sqrt(scale**-2 - 1))
    return np.asarray(ndimage.zoom(smooth, scale, order=1), dtype=np.float32)


def _enlarge(psf: Reals, size: int) -> Reals:
    """PSF (size, size) that shows the same on a finer level."""
    if psf.shape[0] == size:
        return psf
    larger = ndimage.zoom(psf, size / psf.shape[0], order=1)
    return _clean(larger)
