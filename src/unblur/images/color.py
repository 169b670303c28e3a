"""Between stored numbers and light: value ranges, the sRGB curve, luminance.

The sRGB curve is the one of IEC 61966-2-1: a straight line near black and a power of 2.4 above.
Both directions are extended to negative numbers by symmetry, as CSS Color 4 and scRGB do, so that
the over- and undershoot of a restoration survives a round trip.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from unblur.errors import ArrayError
from unblur.images.curves import DECODING, ENCODING, apply_curve

__all__ = [
    "FloatArray",
    "linear_to_srgb",
    "luminance",
    "srgb_to_linear",
    "to_dtype",
    "to_float",
]

FloatArray = NDArray[np.float32]

LUMINANCE_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""Shares of linear red, green and blue in luminance (ITU-R BT.709, the primaries of sRGB)."""


def srgb_to_linear(image: ArrayLike) -> FloatArray:
    """Turn sRGB-encoded values into linear light.

    Parameters
    ----------
    image : array_like of float
        Any shape, encoded values; the usual range is [0, 1]. Not modified.

    Returns
    -------
    ndarray of float32
        Same shape. Accurate to 1e-6 in [0, 1]; numbers above 1 follow the curve on, negative ones
        its mirror image, NaN stays NaN.

    Raises
    ------
    ArrayError
        When the values are integers, whose range would have to be guessed: use `to_float` first.

    References
    ----------
    IEC 61966-2-1:1999; https://www.w3.org/TR/css-color-4/#color-conversion-code

    Examples
    --------
    >>> srgb_to_linear([0.0, 0.5, 1.0]).round(3)
    array([0.   , 0.214, 1.   ], dtype=float32)
    """
    return apply_curve(_float_values(image), DECODING)


def linear_to_srgb(image: ArrayLike) -> FloatArray:
    """Turn linear light into sRGB-encoded values, the inverse of `srgb_to_linear`.

    Parameters
    ----------
    image : array_like of float
        Any shape, linear light; the usual range is [0, 1]. Not modified.

    Returns
    -------
    ndarray of float32
        Same shape. Accurate to 1e-6 in [0, 1]; numbers above 1 follow the curve on, negative ones
        its mirror image, NaN stays NaN.

    Raises
    ------
    ArrayError
        When the values are integers: use `to_float` first.

    References
    ----------
    IEC 61966-2-1:1999; https://www.w3.org/TR/css-color-4/#color-conversion-code

    Examples
    --------
    >>> linear_to_srgb([0.0, 0.214, 1.0]).round(3)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return apply_curve(_float_values(image), ENCODING)


def luminance(image: ArrayLike) -> FloatArray:
    """Weigh red, green and blue into one channel by BT.709.

    Parameters
    ----------
    image : array_like of float
        (H, W), (H, W, 1) or (H, W, 3), in [0, 1]. Of linear light it gives luminance, of encoded
        values luma.

    Returns
    -------
    ndarray of float32
        (H, W), a new array.

    Raises
    ------
    ArrayError
        For any other shape, or integers.

    Examples
    --------
    >>> luminance([[[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]])
    array([[0.2126, 1.    ]], dtype=float32)
    """
    values = _float_values(image)
    if values.ndim == 2:
        return values.copy()
    if values.ndim == 3 and values.shape[2] == 1:
        return values[:, :, 0].copy()
    if values.ndim == 3 and values.shape[2] == 3:
        return np.asarray(values @ np.array(LUMINANCE_WEIGHTS, np.float32), dtype=np.float32)
    raise ArrayError(f"luminance needs an image (H, W), (H, W, 1) or (H, W, 3), not {values.shape}")


def to_float(pixels: ArrayLike) -> FloatArray:
    """Scale stored numbers to float32: unsigned integers by their full range, floats as they are.

    Parameters
    ----------
    pixels : array_like of bool, uint8, uint16, uint32 or float
        Any shape. The range follows from the type alone, never from the values.

    Returns
    -------
    ndarray of float32
        Same shape, a new array; integers lie in [0, 1].

    Raises
    ------
    ArrayError
        For other types (signed integers, say), which have no agreed range.

    Examples
    --------
    >>> import numpy as np
    >>> to_float(np.array([0, 255], np.uint8)).tolist()
    [0.0, 1.0]
    """
    values = np.asarray(pixels)
    if values.dtype.kind == "u" and values.dtype.itemsize <= 4:
        scale = np.float32(np.iinfo(values.dtype).max)
        floats: FloatArray = np.divide(values, scale, dtype=np.float32, casting="unsafe")
        return floats
    if values.dtype.kind in "fb":
        return np.array(values, dtype=np.float32)
    raise ArrayError(
        f"pixels of type {values.dtype} have no agreed range: "
        "give unsigned integers, or floats in [0, 1]"
    )


def to_dtype(image: ArrayLike, dtype: DTypeLike) -> NDArray[np.generic]:
    """Bring a float image to a storage type, the inverse of `to_float`.

    Parameters
    ----------
    image : array_like of float
        Any shape, in [0, 1]. Not modified.
    dtype : dtype
        ``bool`` (threshold 0.5), uint8, uint16, uint32 (rounded to nearest, clipped to the
        type's range, NaN becomes 0) or a float type (values kept, not clipped).

    Returns
    -------
    ndarray of `dtype`
        Same shape, a new array.

    Raises
    ------
    ArrayError
        When `image` is not float or `dtype` has no agreed range.

    Examples
    --------
    >>> import numpy as np
    >>> to_dtype([-0.1, 0.5, 2.0], np.uint8).tolist()
    [0, 128, 255]
    """
    values = _float_values(image)
    target = np.dtype(dtype)
    if target.kind == "f":
        return values.astype(target)
    if target.kind == "b":
        return np.asarray(values >= 0.5)
    if target.kind != "u" or target.itemsize > 4:
        raise ArrayError(f"{target} has no agreed range: use uint8, uint16 or a float type")
    top = np.iinfo(target).max
    # float32 cannot hold 2**32 - 1, so wider integers are scaled in double precision
    scaled = np.multiply(values, top, dtype=np.float32 if target.itemsize < 4 else np.float64)
    np.rint(scaled, out=scaled)
    np.fmax(scaled, 0, out=scaled)  # unlike maximum, fmax drops NaN
    np.minimum(scaled, top, out=scaled)
    return scaled.astype(target)


def _float_values(image: ArrayLike) -> FloatArray:
    values = np.asarray(image)
    if values.dtype.kind != "f":
        raise ArrayError(f"expected float values, not {values.dtype}: convert with to_float first")
    return values.astype(np.float32, copy=False)
