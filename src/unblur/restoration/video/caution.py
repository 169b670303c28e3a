"""How much of what a frame's PSF promises is to be used: little where softness is no blur."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unblur.estimation.describe import describe_psf
from unblur.restoration.field import BlurField

__all__ = ["belief_in", "ramp", "sharpening"]

FloatArray = NDArray[np.float32]

_CLEAN = (0.0015, 0.004)  # noise on encoded values: rounding to 8 bits is 0.0011
_SOFT = (4.5, 18.0)  # px across, in which a coder's softness goes over into blur
_MIXED = (1.05, 1.25)  # times a frame's own mean slope; then it is mostly its neighbours
_HALF = 0.5  # of a restoration by one PSF of what has several, or may have


def belief_in(field: BlurField, noise: float, sharpened: float) -> float:
    """How much of a restoration to use, by what is known of the frame beside its PSF.

    A frame without noise went through a denoiser or a coder, which also took its finest detail: it
    looks as if a small round PSF had blurred it, and restoring by that adds what was never there.
    A shake found in it is half believed. And a frame that its neighbours made sharper is a mixture,
    which no single PSF describes.

    Parameters
    ----------
    field : BlurField
        Blur that was found.
    noise : float
        Standard deviation of the noise in the frame as it came.
    sharpened : float
        By which factor its neighbours made it sharper, as by `sharpening`.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> import unblur
    >>> soft, moved = (BlurField(unblur.gaussian_psf(1.5)), BlurField(unblur.motion_psf(15, 30)))
    >>> belief_in(soft, 0.001, 1.0) < 0.1, belief_in(soft, 0.01, 1.0), belief_in(moved, 0.001, 1.0)
    (True, 1.0, 0.5)
    >>> belief_in(moved, 0.01, 2.0)
    0.5
    """
    found = describe_psf(field.psf)
    clean = 1 - ramp(noise, _CLEAN)
    directed = found.kind in ("motion", "shake")
    blur = _HALF if directed else ramp(found.extent * 2**field.octave, _SOFT)
    return (1 - clean * (1 - blur)) * (1 - _HALF * ramp(sharpened, _MIXED))


def sharpening(fused: FloatArray, image: FloatArray) -> float:
    """Mean slope of a frame with what its neighbours gave (H, W, C), over that of itself."""
    return _slope(fused) / max(_slope(image), 1e-9)


def ramp(value: float, limits: tuple[float, float]) -> float:
    """From 0 at the lower limit to 1 at the upper one."""
    low, high = limits
    return float(np.clip((value - low) / (high - low), 0, 1))


def _slope(image: FloatArray) -> float:
    green = ndimage.gaussian_filter(image[..., image.shape[2] // 2], 1.0)  # not of noise
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())
