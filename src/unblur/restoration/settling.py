"""The size and outline of a PSF, by what comes of restoring with it.

An estimate is mostly of the right shape and often of a wrong size: a soft picture looks blurred. A
PSF that is too small leaves blur behind, which its own blur does not explain; one that is too large
makes edges ring. Both show in what is unexplained and in the sparsity of the slopes, and both have
their least near the true size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from unblur.degradation.support import as_psf
from unblur.estimation.describe import draw_as_shapes
from unblur.restoration.evidence import normalised_sparsity
from unblur.restoration.guard import unexplained
from unblur.restoration.tile import TileRestorer

__all__ = ["settle_shape"]

FloatArray = npt.NDArray[np.float32]
Draw = Callable[[float], FloatArray]
STEP = 0.07  # of the logarithm of the size
STRIDE = 2  # steps at once, before single ones
FARTHEST = 6  # steps up or down: what lies there or beyond is no matter of size
LEFT_WEIGHT = 0.25  # of the logarithm of what is unexplained, beside that of the sparsity
LEAST_LEFT = 0.1  # unexplained share below which less is no evidence
NOTHING = 1.0  # unexplained share of a PSF that explains nothing
WORSE = 1.1  # times as much unexplained as by the estimate, which no other may leave


class _Trials:
    """Restorations of one window by PSFs of one family, each made once."""

    def __init__(
        self, luma: FloatArray, draw: Draw, noise: float, restorer: TileRestorer, linear: bool
    ) -> None:
        self.draw = draw
        self._image, self._noise = luma[..., None], noise
        self._restorer, self._linear = restorer, linear
        self._known: dict[int, tuple[float, float]] = {}

    def left(self, step: int) -> float:
        """What is unexplained at a size, given in steps."""
        return self._trial(step)[0]

    def misfit(self, step: int) -> float:
        """The smaller, the likelier the size."""
        return self._trial(step)[1]

    def _trial(self, step: int) -> tuple[float, float]:
        if step not in self._known:
            psf = self.draw(math.exp(step * STEP))
            restored = self._restorer.restore(
                self._image, psf, certainty=0, linear=self._linear, passes=0
            )
            sparsity = normalised_sparsity(restored[..., 0])
            left = unexplained(self._image, restored, psf, self._noise, linear=self._linear)
            misfit = math.log(sparsity) + LEFT_WEIGHT * math.log(max(left, LEAST_LEFT))
            self._known[step] = left, misfit
        return self._known[step]

    def best(self) -> int | None:
        """Step of the least misfit, where there is one within reach."""
        here = 0
        while abs(here) < FARTHEST:
            lower = min((here - STRIDE, here, here + STRIDE), key=self.misfit)
            if lower == here:
                return min((here - 1, here, here + 1), key=self.misfit)
            here = lower
        return None

    def between(self, step: int) -> float:
        """Factor of the size at the bottom of the parabola through a step and its neighbours."""
        before, here, after = (self.misfit(step + each) for each in (-1, 0, 1))
        bend = before - 2 * here + after
        offset = 0.5 * (before - after) / bend if bend > 0 else 0.0
        return math.exp((step + float(np.clip(offset, -0.5, 0.5))) * STEP)


def settle_shape(
    luma: FloatArray,
    psf: FloatArray,
    noise: float,
    restorer: TileRestorer,
    *,
    linear: bool = True,
    threads: int = 1,
) -> FloatArray:
    """Bring a PSF to the size and outline that the picture speaks for, clean where it has a shape.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1] of a window with detail.
    psf
        The estimate (K, K).
    noise
        Standard deviation of the noise in `luma`.
    restorer
        Restores the window.
    linear
        Whether the blur happened in linear light, or on the encoded values.
    threads
        How many outlines to try side by side.

    Returns
    -------
    ndarray of float32
        PSF (K, K), sum 1; `psf` itself if the picture speaks for no size near its own.
    """
    drawings = (lambda factor: _enlarged(psf, factor), *draw_as_shapes(psf))
    own, *_ = families = [_Trials(luma, draw, noise, restorer, linear) for draw in drawings]
    with ThreadPoolExecutor(threads) as pool:
        steps = list(pool.map(_Trials.best, families))
    settled = [(each, step) for each, step in zip(families, steps, strict=True) if step is not None]
    most = min(WORSE * own.left(0), NOTHING)
    likely = [(each, step) for each, step in settled if each.left(step) <= most]
    if not likely:
        return psf
    family, step = min(likely, key=lambda each: each[0].misfit(each[1]))
    return family.draw(family.between(step))


def _enlarged(psf: FloatArray, factor: float) -> FloatArray:
    middle = psf.shape[0] // 2
    matrix, offset = np.eye(2) / factor, middle - middle / factor
    taps = ndimage.affine_transform(psf, matrix, offset, order=1)
    return as_psf(taps / taps.sum())
