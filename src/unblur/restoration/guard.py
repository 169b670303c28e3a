"""Do no harm: how far a restored tile may be trusted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from unblur.degradation.convolution import fast_shape, inverse_rfft2, otf
from unblur.estimation.describe import describe_psf
from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.restoration.octaves import shrink

__all__ = ["is_sharp", "slope_energy", "trust", "trust_without_psf", "unexplained"]

FloatArray = npt.NDArray[np.float32]

# A restoration that explains its tile leaves only noise; one by a wrong PSF leaves a good part of
# its own change. The more a restoration follows its PSF, the less it leaves. Limits between which
# trust falls from 1 to 0, at three certainties; chosen on training pictures, blurred by one PSF
# (the middle ones with noise of 0.02 and JPEG 70) and of scenes that moved, which no PSF explains,
# but which the many numbers of a shake come near to. Those at 0.8 were made milder when validation
# pictures lost by them.
CERTAINTIES = (0.0, 0.3, 0.8)
UNEXPLAINED = ((0.4, 0.33, 0.15), (0.7, 0.57, 0.3))
UNEXPLAINED_BY_SHAKE = ((0.4, 0.33, 0.1), (0.7, 0.57, 0.2))
# A long path that two searches found is hardly a chance: what it leaves in real photographs, up to
# 0.25, are the response of the camera and blur that differs a little. Short ones, that two searches
# also agree on, are what scenes that moved have in common.
UNEXPLAINED_BY_CONFIRMED = ((0.4, 0.33, 0.21), (0.7, 0.57, 0.36))
LONG = 15.0  # pixels
NOISIER = 1.06  # than it is measured, a picture may be
SHARP_PEAK = 0.4
FLAT = 1 / 255  # standard deviation; a picture that varies less, by a step of 8 bits, has no detail
# Detail added by a network without a PSF, between which its trust rises: where a blur was found,
# and where none was, so that no sharp validation picture changes.
DETAIL_ADDED, DETAIL_ADDED_TO_SHARP = (0.1, 0.25), (0.4, 0.6)


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
    left = max(0.0, float(np.mean(residual**2)) - (NOISIER * noise) ** 2)
    moved = max(float(np.mean(change**2)), noise**2, 1e-8)
    return float(np.sqrt(left / moved))


def trust(share: float, psf: FloatArray, certainty: float, *, confirmed: bool = False) -> float:
    """Weight in [0, 1] of a tile restored by a PSF which leaves a share unexplained.

    Parameters
    ----------
    share
        From `unexplained`.
    psf
        PSF (K, K).
    certainty
        How closely the restoration followed it.
    confirmed
        Whether a second search found the same PSF.
    """
    blur, limits = describe_psf(psf), UNEXPLAINED
    if blur.kind == "shake":
        sure = confirmed and blur.extent >= LONG
        limits = UNEXPLAINED_BY_CONFIRMED if sure else UNEXPLAINED_BY_SHAKE
    low, high = (np.interp(certainty, CERTAINTIES, each) for each in limits)
    return float(np.clip((high - share) / (high - low), 0, 1))


def trust_without_psf(blurred: FloatArray, restored: FloatArray, psf: FloatArray) -> float:
    """Weight in [0, 1] of a tile restored by a network that sees the picture alone.

    Where a picture is blurred, such a network adds detail that is strong beside what is there; of
    a sharp one it changes little, or smooths it. Told by the change relative to the fine detail of
    the picture, times the growth of the energy of slopes.

    Parameters
    ----------
    blurred, restored
        Encoded tiles (H, W, C) in [0, 1].
    psf
        PSF (K, K) that was found; where it tells of no blur, more detail must be added.
    """
    before, after = blurred.mean(2), restored.mean(2)
    if before.std() < FLAT:
        return 0.0
    fine = float(np.std(before - ndimage.gaussian_filter(before, 1)))
    change = float(np.sqrt(np.mean((restored - blurred) ** 2)))
    growth = slope_energy(after) / max(slope_energy(before), 1e-9) - 1
    low, high = DETAIL_ADDED if describe_psf(psf).kind != "none" else DETAIL_ADDED_TO_SHARP
    added = max(growth, 0) * change / max(fine, 1e-6)
    return float(np.clip((added - low) / (high - low), 0, 1))


def slope_energy(luma: FloatArray) -> float:
    """Mean energy of the slopes of (H, W)."""
    return float(np.mean(np.diff(luma, axis=0) ** 2) + np.mean(np.diff(luma, axis=1) ** 2))
