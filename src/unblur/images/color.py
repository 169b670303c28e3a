"""Between stored numbers and light: value ranges, the sRGB curve, luminance.

The sRGB curve is the one of IEC 61966-2-1: a straight line near black and a power of 2.4 above.
Both directions are extended to negative numbers by symmetry, as CSS Color 4 and scRGB do, so that
the over- and undershoot of a restoration survives a round trip.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from unblur.errors import ArrayError

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

_BLOCK = 1 << 15  # elements worked on at a time: the temporaries of a block stay in the cache


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
    return _apply_curve(image, _DECODING)


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
    return _apply_curve(image, _ENCODING)


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


# `power` is slow without AVX-512, and its last digits depend on the processor's instructions, with
# them up to 1 % of the values of a 16-bit result. Square roots, sums and products are the same
# everywhere, by IEEE 754: so the power is a polynomial of a root, fitted for the least error.


class _Curve(NamedTuple):
    """One direction: a straight line up to `start`, and a power from there on.

    `root` works in place; `coefficients` are of its powers, highest first, without the constant.
    """

    start: np.float32
    slope: np.float32
    root: Callable[[FloatArray], None]
    coefficients: tuple[np.float32, ...]
    power: Callable[[FloatArray], FloatArray]

    def rise(self, values: FloatArray) -> FloatArray:
        """How far the curve rises from `start` to values up to 1, which are used up."""
        result = self._terms(values)
        result -= self._terms(np.array([self.start]))  # the same operations: 0 at the start
        return result

    def _terms(self, values: FloatArray) -> FloatArray:
        self.root(values)
        result = values * self.coefficients[0]
        for coefficient in self.coefficients[1:]:
            result += coefficient
            result *= values
        return result


def _decoding_root(values: FloatArray) -> None:
    values *= np.float32(1 / 1.055)
    values += np.float32(0.055 / 1.055)
    np.sqrt(values, out=values)


def _encoding_root(values: FloatArray) -> None:
    for _ in range(3):
        np.sqrt(values, out=values)


def _floats(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(map(np.float32, numbers))


_DECODING = _Curve(
    start=np.float32(0.04045),
    slope=np.float32(1 / 12.92),
    root=_decoding_root,
    coefficients=_floats(
        -0.0353586112, 0.807914479, 0.312242131, -0.111279366, 0.0313334999, -0.00523095068
    ),
    power=lambda values: ((values + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4),
)
_ENCODING = _Curve(
    start=np.float32(0.0031308),
    slope=np.float32(12.92),
    root=_encoding_root,
    coefficients=_floats(-0.0341032391, 0.313188719, 0.909053674, -0.162824281, 0.032899723),
    power=lambda values: np.float32(1.055) * values ** np.float32(1 / 2.4) - np.float32(0.055),
)


def _apply_curve(image: ArrayLike, curve: _Curve) -> FloatArray:
    values = np.asarray(_float_values(image), order="C")
    result = np.empty(values.shape, np.float32)
    source, target = values.reshape(-1), result.reshape(-1)
    for start in range(0, source.size, _BLOCK):
        _apply_to_block(source[start : start + _BLOCK], target[start : start + _BLOCK], curve)
    return result


def _apply_to_block(values: FloatArray, out: FloatArray, curve: _Curve) -> None:
    """Lay the line up to the start and the rise after it on each other: no value is looked at."""
    signed = not values.min() >= 0
    size = np.abs(values) if signed else values
    np.minimum(size, curve.start, out=out)
    out *= curve.slope
    after = np.maximum(size, curve.start)
    larger = not size.max() <= 1
    if larger:
        np.minimum(after, 1, out=after)
    out += curve.rise(after)
    if larger:
        beyond = size > 1
        out[beyond] = curve.power(size[beyond])
    if signed:
        np.copysign(out, values, out=out)
