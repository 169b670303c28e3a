"""The sRGB curve in both directions, to the same bits on every processor.

`power` is slow without AVX-512, and its last digits depend on the processor's instructions, with
them up to 1 % of the values of a 16-bit result. Square roots, sums and products are the same
everywhere, by IEEE 754: so the power is a polynomial of a root, fitted for the least error.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["DECODING", "ENCODING", "Curve", "apply_curve"]

FloatArray = NDArray[np.float32]

# Elements worked on at a time: the temporaries of a block stay in the cache, and there are few
# enough blocks for two threads not to wait for each other's turn of the interpreter.
_BLOCK = 1 << 17


class Curve(NamedTuple):
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
        result = self.terms(values)
        result -= _lowest(self)
        return result

    def terms(self, values: FloatArray) -> FloatArray:
        """The polynomial of the root of values, which are used up."""
        self.root(values)
        result = values * self.coefficients[0]
        for coefficient in self.coefficients[1:]:
            result += coefficient
            result *= values
        return result


@lru_cache
def _lowest(curve: Curve) -> FloatArray:
    """The polynomial at the start, by the same operations: the rise is 0 there to the last bit."""
    return curve.terms(np.array([curve.start]))


def _decoding_root(values: FloatArray) -> None:
    values *= np.float32(1 / 1.055)
    values += np.float32(0.055 / 1.055)
    np.sqrt(values, out=values)


def _encoding_root(values: FloatArray) -> None:
    for _ in range(3):
        np.sqrt(values, out=values)


def _floats(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(map(np.float32, numbers))


DECODING = Curve(
    start=np.float32(0.04045),
    slope=np.float32(1 / 12.92),
    root=_decoding_root,
    coefficients=_floats(
        -0.0353586112, 0.807914479, 0.312242131, -0.111279366, 0.0313334999, -0.00523095068
    ),
    power=lambda values: ((values + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4),
)
ENCODING = Curve(
    start=np.float32(0.0031308),
    slope=np.float32(12.92),
    root=_encoding_root,
    coefficients=_floats(-0.0341032391, 0.313188719, 0.909053674, -0.162824281, 0.032899723),
    power=lambda values: np.float32(1.055) * values ** np.float32(1 / 2.4) - np.float32(0.055),
)


def apply_curve(image: FloatArray, curve: Curve) -> FloatArray:
    """Bring values through a curve that is extended to negative numbers by symmetry.

    Parameters
    ----------
    image
        Any shape. Not modified.
    curve
        `DECODING` or `ENCODING`.

    Returns
    -------
    ndarray of float32
        Same shape.
    """
    values = np.asarray(image, order="C")
    result = np.empty(values.shape, np.float32)
    source, target = values.reshape(-1), result.reshape(-1)
    for start in range(0, source.size, _BLOCK):
        _apply_to_block(source[start : start + _BLOCK], target[start : start + _BLOCK], curve)
    return result


def _apply_to_block(values: FloatArray, out: FloatArray, curve: Curve) -> None:
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
