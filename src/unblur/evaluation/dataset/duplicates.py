"""Pictures that are there twice: the same pixels, or nearly so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from unblur.origin import fingerprint

__all__ = ["NEAR", "Print", "doubles", "make_print"]

NEAR = 6
"""Bits of 63 by which the prints of two versions of one picture may differ."""

_GRID = 32
_KEPT = 8


@dataclass(frozen=True)
class Print:
    """What tells a picture from others.

    Attributes
    ----------
    path : path
        The picture.
    exact : str
        Digest of its pixels.
    bits : tuple of bool
        Signs of its 63 lowest frequencies, which survive resizing, compression and brightening.
    """

    path: Path
    exact: str
    bits: tuple[bool, ...]


def make_print(path: Path, image: NDArray[np.float32]) -> Print:
    """Take the print of a picture.

    Parameters
    ----------
    path : path
        Where it is.
    image : ndarray of float32, shape (H, W, C)
        Its pixels.

    Returns
    -------
    Print
        Digest and perceptual hash: the 8x8 lowest frequencies of a 32x32 version, without the
        mean, above their median or not.

    Examples
    --------
    >>> len(make_print(Path("a.png"), np.zeros((40, 50, 3), np.float32)).bits)
    63
    """
    exact = fingerprint([str(image.shape), np.ascontiguousarray(image).tobytes()])
    waves = dctn(_shrunk(image.mean(axis=2)), norm="ortho")[:_KEPT, :_KEPT].ravel()[1:]
    return Print(path, exact, tuple((waves > np.median(waves)).tolist()))


def doubles(
    first: Sequence[Print], second: Sequence[Print] | None = None
) -> Iterator[tuple[Path, Path, int | None]]:
    """Yield pairs of pictures that are the same.

    Parameters
    ----------
    first : sequence of Print
        Some pictures.
    second : sequence of Print or None
        Others to compare them with; None compares the first ones with each other.

    Yields
    ------
    tuple of path, path, int or None
        Two pictures, and by how many bits they differ; None if no pixel does.
    """
    others = first if second is None else second
    if not first or not others:
        return
    one, other = (np.array([each.bits for each in side], np.int32) for side in (first, others))
    distances = one.sum(axis=1)[:, None] + other.sum(axis=1) - 2 * one @ other.T
    for row, column in np.argwhere(distances <= NEAR):
        if second is None and row >= column:
            continue
        same = first[row].exact == others[column].exact
        bits = None if same else int(distances[row, column])
        yield first[row].path, others[column].path, bits


def _shrunk(grey: NDArray[np.floating]) -> NDArray[np.float64]:
    """Average a picture over a grid of 32x32 cells; small pictures repeat pixels."""
    for axis in (0, 1):
        extent = grey.shape[axis]
        edges = np.arange(_GRID + 1) * extent // _GRID
        starts, stops = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
        sums = np.concatenate([np.zeros_like(grey.take([0], axis)), grey.cumsum(axis)], axis)
        widths = (stops - starts).reshape((-1, 1) if axis == 0 else (1, -1))
        grey = (sums.take(stops, axis) - sums.take(starts, axis)) / widths
    return np.asarray(grey, np.float64)
