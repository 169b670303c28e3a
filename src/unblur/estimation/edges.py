"""Where the sharp edges of a blurred picture must lie: filters that sharpen and a choice."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["bilateral", "edge_threshold", "shock"]

FloatArray = NDArray[np.float32]

_DIRECTIONS = 4


def bilateral(image: FloatArray, spread: float, tolerance: float, *, radius: int = 2) -> FloatArray:
    """Smooth what is nearly even and keep the edges.

    Parameters
    ----------
    image : ndarray of float32
        (H, W). Not modified.
    spread : float
        Standard deviation in px of the weight by distance.
    tolerance : float
        Standard deviation, in the units of the image, of the weight by difference.
    radius : int
        Reach of the window in px.

    Returns
    -------
    ndarray of float32
        (H, W).

    References
    ----------
    C. Tomasi, R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998.

    Examples
    --------
    >>> import numpy as np
    >>> step = np.repeat(np.array([[0, 1]], np.float32), 4, axis=1)
    >>> bool(np.allclose(bilateral(step, 2.0, 0.05), step))
    True
    """
    height, width = image.shape
    padded = np.pad(image, radius, mode="edge")
    total, weights = np.zeros_like(image), np.zeros_like(image)
    for down in range(2 * radius + 1):
        for right in range(2 * radius + 1):
            moved = padded[down : down + height, right : right + width]
            distance = ((down - radius) ** 2 + (right - radius) ** 2) / (2 * spread**2)
            difference = (moved - image) ** 2 / np.float32(2 * tolerance**2)
            weight = np.exp(-difference - np.float32(distance))
            total += weight * moved
            weights += weight
    return np.asarray(total / weights, dtype=np.float32)


def shock(image: FloatArray, step: float) -> FloatArray:
    """Steepen edges: what lies on the bright side of one grows brighter, on the dark side darker.

    Parameters
    ----------
    image : ndarray of float32
        (H, W). Not modified.
    step : float
        Time step, at most 1.

    Returns
    -------
    ndarray of float32
        (H, W), within the range of the image.

    References
    ----------
    S. Osher, L. I. Rudin, "Feature-oriented image enhancement using shock filters", SIAM Journal on
    Numerical Analysis 27 (4), 1990.

    Examples
    --------
    >>> import numpy as np
    >>> soft = np.array([[0, 0, 0.125, 0.5, 0.875, 1, 1]], np.float32)
    >>> print(shock(soft, 1.0))
    [[0.  0.  0.  0.5 1.  1.  1. ]]
    """
    around = np.pad(image, 1, mode="edge")
    left, right = around[1:-1, :-2], around[1:-1, 2:]
    above, below = around[:-2, 1:-1], around[2:, 1:-1]
    slope_x, slope_y = (right - left) / 2, (below - above) / 2
    twist = (around[2:, 2:] - around[2:, :-2] - around[:-2, 2:] + around[:-2, :-2]) / 4
    bend = (
        slope_x**2 * (right - 2 * image + left)
        + 2 * slope_x * slope_y * twist
        + slope_y**2 * (below - 2 * image + above)
    )
    steepness = np.hypot(
        _smaller(image - left, right - image), _smaller(image - above, below - image)
    )
    change = np.sign(bend) * steepness * np.float32(step)
    return np.asarray(image - change, dtype=np.float32)


def edge_threshold(gradients: FloatArray, count: float) -> float:
    """Find the gradient magnitude that leaves enough edges of every direction.

    Parameters
    ----------
    gradients : ndarray of float32
        (2, H, W), x first. Not modified.
    count : float
        How many pixels are to reach the threshold in each of four ranges of direction.

    Returns
    -------
    float
        The threshold, in the units of the gradients.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.zeros((2, 1, 4), np.float32)
    >>> ramp[0] = [[4, 3, 2, 1]]
    >>> edge_threshold(ramp, 2)
    3.0
    """
    magnitude = np.hypot(gradients[0], gradients[1])
    angle = np.arctan2(gradients[1], gradients[0]) % math.pi
    sector = np.minimum((angle / (math.pi / _DIRECTIONS)).astype(int), _DIRECTIONS - 1)
    thresholds = []
    for number in range(_DIRECTIONS):
        values = magnitude[sector == number]
        kept = min(int(count), values.size)
        if kept:
            thresholds.append(float(np.partition(values, values.size - kept)[-kept]))
    return min(thresholds)


def _smaller(one: FloatArray, other: FloatArray) -> FloatArray:
    """Take the smaller of two slopes, or zero where their signs differ (minmod)."""
    smaller = np.where(np.abs(one) < np.abs(other), one, other)
    return np.where(one * other > 0, smaller, np.float32(0))
