"""How wide the edges are, place by place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["blur_map"]

FloatArray = NDArray[np.float32]
FINE, COARSE = 1.0, 2.0  # px; sigmas of the two smoothings that are compared
CLEAR = 6.0  # an edge is so many times steeper than what noise makes
STEEP = 0.6  # of all slopes are less than those of edges
FEWEST = 12  # edge pixels of a block that tells
WIDEST = 8.0  # px; sigma from which on this cannot be told
FWHM = float(2 * np.sqrt(2 * np.log(2)))


def blur_map(luma: FloatArray, *, noise: float, block: int) -> FloatArray:
    """Measure the width of edges in each block of a picture.

    A step that was blurred by a Gaussian of sigma s has in its middle, after smoothing by a and by
    b, slopes in the ratio ``R = sqrt((s^2 + b^2) / (s^2 + a^2))``, whatever its height. So
    ``s^2 = (b^2 - R^2 a^2) / (R^2 - 1)`` at every edge; a block tells the median of its edges.

    Parameters
    ----------
    luma : ndarray of float32
        (H, W) in [0, 1].
    noise : float
        Its standard deviation, in the same units.
    block : int
        Side of a block in px.

    Returns
    -------
    ndarray of float32
        (ceil(H / block), ceil(W / block)): full width at half maximum in px, NaN where there are
        too few edges to tell.

    References
    ----------
    S. Zhuo, T. Sim, "Defocus map estimation from a single image", Pattern Recognition 44 (9), 2011.

    Examples
    --------
    >>> step = np.repeat(np.repeat([[0.2, 0.8]], 32, 0), 32, 1).astype(np.float32)
    >>> soft = ndimage.gaussian_filter(step, 2.0)
    >>> round(float(blur_map(soft, noise=0.0, block=64)[0, 0] / FWHM), 1)
    2.0
    """
    fine, coarse = _slopes(luma, FINE), _slopes(luma, COARSE)
    steepness = np.hypot(*fine)
    # smoothed by sigma a, white noise has slopes of deviation noise / (sqrt(8 pi) a^2)
    least = CLEAR * noise / (np.sqrt(8 * np.pi) * FINE**2)
    edges = _ridges(steepness, fine) & (steepness > max(least, np.quantile(steepness, STEEP), 1e-4))
    rows, columns = np.nonzero(edges)
    ratio = steepness[edges] / np.maximum(np.hypot(*coarse)[edges], 1e-6)
    squared = (COARSE**2 - ratio**2 * FINE**2) / np.maximum(ratio**2 - 1, 1e-6)
    sigmas = np.sqrt(np.clip(squared, 0, WIDEST**2))
    shape = tuple(-(-extent // block) for extent in luma.shape)
    labels = rows // block * shape[1] + columns // block
    return _medians(sigmas, labels, shape[0] * shape[1]).reshape(shape) * np.float32(FWHM)


def _slopes(luma: FloatArray, sigma: float) -> tuple[FloatArray, FloatArray]:
    down = ndimage.gaussian_filter(luma, sigma, order=(1, 0), mode="nearest")
    right = ndimage.gaussian_filter(luma, sigma, order=(0, 1), mode="nearest")
    return down, right


def _ridges(steepness: FloatArray, slopes: tuple[FloatArray, FloatArray]) -> NDArray[np.bool_]:
    """Where the slope is the steepest across the edge: the middle of the edge."""
    down, right = (np.abs(slope) for slope in slopes)
    tops = [steepness >= ndimage.maximum_filter1d(steepness, 3, axis=axis) for axis in (0, 1)]
    middle: NDArray[np.bool_] = np.where(down > right, tops[0], tops[1])
    middle[[0, -1]] = middle[:, [0, -1]] = False
    return middle


def _medians(values: FloatArray, labels: NDArray[np.intp], count: int) -> FloatArray:
    medians = np.full(count, np.nan, np.float32)
    present = np.flatnonzero(np.bincount(labels, minlength=count) >= FEWEST)
    if present.size:
        medians[present] = ndimage.median(values, labels, present)
    return medians
