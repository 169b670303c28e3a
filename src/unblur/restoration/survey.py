"""Where to look for the blur: windows of a picture, chosen by their detail."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.images.color import to_float
from unblur.images.tiling import plan_tiles

__all__ = ["best_windows"]

FloatArray = npt.NDArray[np.float32]
REC_601 = np.array([0.299, 0.587, 0.114], np.float32)  # as in training
ROWS = 512  # of a window that are enough to compare its detail with that of others


def _luma(pixels: npt.NDArray[Any]) -> FloatArray:
    """Luma (H, W), encoded, in [0, 1], of pixels (H, W, C) of any storage type."""
    part = to_float(pixels)
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
    details = [_detail(pixels[tile.slices]) for tile in looked]
    best = sorted(range(len(looked)), key=details.__getitem__, reverse=True)[:count]
    return [_luma(pixels[looked[index].slices]) for index in best]


def _detail(pixels: npt.NDArray[Any]) -> float:
    """Mean squared slope, clipped highlights left out: they say nothing about the blur.

    Of a large window some rows and those below them are looked at, `ROWS` or a few more.
    """
    step = max(1, pixels.shape[0] // ROWS)
    upper, lower = _luma(pixels[:-1:step]), _luma(pixels[1::step])
    slope = (lower - upper)[:, :-1] ** 2 + np.diff(upper, axis=1) ** 2
    return float((slope * (upper[:, :-1] < 0.98)).mean())
