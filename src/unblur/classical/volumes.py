"""Pictures and volumes alike: the PSF tells by its axes how many of them blur.

A PSF (K, K) blurs the first two axes of a picture (H, W) or (H, W, C); a PSF (D, K, K) blurs a
volume (Z, H, W).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from unblur.degradation.convolution import FloatImage
from unblur.degradation.support import as_psf
from unblur.errors import ArrayError, PSFError

__all__ = ["as_kernel", "blurred_planes", "each_plane", "padded_shape", "transfer_of"]


def as_kernel(psf: ArrayLike) -> FloatImage:
    """Check a PSF of two or three axes and bring it to odd sizes and the sum 1.

    Parameters
    ----------
    psf : array_like
        (H, W) as `as_psf` takes it, or (D, H, W), finite and non-negative. Not modified.

    Returns
    -------
    ndarray of float32
        (K, K) or (D, H, W), all odd, the origin at the middle; zeros are added at the end of an
        even axis.

    Raises
    ------
    PSFError
        When it is no PSF.
    """
    values = np.asarray(psf)
    if values.ndim != 3:
        return as_psf(values)
    if not values.size or values.dtype.kind not in "biuf":
        raise PSFError(f"a PSF must be an array of real numbers, not {values.dtype} {values.shape}")
    values = values.astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0 or not values.sum() > 0:
        raise PSFError("a PSF must be finite, not negative, and positive somewhere")
    odd = np.pad(values, [(0, 1 - extent % 2) for extent in values.shape])
    return np.asarray(odd / odd.sum(), dtype=np.float32)


def blurred_planes(image: ArrayLike, kernel: FloatImage) -> FloatImage:
    """Return the parts of an image that a kernel blurs: (C, H, W), or (1, Z, H, W).

    Raises
    ------
    ArrayError
        When the image is not float, not finite, or its axes do not fit the kernel's.
    """
    values = np.asarray(image)
    if values.dtype.kind != "f":
        raise ArrayError(f"an image must be float, not {values.dtype}: convert it first")
    fits = values.ndim == 3 or (values.ndim == 2 and kernel.ndim == 2)
    if not fits or values.size == 0:
        raise ArrayError(
            f"an image {values.shape} does not fit a PSF {kernel.shape}: a PSF (K, K) takes (H, W) "
            "or (H, W, C), one of (D, K, K) a volume (Z, H, W)"
        )
    if not np.isfinite(values).all():
        raise ArrayError("the image contains NaN or infinity: replace them first")
    if kernel.ndim == 3:
        return np.asarray(values[np.newaxis], dtype=np.float32)
    planes = values if values.ndim == 3 else values[:, :, np.newaxis]
    return np.asarray(np.moveaxis(planes, -1, 0), dtype=np.float32)


def each_plane(
    image: ArrayLike, kernel: FloatImage, work: Callable[[FloatImage], FloatImage]
) -> FloatImage:
    """Apply a function to each part that the kernel blurs; the result has the image's shape."""
    planes = blurred_planes(image, kernel)
    done = np.stack([work(plane) for plane in planes])
    whole = done[0] if kernel.ndim == 3 else np.moveaxis(done, 0, -1)
    return np.ascontiguousarray(whole, dtype=np.float32).reshape(np.shape(image))


def padded_shape(shape: tuple[int, ...], margins: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes with margins that Fourier transforms fast."""
    *outer, last = (extent + margin for extent, margin in zip(shape, margins, strict=True))
    lengths = [int(fft.next_fast_len(extent)) for extent in outer]
    return (*lengths, int(fft.next_fast_len(last, real=True)))


def transfer_of(kernel: FloatImage, shape: tuple[int, ...]) -> NDArray[np.complex64]:
    """Half spectrum of a kernel whose origin is its middle, for arrays of a given shape."""
    grid = np.zeros(shape, np.float32)
    places = [
        (np.arange(size) - size // 2) % extent
        for size, extent in zip(kernel.shape, shape, strict=True)
    ]
    np.add.at(grid, np.ix_(*places), kernel)
    return np.asarray(fft.rfftn(grid), dtype=np.complex64)
