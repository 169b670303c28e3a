"""How closely a restoration may follow a PSF, by what compression has left of the picture.

A PSF explains a picture up to white noise. JPEG rounds away most of the fine detail that the blur
left, and the rest of the noise with it; a restoration that follows even the true PSF closely then
makes detail of rounding errors. The networks take a degree of certainty beside the PSF, and such
pictures need less of it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unblur.degradation.noise_level import estimate_noise
from unblur.estimation.pyramid import halve_luma
from unblur.restoration.survey import REC_601

__all__ = ["certainty_left", "noise_left"]

FloatArray = npt.NDArray[np.float32]
BLOCK = 8  # pixels, of JPEG and of most video
SMALLEST = 192  # pixels; a few letters on paper can look like blocks
BLOCKY = 1.1  # step over the borders of blocks, relative to others: pictures never coded have less
BY_BLOCKS = 1.1  # certainty lost for each further such step
WHITE = 1.5  # noise of half the size, twice, relative to that of the whole: 1 if it is white
COLOURED = 0.2  # certainty lost for each further 1
GREY = 0.2  # noise of the chroma over the luma's, below which a coder took it: a sensor makes 1
NOISY = 0.006  # noise of the luma at which that tells of a coder, not of a scene without colours
BY_NOISE = 40.0  # certainty lost for each 1 of that noise
LEAST = 0.3


def certainty_left(sample: FloatArray) -> float:
    """Tell how much of the certainty in a PSF a picture leaves.

    The limits were chosen on 12 blurred training pictures with noise of 0.003 to 0.04, not
    compressed and as JPEG of quality 50 to 95.

    Parameters
    ----------
    sample
        Encoded part (H, W, C) of a picture in [0, 1], C 1 or 3.

    Returns
    -------
    float
        1 for a picture that was never compressed, less for others, 0.3 at least.
    """
    luma = sample[..., 0] if sample.shape[2] == 1 else sample @ REC_601
    if min(luma.shape) < SMALLEST:
        return 1.0
    noise, left = estimate_noise(luma), 1.0
    if (steps := _steps_over_blocks(luma)) > BLOCKY:
        coarse = _coarse_noise(luma)
        left -= max(BY_BLOCKS * (steps - BLOCKY), COLOURED * (coarse / max(noise, 1e-4) - WHITE))
    if sample.shape[2] == 3 and noise > NOISY:
        chroma = 0.5 + (sample[..., 0] - sample[..., 1]) / 2
        if 0 < estimate_noise(chroma) < GREY * noise:  # 0: a grey picture in three channels
            left = min(left, 1 - BY_NOISE * noise)
    return float(np.clip(left, LEAST, 1))


def noise_left(luma: FloatArray) -> float:
    """Estimate what neither scene nor blur explains: the noise, and what a coder made of it.

    A coder rounds away the finest noise alone, by which noise is measured; what it leaves of the
    rest, and its own errors, look as if a PSF were wrong that explains the picture.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1].

    Returns
    -------
    float
        Standard deviation, as `estimate_noise` tells it of a picture that was never compressed.
    """
    noise = estimate_noise(luma)
    if min(luma.shape) < SMALLEST or _steps_over_blocks(luma) <= BLOCKY:
        return noise
    return max(noise, _coarse_noise(luma))


def _coarse_noise(luma: FloatArray) -> float:
    """Noise of half the size, brought to that of the whole as if it were white."""
    return 2 * estimate_noise(halve_luma(luma, linear=False))


def _steps_over_blocks(luma: FloatArray) -> float:
    """Mean step over the borders of blocks relative to others, of the axis that has the lesser one.

    Where the grid lies is not known: the picture may have been cut.
    """
    ratios = []
    for plane in (luma, luma.T):
        steps = np.abs(np.diff(plane, axis=1)).mean(0)
        by_place = steps[: steps.size // BLOCK * BLOCK].reshape(-1, BLOCK).mean(0)
        ratios.append(float(by_place.max() / max(float(np.median(by_place)), 1e-6)))
    return min(ratios)
