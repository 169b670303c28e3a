"""A frame of a video, and what its neighbours kept of the same scene."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import ndimage

from unblur.classical.aggregation import aggregate
from unblur.classical.flow import find_flow, warp_by_flow
from unblur.classical.ghosts import agreement
from unblur.classical.registration import Motion, register, warp
from unblur.degradation.convolution import FloatImage

__all__ = ["fuse_neighbours", "lay_on"]

_REGISTERED = 480  # px of the longer side at which frames are registered, at most
_FLOW = 960  # px of the longer side at which flow is sought, at most
_SAME_SCENE = 0.5  # correlation below which a frame shows something else
_ERROR = 0.02  # of the brightness; frames of one video are exposed alike
_LITTLE = 0.003  # of the brightness: what is left of any difference is not worth a flow
_NEARER = (0.3, 0.5)  # of the difference left by the motion as a whole: flow is believed, or not
_SMOOTH, _AROUND = 1.5, 8.0  # px: what is compared is coarser than noise, over such a place
_STILL = 0.03  # px: a frame that moved less is not resampled


def fuse_neighbours(
    frame: FloatImage, neighbours: Sequence[FloatImage], *, noise: float, threads: int = 1
) -> tuple[FloatImage, list[bool]]:
    """Bring into a frame what its neighbours kept of the same scene.

    Each neighbour is laid on the frame, by its motion as a whole and by optical flow where parts
    moved on their own; where neither fits, the frame stands in. Then each frequency of each place
    is taken mostly from the frames that are strongest there, and what is only noise is averaged.

    Parameters
    ----------
    frame : ndarray of float32
        (H, W, C), encoded, in [0, 1]. Not modified.
    neighbours : sequence of ndarray of float32
        Others like it, before and after. Not modified.
    noise : float
        Standard deviation of the noise in each.
    threads : int
        Neighbours at a time.

    Returns
    -------
    ndarray of float32
        (H, W, C).
    list of bool
        Which of the neighbours show the same scene.

    References
    ----------
    M. Delbracio, G. Sapiro, "Hand-held video deblurring via efficient Fourier aggregation", IEEE
    Transactions on Computational Imaging 1 (4), 2015.
    """
    with ThreadPoolExecutor(max(1, threads)) as pool:
        laid = list(pool.map(lambda other: lay_on(other, frame), neighbours))
    used = [each for each in laid if each is not None]
    return aggregate([frame, *used], noise=noise), [each is not None for each in laid]


def lay_on(frame: FloatImage, reference: FloatImage) -> FloatImage | None:
    """Lay a frame on another of the same scene, which stands in where nothing fits.

    Parameters
    ----------
    frame, reference : ndarray of float32
        (H, W, C), encoded. Not modified.

    Returns
    -------
    ndarray of float32 or None
        (H, W, C); None where they show different scenes.
    """
    moved, still = (_small(each, _REGISTERED) for each in (frame, reference))
    motion = register(moved, still) if min(still.shape) >= 16 else Motion(np.eye(2), np.zeros(2))
    if motion.agreement < _SAME_SCENE:
        return None
    motion = _scaled(motion, still, reference)
    frame = frame * np.float32(motion.gain)
    laid, inside = (frame, True) if _is_still(motion, frame) else warp(frame, motion)
    fits = agreement(laid, reference, error=_ERROR) * inside
    left = _difference(laid, reference)
    if left.max() > _LITTLE**2:
        flowing = warp_by_flow(frame, motion, _flow(laid, reference))
        low, high = _NEARER
        nearer = (high - _difference(flowing, reference) / np.maximum(left, 1e-6)) / (high - low)
        better = np.maximum(1 - fits, nearer.clip(0, 1))
        laid = laid + better[..., None] * (flowing - laid)
        fits = fits + better * (agreement(flowing, reference, error=_ERROR) - fits)
    result: FloatImage = reference + fits[..., None] * (laid - reference)
    return result


def _difference(image: FloatImage, reference: FloatImage) -> FloatImage:
    """Mean squared difference (H, W) around each place, of more than noise.

    Small objects a few pixels off still agree by their brightness, and would be seen twice.
    """
    coarse = ndimage.gaussian_filter(image - reference, (_SMOOTH, _SMOOTH, 0))
    return np.asarray(ndimage.gaussian_filter((coarse**2).mean(2), _AROUND), np.float32)


def _small(image: FloatImage, side: int) -> FloatImage:
    """Mean of the channels (H, W), halved until the longer side is short enough."""
    grey: FloatImage = image.mean(axis=2)
    while max(grey.shape) > side:
        height, width = (extent // 2 for extent in grey.shape)
        grey = grey[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean((1, 3))
    return grey


def _scaled(motion: Motion, small: FloatImage, whole: FloatImage) -> Motion:
    """A motion between small copies as one between the frames themselves."""
    factors = np.round(np.array(whole.shape[:2]) / small.shape)
    return Motion(motion.matrix, motion.shift * factors, motion.gain, motion.agreement)


def _is_still(motion: Motion, frame: FloatImage) -> bool:
    half = np.array(frame.shape[:2]) / 2
    turned = np.abs(motion.matrix - np.eye(2)) @ half
    return bool((turned + np.abs(motion.shift)).max() < _STILL)


def _flow(laid: FloatImage, reference: FloatImage) -> FloatImage:
    """Flow (2, H, W) between frames that are aligned as a whole."""
    small = _small(reference, _FLOW)
    flow = find_flow(_small(laid, _FLOW), small)
    factor = round(reference.shape[0] / small.shape[0])
    if factor == 1:
        return flow
    rows, columns = (np.arange(extent, dtype=np.float32) for extent in reference.shape[:2])
    places = np.meshgrid((rows + 0.5) / factor - 0.5, (columns + 0.5) / factor - 0.5, indexing="ij")
    planes = [
        ndimage.map_coordinates(plane * np.float32(factor), places, order=1, mode="nearest")
        for plane in flow
    ]
    return np.stack(planes)
