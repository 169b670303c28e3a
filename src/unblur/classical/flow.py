"""Dense optical flow between two frames that are registered as a whole: what parallax leaves."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from unblur.classical.registration import Motion
from unblur.degradation.convolution import FloatImage

__all__ = ["find_flow", "warp_by_flow"]

_LEVELS = 4  # the coarsest has an eighth of the size
_SMALLEST = 24  # px of its shorter side
_STEPS = 3  # on each level
# px: standard deviation of the window that shares one motion. A smaller one follows blur instead:
# it would bend a sharp frame into the shape of the blurred one that it is to help
_WINDOW = 10.0
_CERTAIN = 2e-4  # mean squared slope below which the coarser level's flow stays
_LARGEST = 2.0  # px of one step


def find_flow(frame: FloatImage, reference: FloatImage) -> FloatImage:
    """Find where each pixel of a reference lies in a frame, from coarse to fine.

    Parameters
    ----------
    frame, reference : ndarray of float32
        (H, W), luma, nearly aligned and equally bright. Not modified.

    Returns
    -------
    ndarray of float32
        (2, H, W): px down and right to add to a pixel's place.

    References
    ----------
    B. D. Lucas, T. Kanade, "An iterative image registration technique", IJCAI 1981; J.-Y. Bouguet,
    "Pyramidal implementation of the Lucas Kanade feature tracker", 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.ndimage import gaussian_filter
    >>> scene = gaussian_filter(np.random.default_rng(0).random((96, 96)), 2).astype(np.float32)
    >>> scene /= scene.max()
    >>> find_flow(np.roll(scene, 1, 0), scene)[:, 48, 48].round(1) + 0.0
    array([1., 0.], dtype=float32)
    """
    pyramid = [(frame, reference)]
    while len(pyramid) < _LEVELS and min(reference.shape) >= 2 * _SMALLEST:
        frame, reference = (
            ndimage.zoom(each, 0.5, order=1, grid_mode=True, mode="nearest")
            for each in (ndimage.gaussian_filter(x, 1.0) for x in (frame, reference))
        )
        pyramid.append((frame, reference))
    flow: FloatImage = np.zeros((2, *reference.shape), np.float32)
    for moved, still in reversed(pyramid):
        if flow.shape[1:] != still.shape:
            flow = _enlarged(flow, still.shape)
        for _ in range(_STEPS):
            flow = flow + _step(moved, still, flow)
        flow = ndimage.gaussian_filter(flow, (0, 1, 1))
    return flow


def warp_by_flow(frame: FloatImage, motion: Motion, flow: FloatImage) -> FloatImage:
    """Lay a frame onto the reference by cubic splines, its motion and then the flow.

    Parameters
    ----------
    frame : ndarray of float32
        (H, W, C).
    motion : Motion
        As `register` found it.
    flow : ndarray of float32
        (2, H, W), as `find_flow` found it in the frame that `warp` gave.

    Returns
    -------
    ndarray of float32
        (H, W, C), the edge continued where the frame shows nothing.
    """
    height, width, channels = frame.shape
    centre = ((height - 1) / 2, (width - 1) / 2)
    down = np.arange(height, dtype=np.float32)[:, None] + flow[0] - np.float32(centre[0])
    right = np.arange(width, dtype=np.float32) + flow[1] - np.float32(centre[1])
    matrix, shift = motion.matrix.astype(np.float32), motion.shift.astype(np.float32)
    places = np.stack(
        [
            matrix[axis, 0] * down + matrix[axis, 1] * right + shift[axis] + np.float32(middle)
            for axis, middle in enumerate(centre)
        ]
    )
    planes = [
        ndimage.map_coordinates(frame[:, :, channel], places, order=3, mode="nearest")
        for channel in range(channels)
    ]
    return np.stack(planes, -1)


def _step(moved: FloatImage, still: FloatImage, flow: FloatImage) -> FloatImage:
    """One step of Lucas and Kanade for all windows at once."""
    rows, columns = (np.arange(extent, dtype=np.float32) for extent in still.shape)
    places = np.stack([rows[:, None] + flow[0], columns + flow[1]])
    seen = ndimage.map_coordinates(moved, places, order=1, mode="nearest")
    down, right = np.gradient((seen + still) / 2)
    missing = still - seen
    products = (down * down, right * right, down * right, down * missing, right * missing)
    a, b, c, p, q = (ndimage.gaussian_filter(each, _WINDOW) for each in products)
    a, b = a + np.float32(_CERTAIN), b + np.float32(_CERTAIN)
    step = np.stack([b * p - c * q, a * q - c * p]) / (a * b - c * c)
    return np.asarray(np.clip(step, -_LARGEST, _LARGEST), np.float32)


def _enlarged(flow: FloatImage, shape: tuple[int, ...]) -> FloatImage:
    factors = np.array(shape) / flow.shape[1:]
    planes = [
        ndimage.zoom(plane * np.float32(factor), factors, order=1, grid_mode=True, mode="nearest")
        for plane, factor in zip(flow, factors, strict=True)
    ]
    return np.stack(planes)
