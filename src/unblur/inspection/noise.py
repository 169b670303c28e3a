"""Noise over brightness: flat for a camera's electronics, rising for light itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["flattest_window", "noise_by_brightness"]

FloatArray = NDArray[np.float32]
BLOCK = 12
LEVELS = 8
FEWEST = 12  # blocks of a brightness that tells
QUIETEST = 0.3  # share of the blocks that hold noise alone
# leaves no constant, slope or edge along the axes; white noise keeps its deviation
_MASK = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32) / 6


def noise_by_brightness(luma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Measure the noise of the flat parts of each brightness.

    Parameters
    ----------
    luma : ndarray of float32
        (H, W) in [0, 1].

    Returns
    -------
    brightness : ndarray of float32
        (N,): the middle of each of up to eight steps of brightness that has flat parts.
    noise : ndarray of float32
        (N,): standard deviation there, about a twentieth too small since the quietest parts count.

    References
    ----------
    J. Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64 (2),
    1996, for the mask.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0.3, 0.02, (240, 240)).astype(np.float32)
    >>> [round(float(each[0]), 2) for each in noise_by_brightness(noise)]
    [0.31, 0.02]
    """
    brightness, deviation = _blocks(luma)
    step = np.minimum((brightness * LEVELS).astype(int), LEVELS - 1)
    levels, noise = [], []
    for level in range(LEVELS):
        found = np.sort(deviation[step == level])
        if found.size >= FEWEST:
            levels.append((level + 0.5) / LEVELS)
            noise.append(np.median(found[: max(1, int(found.size * QUIETEST))]))
    return np.array(levels, np.float32), np.array(noise, np.float32)


def flattest_window(luma: FloatArray, side: int) -> tuple[slice, slice]:
    """Find where a picture shows its noise best.

    Parameters
    ----------
    luma : ndarray of float32
        (H, W) in [0, 1].
    side : int
        Of the window, in px; at most that of the picture.

    Returns
    -------
    tuple of slice
        Rows and columns of the window with the least detail that is neither black nor white.

    Examples
    --------
    >>> picture = np.random.default_rng(0).random((64, 64), np.float32)
    >>> picture[32:, 32:] = 0.5
    >>> rows, columns = flattest_window(picture, 24)
    >>> rows.start >= 32 and columns.start >= 32
    True
    """
    side = min(side, *luma.shape)
    mean = ndimage.uniform_filter(luma, side)
    spread = ndimage.uniform_filter((luma - ndimage.uniform_filter(luma, 9)) ** 2, side)
    spread += (mean < 0.05) | (mean > 0.95)
    half, (height, width) = side // 2, luma.shape
    inner = spread[half : height - side + half + 1, half : width - side + half + 1]
    top, left = (int(part) for part in np.unravel_index(np.argmin(inner), inner.shape))
    return slice(top, top + side), slice(left, left + side)


def _blocks(luma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Brightness of whole blocks, and the deviation of what the mask leaves in them."""
    left = ndimage.convolve(luma, _MASK, mode="nearest")
    rows, columns = (extent // BLOCK for extent in luma.shape)

    def cut(image: FloatArray) -> FloatArray:
        whole = image[: rows * BLOCK, : columns * BLOCK]
        return whole.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(-1, BLOCK**2)

    means = cut(luma).mean(1)
    inside = (means > 0.01) & (means < 0.99)  # clipped light has no noise
    deviation: FloatArray = np.sqrt((cut(left) ** 2).mean(1))
    return np.clip(means[inside], 0, 1), deviation[inside]
