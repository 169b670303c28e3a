"""Luma at half its size, halved in the light in which it was blurred."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.runtime.spectral import halve

__all__ = ["halve_luma"]

FloatArray = npt.NDArray[np.float32]


def halve_luma(luma: FloatArray, *, linear: bool) -> FloatArray:
    """Go one octave coarser.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1]. Not modified; an odd last row or column is left out.
    linear
        Whether to take means of linear light, or of the encoded values.

    Returns
    -------
    ndarray of float32
        Encoded luma (H // 2, W // 2).
    """
    if not linear:
        return halve(luma)
    return linear_to_srgb(np.clip(halve(srgb_to_linear(luma)), 0, 1))
