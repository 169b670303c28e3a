"""Deconvolution that can be answered for: one linear filter, its gain bounded beforehand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from unblur.classical.volumes import as_kernel, each_plane, padded_shape, transfer_of
from unblur.degradation.convolution import FloatImage
from unblur.errors import ArgumentError

__all__ = ["MAX_GAIN", "BoundedWiener", "bounded_wiener"]

MAX_GAIN = 3.0
"""The usual bound: no frequency, of noise neither, becomes more than three times as strong."""


def bounded_wiener(image: ArrayLike, psf: ArrayLike, *, max_gain: float = MAX_GAIN) -> FloatImage:
    """Deconvolve by the Wiener filter that raises no frequency above a given gain.

    ``X = (1 + k) conj(H) Y / (|H|^2 + k)``, with the k for which ``(1 + k) / (2 sqrt(k))``, the
    largest value that the filter can take for any PSF, is `max_gain`. The filter is linear and
    keeps the mean: nothing is added that the picture and the PSF do not hold.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), or a volume (Z, H, W) with a PSF of three axes; any range. Not
        modified.
    psf : array_like
        (K, K) or (D, K, K), its origin in the middle.
    max_gain : float
        From 1, which changes (next to) nothing, upwards.

    Returns
    -------
    ndarray of float32
        Same shape, not clipped. Beyond its border the picture counts as mirrored.

    Raises
    ------
    ArrayError, PSFError
        When `image` is no float image or `psf` no PSF, or their axes do not fit.
    ArgumentError
        When `max_gain` is below 1.

    References
    ----------
    N. Wiener, "Extrapolation, Interpolation, and Smoothing of Stationary Time Series", 1949. The
    bound is the maximum of ``h (1 + k) / (h^2 + k)``, at ``h = sqrt(k)``.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, gaussian_psf
    >>> sharp, psf = np.zeros((32, 32), np.float32), gaussian_psf(1.5)
    >>> sharp[16, 16] = 1
    >>> blurred = convolve(sharp, psf)
    >>> restored = bounded_wiener(blurred, psf)
    >>> round(float(restored.max() / blurred.max()), 1), round(float(restored.sum()), 3)
    (1.8, 1.0)
    """
    kernel = as_kernel(psf)
    shape = np.shape(image)[: kernel.ndim]
    if len(shape) < kernel.ndim:
        return each_plane(image, kernel, lambda plane: plane)  # says what does not fit
    method = BoundedWiener.make(kernel, shape, max_gain)
    return each_plane(image, kernel, method.apply)


@dataclass(frozen=True, eq=False)
class BoundedWiener:
    """The filter for pictures of one size.

    Parameters
    ----------
    response : ndarray
        Half spectrum at the padded size.
    padded : tuple of int
        That size.
    margins : tuple of int
        Pixels of mirrored picture before each axis; at least as many follow.
    noise : float
        Factor on the standard deviation of white noise.
    change : float
        Sum of the magnitudes of ``filter - identity``: no value changes by more than half of it
        times the range of values.
    """

    response: NDArray[np.complex64]
    padded: tuple[int, ...]
    margins: tuple[int, ...]
    noise: float
    change: float

    @classmethod
    def make(cls, kernel: FloatImage, shape: tuple[int, ...], max_gain: float) -> BoundedWiener:
        """Build the filter for a kernel and pictures of a shape."""
        if not 1 <= max_gain < math.inf:
            raise ArgumentError(f"the largest gain must be a number from 1 up, not {max_gain}")
        margins = tuple(2 * max(size, 4) if size > 1 else 0 for size in kernel.shape)
        padded = padded_shape(shape, tuple(2 * margin for margin in margins))
        transfer = transfer_of(kernel, padded)
        k = np.float32(max_gain - math.sqrt(max_gain**2 - 1)) ** 2
        response = np.asarray((1 + k) * transfer.conj() / (np.abs(transfer) ** 2 + k))
        spread = fft.irfftn(response, s=padded)
        noise = float(np.sqrt(np.sum(spread**2, dtype=np.float64)))
        spread[(0,) * spread.ndim] -= 1
        change = float(np.abs(spread).sum(dtype=np.float64))
        return cls(response.astype(np.complex64), padded, margins, noise, change)

    def apply(self, plane: FloatImage) -> FloatImage:
        """Filter one picture or volume."""
        inside = tuple(slice(m, m + n) for m, n in zip(self.margins, plane.shape, strict=True))
        around = [(s.start, n - s.stop) for s, n in zip(inside, self.padded, strict=True)]
        mirrored = np.pad(plane, around, mode="symmetric")
        filtered = fft.irfftn(fft.rfftn(mirrored) * self.response, s=self.padded, overwrite_x=True)
        return np.asarray(filtered[inside], dtype=np.float32)
