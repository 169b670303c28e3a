"""Do no harm: how far a restored tile may be trusted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.degradation.convolution import fast_shape, inverse_rfft2, otf
from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.restoration.octaves import shrink

__all__ = ["UNEXPLAINED", "is_sharp", "trust", "unexplained"]

FloatArray = npt.NDArray[np.float32]

# A restoration that explains its tile leaves only noise; one by a wrong PSF leaves a good part of
# its own change. The two limits were chosen on the validation pictures, at a certainty of 0; the
# more a restoration follows its PSF, the less it leaves.
UNEXPLAINED = (0.4, 0.7)
FOLLOWED = 0.6  # share of that which a certainty of 1 takes away
SHARP_PEAK = 0.4


def is_sharp(psf: FloatArray) -> bool:
    """Whether a PSF says that there is nothing to restore: nearly all light stays in place."""
    return bool(psf.max() >= SHARP_PEAK)


def unexplained(
    blurred: FloatArray,
    restored: FloatArray,
    psf: FloatArray,
    noise: float,
    octave: int = 0,
    *,
    linear: bool = True,
) -> float:
    """Share of the change that the blur does not explain: 0 if all, about 1 if nothing.

    The restored tile, blurred again by the PSF, must give the observation but for its noise. The
    residual is compared with the change itself, ``|h * x - y| / |x - y|``, without the border that
    the PSF reaches over.

    Parameters
    ----------
    blurred, restored
        Encoded tiles (H, W, C) in [0, 1].
    psf
        PSF (K, K).
    noise
        Standard deviation of the noise in `blurred`.
    octave
        The PSF holds for the tiles halved so many times.
    linear
        Whether the blur happened in linear light, or on the encoded values.
    """
    blurred, restored = shrink(blurred, octave), shrink(restored, octave)
    noise /= 2**octave
    margin = min(psf.shape[0] // 2, (min(blurred.shape[:2]) - 1) // 3)
    inner = slice(margin, -margin or None)
    green = blurred.shape[2] // 2
    light = np.ascontiguousarray(restored[..., green])
    light = srgb_to_linear(light) if linear else light
    shape = fast_shape((light.shape[0] + psf.shape[0], light.shape[1] + psf.shape[0]))
    again = inverse_rfft2(fft.rfft2(light, s=shape) * otf(psf, shape), shape)
    again = np.clip(again[: light.shape[0], : light.shape[1]], 0, 1)
    again = linear_to_srgb(again) if linear else again
    observed = blurred[..., green]
    residual = (again - observed)[inner, inner]
    change = (restored[..., green] - observed)[inner, inner]
    left = max(0.0, float(np.mean(residual**2)) - noise**2)
    moved = max(float(np.mean(change**2)), noise**2, 1e-8)
    return float(np.sqrt(left / moved))


def trust(share: float, certainty: float) -> float:
    """Weight in [0, 1] of a tile restored at a certainty, whose `unexplained` share is `share`."""
    low, high = (limit * (1 - FOLLOWED * certainty) for limit in UNEXPLAINED)
    return float(np.clip((high - share) / (high - low), 0, 1))
