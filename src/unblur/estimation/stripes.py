"""Length and direction of a motion by the stripes of the spectrum.

A steady motion of L pixels leaves nothing of what repeats every L pixels along it, nor every half
or third of that: dark stripes across the direction of the motion, at equal distances.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from unblur.degradation.shapes import motion_psf
from unblur.degradation.support import resize_psf
from unblur.estimation.power import FLOORS, HIGHEST, LOW, SLOPES, Numbers, misfits, power_of

__all__ = ["fit_line"]

FloatArray = npt.NDArray[np.float32]
SIDE = 256  # pixels
AXES = 0.012  # cycles a pixel
OUTLIER = 4.0
FILLED = 2e-3  # power that the window puts into the darkest stripe
STEPS = ((0.12, 12.0), (0.06, 6.0), (0.03, 3.0), (0.015, 1.5))
"""Of the logarithm of the length and of the angle in degrees, coarse to fine."""
MOVES = 3  # with steps of one size


def fit_line(
    windows: Sequence[FloatArray],
    length: float,
    angle: float,
    size: int,
    *,
    linear: bool = True,
) -> FloatArray | None:
    """Bring an estimated motion to the length and direction that the spectrum speaks for.

    Parameters
    ----------
    windows
        Encoded luma (H, W) in [0, 1] of parts of one picture.
    length
        Estimate in pixels.
    angle
        Estimate in degrees counter-clockwise from the x axis.
    size
        Rows and columns of the PSF.
    linear
        Whether the blur happened in linear light, or on the encoded values.

    Returns
    -------
    ndarray of float32 or None
        PSF (K, K); None if the windows are too small to tell.

    Examples
    --------
    >>> from unblur.degradation import Degradation
    >>> scene = np.random.default_rng(0).random((256, 256, 1), np.float32)
    >>> blurred = Degradation(motion_psf(11, 30), linear=False, read_noise=0.002).apply(scene, 0)
    >>> found = fit_line([blurred[..., 0]], 9, 20, 33, linear=False)
    >>> true = resize_psf(motion_psf(11, 30), 33)
    >>> bool((found * true).sum() > 0.98 * (true * true).sum())
    True
    """
    parts = [power_of(window, SIDE, AXES, linear=linear) for window in windows]
    logs, across, down = (np.concatenate(each) for each in zip(*parts, strict=True))
    frequency = np.hypot(across, down)
    if not (frequency < LOW).any() or not (frequency > HIGHEST).any():
        return None

    def scores(lines: list[tuple[float, float]], slopes: Numbers, floors: Numbers) -> Numbers:
        passed = np.stack([_passed(across, down, *line) for line in lines])
        return misfits(logs, frequency, passed, outlier=OUTLIER, slopes=slopes, floors=floors)

    line = (length, angle)
    first = scores([line], SLOPES, FLOORS)[0]
    slope, floor = np.unravel_index(int(np.argmin(first)), first.shape)
    scene = SLOPES[[slope]], FLOORS[[floor]]
    for longer, turned in STEPS:
        for _ in range(MOVES):
            near = [
                (line[0] * math.exp(up * longer), line[1] + left * turned)
                for up, left in product((0, -1, 1), repeat=2)
            ]
            best = near[int(np.argmin(scores(near, *scene)))]
            if best == line:
                break
            line = best
    return resize_psf(motion_psf(*line), size)


def _passed(across: Numbers, down: Numbers, length: float, angle: float) -> Numbers:
    turn = math.radians(angle)
    along = across * math.cos(turn) - down * math.sin(turn)
    return np.asarray(np.sinc(length * along) ** 2 + FILLED)
