"""Bringing a sharp photograph onto a blurred one of the same scene, before anything is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from unblur.errors import ArrayError
from unblur.evaluation.ecc import register

__all__ = ["AlignedPair", "Alignment", "Offset", "align_pair", "measure_offset", "usual_tolerance"]

Image = NDArray[np.float32]
Alignment = Literal["none", "shift", "homography"]

# A homography between aligned pictures moves their corners a little, too, and fits the noise.
_CORNERS, _EXPLAINED = 4.0, 0.3


@dataclass(frozen=True)
class Offset:
    """How far a sharp and a blurred picture of one scene lie apart.

    Attributes
    ----------
    shift : tuple of float
        Pixels down and right, if a shift is all there is.
    displacement : float
        Pixels that the corner moves which moves most, by the best homography.
    shift_correlation, correlation : float
        The coefficients at the shift and at the homography, from -1 to 1.
    """

    shift: tuple[float, float]
    displacement: float
    shift_correlation: float
    correlation: float

    def is_aligned(self, tolerance: float) -> bool:
        """Tell whether both can be compared pixel by pixel."""
        explained = self.correlation - self.shift_correlation
        turned = explained > _EXPLAINED * (1 - self.shift_correlation)
        far = self.displacement > _CORNERS * tolerance
        return float(np.hypot(*self.shift)) <= tolerance and not (turned and far)


class AlignedPair(NamedTuple):
    """The part of a scene that two pictures share, of one shape.

    Attributes
    ----------
    sharp, blurred : ndarray of float32, shape (H, W, C)
        In [0, 1]; the blurred pixels are those of the file.
    correlation : float or None
        What the alignment reached; None where there was none.
    """

    sharp: Image
    blurred: Image
    correlation: float | None


def measure_offset(sharp: Image, blurred: Image) -> Offset:
    """Measure how far a pair is from being aligned.

    Parameters
    ----------
    sharp, blurred : ndarray of float32, shape (H, W, C)
        The pair, at least 16x16.

    Returns
    -------
    Offset
        By a shift, and by a homography.

    Raises
    ------
    ArrayError
        If a picture is too small.

    Examples
    --------
    >>> from scipy.ndimage import gaussian_filter
    >>> scene = gaussian_filter(np.random.default_rng(0).random((80, 90, 1)), (3, 3, 0))
    >>> measure_offset(scene[3:], scene[:-3]).is_aligned(tolerance=1.0)
    False
    """
    moved = register(sharp, blurred, motion="shift")
    found = register(sharp, blurred, motion="homography")
    return Offset(moved.shift, found.displacement, moved.correlation, found.correlation)


def usual_tolerance(shape: tuple[int, ...]) -> float:
    """Pixels by which an aligned pair may seem to be shifted.

    The middle of the movement that blurred a picture need not be where its sharp frame was taken,
    so this grows with the picture: half a per cent of its longer side.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    float
        At least 1.

    Examples
    --------
    >>> usual_tolerance((720, 1280))
    6.4
    """
    return max(1.0, 0.005 * max(shape[:2]))


def align_pair(sharp: Image, blurred: Image, alignment: Alignment) -> AlignedPair:
    """Move the sharp picture onto the blurred one and match its exposure.

    The blurred picture keeps its pixels, so that methods see what the camera stored; the sharp
    one is interpolated, each of its channels scaled to the blurred one's brightness and contrast,
    and both are cut to the rectangle that both show.

    Parameters
    ----------
    sharp, blurred : ndarray of float32, shape (H, W, C)
        The pair.
    alignment : {"none", "shift", "homography"}
        What may lie between them; "none" changes nothing.

    Returns
    -------
    AlignedPair
        Two pictures of one shape.

    Raises
    ------
    ArrayError
        If the shapes differ and are not to be aligned, or the two do not share a rectangle.

    Examples
    --------
    >>> scene = np.zeros((20, 20, 3), np.float32)
    >>> align_pair(scene, scene, "none").correlation is None
    True
    """
    if sharp.shape[2] != blurred.shape[2]:
        sharp, blurred = _in_colour(sharp), _in_colour(blurred)
    if alignment == "none":
        if sharp.shape != blurred.shape:
            raise ArrayError(
                f"the sharp picture is {_size(sharp)}, the blurred one {_size(blurred)}: "
                "align them, or mend the data set"
            )
        return AlignedPair(sharp, blurred, None)
    found = register(sharp, blurred, motion=alignment)
    warped, seen = found.warp(sharp)
    top, bottom, left, right = _inner_rectangle(seen)
    warped, blurred = (each[top:bottom, left:right] for each in (warped, blurred))
    return AlignedPair(_exposed_like(warped, blurred), blurred, found.correlation)


def _exposed_like(sharp: Image, blurred: Image) -> Image:
    """Scale each channel so that, with all detail smoothed away, it differs least."""
    sigma = min(sharp.shape[:2]) / 16  # what is coarser than that, the blur has left alone
    first, second = (gaussian_filter(each, (sigma, sigma, 0)) for each in (sharp, blurred))
    mean, goal = (each.mean(axis=(0, 1), dtype=np.float64) for each in (first, second))
    covariance = ((first - mean) * (second - goal)).mean(axis=(0, 1))
    variance = np.square(first - mean).mean(axis=(0, 1))
    gain = np.where(variance > 1e-6, covariance / np.maximum(variance, 1e-6), 1.0)
    return np.asarray(np.clip(goal + gain * (sharp - mean), 0, 1), np.float32)


def _inner_rectangle(seen: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Cut off the side with the most unseen pixels until none is left."""
    top, bottom, left, right = 0, seen.shape[0], 0, seen.shape[1]
    while not (inside := seen[top:bottom, left:right]).all():
        sides = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
        worst = int(np.argmin([side.mean() for side in sides]))
        top, left = top + (worst == 0), left + (worst == 2)
        bottom, right = bottom - (worst == 1), right - (worst == 3)
        if min(bottom - top, right - left) < 16:
            raise ArrayError("the two pictures of a pair share too little: take the pair away")
    return top, bottom, left, right


def _in_colour(image: Image) -> Image:
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def _size(image: Image) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"
