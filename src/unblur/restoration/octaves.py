"""Blur too large for the PSF's support is met on a smaller copy of the picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from unblur.restoration.tile import TileRestorer

__all__ = ["restore_at", "shrink"]

FloatArray = npt.NDArray[np.float32]


def shrink(image: FloatArray, octave: int) -> FloatArray:
    """Halve (H, W, C) `octave` times by the mean of 2 x 2 blocks; odd borders are repeated."""
    for _ in range(octave):
        height, width, channels = image.shape
        even = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        blocks = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2, channels)
        image = blocks.mean((1, 3), dtype=np.float32)
    return image


def _grow(image: FloatArray, shape: tuple[int, int], octave: int) -> FloatArray:
    """Enlarge (H, W, C) by 2^octave, pixel centres kept in place, and cut it to `shape`."""
    factor = 2**octave
    rows = (np.arange(shape[0]) + 0.5) / factor - 0.5
    columns = (np.arange(shape[1]) + 0.5) / factor - 0.5
    grid = np.meshgrid(rows, columns, indexing="ij")
    planes = [
        ndimage.map_coordinates(image[..., channel], grid, order=3, mode="nearest")
        for channel in range(image.shape[2])
    ]
    return np.stack(planes, -1).astype(np.float32)


def restore_at(
    restorer: TileRestorer,
    image: FloatArray,
    psf: FloatArray,
    octave: int,
    *,
    certainty: float,
    linear: bool,
    passes: int,
) -> FloatArray:
    """Restore an encoded tile (H, W, C) whose PSF is given `octave` octaves down.

    Below full size only the change is enlarged and added, so noise and grain stay what they were.
    """
    if octave == 0:
        return restorer.restore(image, psf, certainty=certainty, linear=linear, passes=passes)
    small = shrink(image, octave)
    change = restorer.restore(small, psf, certainty=certainty, linear=linear, passes=passes) - small
    restored: FloatArray = np.clip(image + _grow(change, image.shape[:2], octave), 0, 1)
    return restored
