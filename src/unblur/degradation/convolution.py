"""True convolution of a picture with a PSF by the fast Fourier transform, and the PSF's OTF."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from unblur.degradation.support import PSF
from unblur.errors import ArgumentError, ArrayError, PSFError

__all__ = ["Boundary", "FloatImage", "convolve", "crop_valid", "fast_shape", "inverse_rfft2", "otf"]

FloatImage = NDArray[np.float32]

Boundary = Literal["reflect", "replicate", "wrap", "zero", "valid"]
"""What lies beyond the border of a picture."""

_PAD_MODES: dict[str, Literal["symmetric", "edge", "wrap", "constant"]] = {
    "reflect": "symmetric",
    "replicate": "edge",
    "wrap": "wrap",
    "zero": "constant",
}


def convolve(image: ArrayLike, psf: ArrayLike, *, boundary: Boundary = "reflect") -> FloatImage:
    """Blur an image with a PSF: true convolution, every channel by itself.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), any range. Not modified.
    psf : array_like of float
        (K, K) with K odd, origin at ``K // 2``. It is used as it is: neither normalised nor
        checked for negative values.
    boundary : {"reflect", "replicate", "wrap", "zero", "valid"}
        What lies beyond the border: the mirrored picture with its edge pixel repeated
        (``c b a | a b c``), the edge pixel, the opposite side, or zeros. "valid" returns only
        those pixels that need nothing beyond the border.

    Returns
    -------
    ndarray of float32
        Same shape; for "valid" (H - K + 1, W - K + 1), with C where given: `crop_valid` cuts
        another image to match.

    Raises
    ------
    ArrayError
        When the image is not float, has another number of axes, is empty, or is smaller than the
        PSF for "valid".
    PSFError
        When the PSF is not square or its size not odd.
    ArgumentError
        For an unknown boundary.

    Examples
    --------
    >>> import numpy as np
    >>> edge = np.array([[0, 0, 1, 1]], np.float32)
    >>> print(convolve(edge, np.full((3, 3), 1 / 9)).round(2) + 0)
    [[0.   0.33 0.67 1.  ]]
    """
    values, kernel = check_image(image), _check_kernel(psf)
    radius = kernel.shape[0] // 2
    check_boundary(boundary)
    margin = 0 if boundary == "valid" else radius
    height, width = (extent + 2 * (margin - radius) for extent in values.shape[:2])
    if min(height, width) < 1:
        raise ArrayError(
            f"an image of {values.shape[0]}x{values.shape[1]} px has no pixel free of the border "
            f"of a {kernel.shape[0]} px PSF: use another boundary than 'valid'"
        )
    full = (height + 2 * radius, width + 2 * radius)
    shape = fast_shape(full)
    transfer = otf(kernel, shape)
    planes = values[:, :, None] if values.ndim == 2 else values
    result = np.empty((height, width, planes.shape[2]), np.float32)
    for channel in range(planes.shape[2]):  # one at a time, so that large pictures fit
        plane = planes[:, :, channel]
        if margin:
            plane = np.pad(plane, margin, mode=_PAD_MODES[boundary])
        spectrum = fft.rfft2(plane, s=shape)
        spectrum *= transfer
        blurred = inverse_rfft2(spectrum, shape)
        result[:, :, channel] = blurred[radius : radius + height, radius : radius + width]
    return result[:, :, 0] if values.ndim == 2 else result


def crop_valid(image: ArrayLike, psf: ArrayLike) -> NDArray[np.generic]:
    """Cut an image to the pixels that ``convolve(image, psf, boundary="valid")`` returns.

    Parameters
    ----------
    image : array_like
        (H, W) or (H, W, C), any type.
    psf : array_like
        (K, K) with K odd.

    Returns
    -------
    ndarray
        (H - K + 1, W - K + 1) or with C, a view of `image`.

    Raises
    ------
    ArrayError
        When the image is smaller than the PSF.
    PSFError
        When the PSF is not square or its size not odd.

    Examples
    --------
    >>> import numpy as np
    >>> crop_valid(np.zeros((8, 9, 3), np.float32), np.ones((3, 3)) / 9).shape
    (6, 7, 3)
    """
    values, radius = np.asarray(image), _check_kernel(psf).shape[0] // 2
    if values.ndim not in (2, 3) or min(values.shape[:2]) <= 2 * radius:
        raise ArrayError(
            f"an array of shape {values.shape} cannot be cut by {radius} px on every side: "
            "give a larger image"
        )
    height, width = values.shape[:2]
    return values[radius : height - radius, radius : width - radius]


def otf(psf: ArrayLike, shape: tuple[int, int]) -> NDArray[np.complex64]:
    """Optical transfer function of a PSF, for pictures of a given size.

    Parameters
    ----------
    psf : array_like of float
        (K, K) with K odd, origin at ``K // 2``; it may be larger than `shape`, and then wraps
        around.
    shape : tuple of int
        Rows and columns (H, W) of the pictures.

    Returns
    -------
    ndarray of complex64
        (H, W // 2 + 1), the half spectrum of `scipy.fft.rfft2`, without the phase of a shift:
        real for a PSF that is symmetric about its origin.

    Raises
    ------
    PSFError
        When the PSF is not square or its size not odd.

    Examples
    --------
    >>> import numpy as np
    >>> print(otf(np.full((3, 3), 1 / 9), (1, 6)).real.round(2) + 0)
    [[ 1.    0.67  0.   -0.33]]
    """
    kernel = _check_kernel(psf)
    size = kernel.shape[0]
    rows, columns = ((np.arange(size) - size // 2) % extent for extent in shape)
    if size > min(shape):
        grid = np.zeros(shape, np.float32)
        np.add.at(grid, (rows[:, None], columns[None, :]), kernel)
        return np.asarray(fft.rfft2(grid), dtype=np.complex64)
    # the transform of a row of zeros is known
    lines = np.zeros((size, shape[1]), np.float32)
    lines[:, columns] = kernel
    spectrum = np.zeros((shape[0], shape[1] // 2 + 1), np.complex64)
    spectrum[rows] = fft.rfft(lines)
    return np.asarray(fft.fft(spectrum, axis=0, overwrite_x=True))


def fast_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Next larger picture size that Fourier transforms fast.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns (H, W) that are needed.

    Returns
    -------
    tuple of int
        Rows and columns, neither smaller than asked for.

    Examples
    --------
    >>> fast_shape((127, 257))
    (128, 270)
    """
    height, width = shape
    return int(fft.next_fast_len(height)), int(fft.next_fast_len(width, real=True))


def inverse_rfft2(spectrum: NDArray[np.complex64], shape: tuple[int, int]) -> FloatImage:
    """Undo `scipy.fft.rfft2` over the last two axes, the spectrum being used up.

    `scipy.fft.irfft2` does the same in more than twice the time.

    Parameters
    ----------
    spectrum : ndarray of complex64
        (..., H, W // 2 + 1). Its content is lost.
    shape : tuple of int
        Rows and columns (H, W).

    Returns
    -------
    ndarray of float32
        (..., H, W).

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.arange(6, dtype=np.float32).reshape(2, 3)
    >>> bool(np.allclose(inverse_rfft2(fft.rfft2(picture), (2, 3)), picture, atol=1e-6))
    True
    """
    half = fft.ifft(spectrum, axis=-2, overwrite_x=True)
    return np.asarray(fft.irfft(half, n=shape[1], axis=-1, overwrite_x=True), dtype=np.float32)


def check_boundary(boundary: str) -> None:
    """Raise `ArgumentError` unless `boundary` is a known one."""
    if boundary not in get_args(Boundary):
        names = ", ".join(get_args(Boundary))
        raise ArgumentError(f"unknown boundary {boundary!r}: use one of {names}")


def check_image(image: ArrayLike) -> FloatImage:
    """Return `image` as float32, or raise `ArrayError` unless it is float (H, W) or (H, W, C)."""
    values = np.asarray(image)
    if values.dtype.kind != "f":
        raise ArrayError(f"an image must be float, not {values.dtype}: convert with to_float first")
    if values.ndim not in (2, 3) or values.size == 0:
        raise ArrayError(f"an image has the shape (H, W) or (H, W, C), not {values.shape}")
    return values.astype(np.float32, copy=False)


def _check_kernel(psf: ArrayLike) -> PSF:
    kernel = np.asarray(psf, dtype=np.float32)
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or kernel.shape[0] % 2 == 0:
        raise PSFError(f"a PSF must be square with an odd size, not {kernel.shape}: use as_psf")
    return kernel
