"""The PSF as an array: checked, normalised, centred, cut to size, drawn from points.

A PSF is float32 (K, K), K odd, non-negative, of sum 1, with its origin at index ``K // 2`` of both
axes. Positions in the plane are complex numbers in pixels, x to the right and y *up*, so that
angles turn counter-clockwise as they do on paper.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from unblur.errors import PSFError

__all__ = ["MAX_SIZE", "PSF", "as_psf", "centre_psf", "centroid", "resize_psf"]

PSF = NDArray[np.float32]

MAX_SIZE = 1025
"""Largest PSF that is made, in pixels: a typing mistake must not fill the memory."""


def as_psf(array: ArrayLike) -> PSF:
    """Check an array of numbers and bring it to the form of a PSF.

    Parameters
    ----------
    array : array_like
        (H, W), finite, non-negative, with a sum above zero; any number type. Not modified.

    Returns
    -------
    ndarray of float32
        (K, K) with K odd, of sum 1, a new array. Zeros are added where (H, W) is not odd or not
        square; the pixel at ``(H // 2, W // 2)`` stays the origin. Use `centre_psf` to move the
        centre of mass there.

    Raises
    ------
    PSFError
        When the array has another number of axes, is empty, not finite, negative or all zero.

    Examples
    --------
    >>> as_psf([[1, 2, 1]]).tolist()
    [[0.0, 0.0, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 0.0]]
    """
    try:
        given = np.asarray(array)
    except ValueError as error:  # rows of different lengths
        raise PSFError("a PSF must be an array of numbers with two axes") from error
    if given.dtype.kind not in "biuf":
        raise PSFError(f"a PSF must be an array of real numbers, not {given.dtype}")
    values = given.astype(np.float64)
    if values.ndim != 2 or values.size == 0:
        raise PSFError(f"a PSF has two axes and at least one pixel, not the shape {values.shape}")
    if not np.isfinite(values).all():
        raise PSFError("the PSF holds NaN or infinite values: set them to zero first")
    if values.min() < 0:
        raise PSFError(
            f"the PSF holds negative values (down to {values.min():.3g}): clip them to zero first"
        )
    total = values.sum()
    if not total > 0:
        raise PSFError("the PSF is zero everywhere: at least one pixel must be positive")
    return _place((values / total).astype(np.float32), max(values.shape) | 1)


def centroid(psf: ArrayLike) -> tuple[float, float]:
    """Centre of mass of a PSF, in pixels right of and above its origin.

    Parameters
    ----------
    psf : array_like
        (K, K) as `as_psf` takes it.

    Returns
    -------
    tuple of float
        (x, y), y pointing up; (0, 0) for a centred PSF.

    Examples
    --------
    >>> centroid([[0, 1, 1]])
    (0.5, 0.0)
    """
    values = as_psf(psf).astype(np.float64)
    offsets = np.arange(values.shape[0]) - values.shape[0] // 2
    total = values.sum()
    x = float(offsets @ values.sum(axis=0) / total)
    y = float(-(offsets @ values.sum(axis=1)) / total)
    return x + 0.0, y + 0.0  # never a negative zero


def centre_psf(psf: ArrayLike) -> PSF:
    """Move a PSF so that its centre of mass lies in the middle of the array.

    A PSF that is off centre shifts the picture that is blurred or restored with it.

    Parameters
    ----------
    psf : array_like
        (H, W) as `as_psf` takes it. Not modified.

    Returns
    -------
    ndarray of float32
        (K, K), the centre of mass within 0.001 px of index ``K // 2``. The fraction of a pixel is
        shifted by bilinear interpolation. K grows only where the moved PSF would not fit.

    Raises
    ------
    PSFError
        When `psf` is no PSF.

    Examples
    --------
    >>> centre_psf([[0, 0, 0], [0, 0, 1], [0, 0, 0]])[1].tolist()
    [0.0, 1.0, 0.0]
    """
    values = as_psf(psf)
    x, y = centroid(values)
    if max(abs(x), abs(y)) < 1e-4:
        return values
    size = values.shape[0]
    rows, columns = np.nonzero(values)
    points = (columns - size // 2 - x) + 1j * (size // 2 - rows - y)
    reach = max(float(np.abs(points.real).max()), float(np.abs(points.imag).max()))
    return splat(points, max(size, enclosing_size(reach)), values[rows, columns])


def resize_psf(psf: ArrayLike, size: int) -> PSF:
    """Cut or pad a PSF around its origin to a given size; the scale stays.

    Parameters
    ----------
    psf : array_like
        (H, W) as `as_psf` takes it. Not modified.
    size : int
        Number of rows and columns, odd.

    Returns
    -------
    ndarray of float32
        (size, size), of sum 1 again after cutting.

    Raises
    ------
    PSFError
        When `psf` is no PSF, `size` is not odd, or nothing is left after cutting.

    Examples
    --------
    >>> resize_psf([[1.0]], 3)[1].tolist()
    [0.0, 1.0, 0.0]
    """
    check_size(size)
    values = as_psf(psf)
    surplus = (values.shape[0] - size) // 2
    if surplus <= 0:
        return _place(values, size)
    kept = values[surplus:-surplus, surplus:-surplus]
    if not kept.sum() > 0:
        raise PSFError(f"nothing of the PSF is left at {size} px: centre it first or ask for more")
    return as_psf(kept)


def correlation(psf: PSF, other: PSF) -> float:
    """Compare two PSFs where they stand.

    Parameters
    ----------
    psf, other : ndarray of float32
        (K, K) each.

    Returns
    -------
    float
        Normalised correlation in [0, 1], 1 for equal PSFs.

    Examples
    --------
    >>> line = np.array([[0, 0, 0], [0.5, 0.5, 0], [0, 0, 0]], np.float32)
    >>> correlation(line, line.T)
    0.5
    """
    return float(np.vdot(psf, other) / (np.linalg.norm(psf) * np.linalg.norm(other)))


def similarity(psf: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Compare two PSFs wherever they stand.

    Parameters
    ----------
    psf, other : ndarray of float
        (K, K) and (L, L).

    Returns
    -------
    float
        Largest normalised correlation over all shifts of whole pixels: 1 for one that is the other,
        shifted or scaled.

    Examples
    --------
    >>> line = np.array([[0, 0, 0], [0.5, 0.5, 0], [0, 0, 0]], np.float32)
    >>> round(similarity(line, np.roll(line, 1, axis=1)), 6)
    1.0
    """
    norm = float(np.linalg.norm(psf) * np.linalg.norm(other))
    shape = [a + b - 1 for a, b in zip(psf.shape, other.shape, strict=True)]
    product = fft.rfft2(psf, s=shape) * fft.rfft2(other, s=shape).conj()
    return float(fft.irfft2(product, s=shape).max() / norm)


def trim_psf(psf: PSF) -> PSF:
    """Drop the outer rings of zeros of a (K, K) PSF: the smallest odd size with the same values."""
    rows, columns = np.nonzero(psf)
    centre = psf.shape[0] // 2
    reach = max(int(np.abs(rows - centre).max()), int(np.abs(columns - centre).max()))
    return psf[centre - reach : centre + reach + 1, centre - reach : centre + reach + 1]


def splat(
    points: NDArray[np.complex128], size: int, weights: NDArray[np.floating] | None = None
) -> PSF:
    """PSF (size, size) of point masses at `points` (N,), each shared bilinearly by four pixels.

    Sharing keeps the centre of mass exactly. Mass outside of the array is dropped.
    """
    wide = size + 2  # a ring around the array takes what falls outside
    columns = np.clip(points.real + (wide // 2), 0, wide - 1)
    rows = np.clip((wide // 2) - points.imag, 0, wide - 1)
    left, top = (np.minimum(axis.astype(np.intp), wide - 2) for axis in (columns, rows))
    right_share, bottom_share = columns - left, rows - top
    if weights is None:
        upper, lower = 1 - bottom_share, bottom_share
    else:
        upper, lower = weights * (1 - bottom_share), weights * bottom_share
    corner = top * wide + left
    indices = np.concatenate((corner, corner + 1, corner + wide, corner + wide + 1))
    left_share = 1 - right_share
    masses = (upper * left_share, upper * right_share, lower * left_share, lower * right_share)
    grid = np.bincount(indices, np.concatenate(masses), wide * wide).reshape(wide, wide)[1:-1, 1:-1]
    return as_psf(grid)


def enclosing_size(reach: float) -> int:
    """Smallest odd size whose pixel centres reach `reach` px from the origin on either side."""
    if reach > MAX_SIZE // 2:
        raise PSFError(
            f"the PSF would be {2 * reach:.4g} px wide: blurs up to {MAX_SIZE} px are supported"
        )
    # the tolerance keeps rounding errors of a symmetric shape from adding a ring of zeros
    return 2 * max(math.ceil(reach - 1e-6), 0) + 1


def size_or(size: int | None, reach: float) -> int:
    """Return the size that was asked for, checked, or the one that encloses `reach`."""
    if size is None:
        return enclosing_size(reach)
    check_size(size)
    return size


def check_size(size: int) -> None:
    """Raise `PSFError` unless `size` is an odd whole number in [1, MAX_SIZE]."""
    if size not in range(1, MAX_SIZE + 1, 2):
        raise PSFError(f"the size of a PSF must be odd and in 1..{MAX_SIZE}, not {size}")


def check_positive(name: str, value: float) -> None:
    """Raise `PSFError` unless the value is positive and of a sane size."""
    if not 1e-6 <= value <= 1e6:
        raise PSFError(f"{name} must be a positive number of pixels (1e-6..1e6), not {value}")


def check_finite(name: str, value: float) -> None:
    """Raise `PSFError` unless the value is finite."""
    if not math.isfinite(value):
        raise PSFError(f"{name} must be a finite number of degrees, not {value}")


def _place(values: PSF, size: int) -> PSF:
    """Zeros (size, size) with `values` on them, origins aligned."""
    placed = np.zeros((size, size), np.float32)
    top, left = (size // 2 - extent // 2 for extent in values.shape)
    placed[top : top + values.shape[0], left : left + values.shape[1]] = values
    return placed
