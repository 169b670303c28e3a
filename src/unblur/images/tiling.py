"""Cutting an image into overlapping tiles and laying them together again without seams.

>>> import numpy as np
>>> image = np.random.default_rng(0).random((50, 70, 3), dtype=np.float32)
>>> canvas = Canvas(50, 70, 3)
>>> for tile in plan_tiles(50, 70, size=32, overlap=8):
...     canvas.add(tile, image[tile.slices], tile_weights(tile, 50, 70, overlap=8))
>>> bool(np.allclose(canvas.finish(), image))
True
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unblur.errors import ArgumentError, ArrayError
from unblur.images.color import FloatArray, to_dtype

__all__ = ["Canvas", "Tile", "even_size", "plan_tiles", "tile_weights"]

_ROWS = 32  # converted at a time: the copies of a whole band would be large


@dataclass(frozen=True)
class Tile:
    """A rectangle of an image, in pixels.

    Attributes
    ----------
    top, left : int
        Its first row and column.
    height, width : int
        Its size.
    """

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns, to index an array with."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )


def even_size(extent: int, *, largest: int, overlap: int, multiple: int = 1) -> int:
    """Side of the smallest tiles that cover an axis with no more of them than the largest would.

    Parameters
    ----------
    extent : int
        Length of the axis, at least 1.
    largest : int
        Side that a tile may have at most.
    overlap : int
        Least overlap of neighbours, ``0 <= overlap < largest``.
    multiple : int
        The side is rounded up to a multiple of this, as far as `largest` and `extent` allow.

    Returns
    -------
    int
        Side of a tile, to be given to `plan_tiles`; `largest` where a single one will do.

    Raises
    ------
    ArgumentError
        When a number is out of its range.

    Examples
    --------
    >>> even_size(600, largest=512, overlap=40)
    320
    """
    count = len(_starts(extent, largest, overlap))
    if count == 1:
        return largest
    needed = -(-(extent + (count - 1) * overlap) // count)
    return min(-(-needed // multiple) * multiple, largest, extent)


def plan_tiles(
    height: int, width: int, *, size: int | tuple[int, int], overlap: int | tuple[int, int]
) -> list[Tile]:
    """Cover an image with tiles of one size that overlap their neighbours.

    Parameters
    ----------
    height, width : int
        Size of the image, at least 1.
    size : int or tuple of int
        Side of a tile, or its height and width; along an axis shorter than this the tile is as
        long as the axis.
    overlap : int or tuple of int
        Least overlap of neighbours, ``0 <= overlap < size``, or that of neighbours one above the
        other and of those side by side. Tiles are spread evenly, so the real overlap may be
        larger, and no tile is a sliver.

    Returns
    -------
    list of Tile
        Row by row, from left to right.

    Raises
    ------
    ArgumentError
        When a number is out of its range.

    Examples
    --------
    >>> [(tile.top, tile.left) for tile in plan_tiles(10, 22, size=10, overlap=2)]
    [(0, 0), (0, 6), (0, 12)]
    """
    (tall, wide), (down, across) = _both(size), _both(overlap)
    tops, lefts = _starts(height, tall, down), _starts(width, wide, across)
    return [Tile(top, left, min(tall, height), min(wide, width)) for top in tops for left in lefts]


def tile_weights(
    tile: Tile,
    height: int,
    width: int,
    *,
    overlap: int | tuple[int, int],
    fade: int | None = None,
) -> FloatArray:
    """Weights that fade a tile into its neighbours by raised cosines.

    Parameters
    ----------
    tile : Tile
        One of ``plan_tiles(height, width, size=..., overlap=overlap)``.
    height, width : int
        Size of the image.
    overlap : int or tuple of int
        As given to `plan_tiles`.
    fade : int, optional
        Pixels in the middle of an overlap over which neighbours fade into each other; what lies
        nearer to a tile's own border has no weight. The whole overlap if not given.

    Returns
    -------
    ndarray of float32
        (tile.height, tile.width), in [0, 1]. Over all tiles of the plan they add up to 1 at every
        pixel, to the rounding of float32.

    Raises
    ------
    ArgumentError
        When the tile belongs to another plan.

    Examples
    --------
    >>> tile_weights(Tile(0, 0, 4, 4), 4, 6, overlap=2)[0].round(2)
    array([1.  , 1.  , 0.85, 0.15], dtype=float32)
    """
    shared = _both(overlap)
    down = _axis_weights(tile.top, tile.height, height, shared[0], fade)
    across = _axis_weights(tile.left, tile.width, width, shared[1], fade)
    weights: FloatArray = np.multiply.outer(down, across).astype(np.float32)
    return weights


class Canvas:
    """Adds up weighted tiles and keeps only the unfinished rows in float32.

    Tiles arrive row by row, as `plan_tiles` lists them. Rows above the newest tile can not change
    any more, so they are converted to the output type at once: besides the output itself, memory
    is that of one row of tiles.

    Parameters
    ----------
    height, width, channels : int
        Size of the output.
    dtype : dtype, optional
        Type of the output, as for `unblur.images.color.to_dtype`; float32 by default.
    """

    def __init__(
        self, height: int, width: int, channels: int, dtype: DTypeLike = np.float32
    ) -> None:
        self._output: NDArray[Any] = np.empty((height, width, channels), dtype)
        self._band: FloatArray = np.zeros((0, width, channels), np.float32)
        self._rows = 0  # of the band that tiles have reached; those below are 0
        self._first = 0  # row of the output where the band begins

    def add(self, tile: Tile, values: FloatArray, weights: FloatArray) -> None:
        """Add one tile.

        Parameters
        ----------
        tile : Tile
            Where it belongs; its top must not lie above that of the tile before.
        values : ndarray of float32
            (tile.height, tile.width, channels), in [0, 1].
        weights : ndarray of float32
            (tile.height, tile.width), from `tile_weights`.

        Raises
        ------
        ArgumentError
            When the tile comes too late: its rows are finished already.
        ArrayError
            When shapes do not fit the tile or the tile does not fit the canvas.
        """
        self._check(tile, values, weights)
        self._flush(tile.top)
        top = tile.top - self._first
        self._rows = max(self._rows, top + tile.height)
        if self._rows > len(self._band):
            longer = np.zeros((self._rows, *self._band.shape[1:]), np.float32)
            longer[: len(self._band)] = self._band
            self._band = longer
        place = self._band[top : top + tile.height, tile.slices[1]]
        place += values * weights[:, :, np.newaxis]

    def finish(self) -> NDArray[Any]:
        """Convert the last rows and hand the whole image over.

        Returns
        -------
        ndarray
            (height, width, channels) of the canvas' type. The canvas is of no use afterwards.

        Raises
        ------
        ArgumentError
            When tiles are missing at the bottom.
        """
        covered, height = self._first + self._rows, len(self._output)
        if covered < height:
            raise ArgumentError(f"tiles are missing: they end at row {covered} of {height}")
        self._flush(height)
        return self._output

    def _flush(self, row: int) -> None:
        done = min(row - self._first, self._rows)
        if done > 0:
            for top in range(0, done, _ROWS):
                part = self._band[top : min(top + _ROWS, done)]
                first = self._first + top
                self._output[first : first + len(part)] = to_dtype(part, self._output.dtype)
            left = self._rows - done
            self._band[:left] = self._band[done : self._rows]
            self._band[left : self._rows] = 0
            self._rows, self._first = left, self._first + done

    def _check(self, tile: Tile, values: FloatArray, weights: FloatArray) -> None:
        height, width, channels = self._output.shape
        if tile.top < self._first:
            raise ArgumentError(f"{tile} comes too late: add tiles in the order of plan_tiles")
        if tile.top > self._first + self._rows:
            raise ArgumentError(f"tiles are missing above {tile}")
        if tile.left < 0 or tile.top + tile.height > height or tile.left + tile.width > width:
            raise ArrayError(f"{tile} does not fit a canvas of {height} x {width}")
        expected = (tile.height, tile.width, channels)
        if values.shape != expected or weights.shape != expected[:2]:
            raise ArrayError(
                f"values {values.shape} and weights {weights.shape} do not fit {expected}"
            )


def _both(value: int | tuple[int, int]) -> tuple[int, int]:
    """A value for both axes, the vertical one first."""
    return (value, value) if isinstance(value, int) else value


def _starts(extent: int, size: int, overlap: int) -> list[int]:
    if extent < 1 or size < 1 or not 0 <= overlap < size:
        raise ArgumentError(
            f"cannot tile: extent {extent} and size {size} must be at least 1, "
            f"and overlap {overlap} in 0..size-1"
        )
    if extent <= size:
        return [0]
    count = -(-(extent - overlap) // (size - overlap))
    return [i * (extent - size) // (count - 1) for i in range(count)]


def _axis_weights(
    start: int, length: int, extent: int, overlap: int, fade: int | None
) -> NDArray[np.float64]:
    """Weights of one tile along one axis: its window over the sum of all windows there."""
    size = length if length < extent else max(length, overlap + 1)
    starts = _starts(extent, size, overlap)
    if start not in starts:
        raise ArgumentError(f"no tile of this plan starts at {start}: they start at {starts}")
    total = np.zeros(length)
    for index, other in enumerate(starts):
        low, high = max(start, other), min(start, other) + length
        if low < high:
            window = _window(index, starts, length, fade)
            total[low - start : high - start] += window[low - other : high - other]
    result: NDArray[np.float64] = _window(starts.index(start), starts, length, fade) / total
    return result


def _window(index: int, starts: list[int], length: int, fade: int | None) -> NDArray[np.float64]:
    """Flat in the middle, falling within the overlap with either neighbour."""
    window = np.ones(length)
    if index > 0:
        window *= _rise(length, starts[index - 1] + length - starts[index], fade)
    if index + 1 < len(starts):
        window *= _rise(length, starts[index] + length - starts[index + 1], fade)[::-1]
    return window


def _rise(length: int, overlap: int, fade: int | None) -> NDArray[np.float64]:
    ramp = overlap if fade is None else min(max(fade, 1), overlap)
    position = (np.arange(length) + 0.5 - (overlap - ramp) / 2) / max(ramp, 0.5)
    rise: NDArray[np.float64] = 0.5 - 0.5 * np.cos(np.pi * np.clip(position, 0, 1))
    return rise
