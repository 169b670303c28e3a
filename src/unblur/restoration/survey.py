"""Where to look for the blur: windows of a picture, chosen by their detail."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.images.color import to_float
from unblur.images.tiling import Tile, plan_tiles

__all__ = ["best_windows", "encoded_luma"]

FloatArray = npt.NDArray[np.float32]
REC_601 = np.array([0.299, 0.587, 0.114], np.float32)  # as in training


def encoded_luma(pixels: npt.NDArray[Any], tile: Tile) -> FloatArray:
    """Luma (H, W), encoded, in [0, 1], of one tile of pixels (H, W, C)."""
    part = to_float(pixels[tile.slices])
    luma: FloatArray = part[..., 0] if part.shape[2] == 1 else part @ REC_601
    return np.clip(luma, 0, 1)


def best_windows(pixels: npt.NDArray[Any], *, size: int, count: int) -> list[FloatArray]:
    """Luma of the windows with the most detail, best first.

    Parameters
    ----------
    pixels
        Picture (H, W, C) of any storage type.
    size
        Side of a window; along an axis shorter than this the window is as long as the axis.
    count
        Windows at most. At most four times as many are looked at, spread over the picture.
    """
    height, width = pixels.shape[:2]
    tiles = plan_tiles(height, width, size=size, overlap=0)
    looked = tiles[:: max(1, len(tiles) // (4 * count))]
    # only what is kept is held: a window of a large picture takes megabytes
    details = [_detail(encoded_luma(pixels, tile)) for tile in looked]
    best = sorted(range(len(looked)), key=details.__getitem__, reverse=True)[:count]
    return [encoded_luma(pixels, looked[index]) for index in best]


def _detail(luma: FloatArray) -> float:
    """Mean squared slope, clipped highlights left out: they say nothing about the blur."""
    valid = luma[:-1, :-1] < 0.98
    slope = np.diff(luma, axis=0)[:, :-1] ** 2 + np.diff(luma, axis=1)[:-1] ** 2
    return float((slope * valid).mean())
