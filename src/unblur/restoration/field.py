"""The blur of a picture: one PSF for the whole, refined tile by tile where the picture says more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.degradation.psf import delta_psf
from unblur.estimation.learned import LearnedEstimator
from unblur.restoration.octaves import shrink
from unblur.restoration.survey import REC_601, best_windows

__all__ = ["BlurField", "find_blur"]

FloatArray = npt.NDArray[np.float32]
WINDOW = 512
WINDOWS = 4
LARGEST_OCTAVE = 2
SMALLEST = 32  # pixels; a smaller picture says nothing of its blur and is left alone
FULL_SUPPORT = 0.04  # of a PSF's mass near its border: it is cut off, look one octave lower
ENOUGH_DETAIL = 2e-4  # mean squared slope at which a tile's own PSF counts half


@dataclass(frozen=True, eq=False)
class BlurField:
    """PSF of a picture, and how to refine it for a tile.

    Parameters
    ----------
    psf : ndarray of float32
        PSF (K, K) of the whole picture.
    octave : int
        The PSF holds for the picture halved so many times.
    local : bool
        Whether each tile refines it.
    """

    psf: FloatArray
    octave: int = 0
    local: bool = False

    def for_tiles(self, count: int) -> BlurField:
        """Return the field to use with so many tiles: a single one is the picture itself."""
        return replace(self, local=self.local and count > 1)

    def psf_of(self, tile: FloatArray, estimator: LearnedEstimator) -> FloatArray:
        """PSF of one tile (H, W, C), encoded: its own where it has detail, else the picture's."""
        if not self.local:
            return self.psf
        small = np.clip(shrink(tile, self.octave), 0, 1)
        luma = small[..., 0] if small.shape[2] == 1 else small @ REC_601
        detail = float((np.diff(luma, axis=0) ** 2).mean() + (np.diff(luma, axis=1) ** 2).mean())
        own = estimator.estimate([luma], start=self.psf, octaves=(0,))
        weight = detail / (detail + ENOUGH_DETAIL)
        psf: FloatArray = (weight * own + (1 - weight) * self.psf).astype(np.float32)
        return psf


def find_blur(
    pixels: npt.NDArray[Any], psf: FloatArray | None, estimator: LearnedEstimator
) -> BlurField:
    """Return the given PSF as the blur of the whole picture, or estimate it.

    Parameters
    ----------
    pixels
        Picture (H, W, C) of any storage type.
    psf
        PSF (K, K), if known.
    estimator
        Estimates it otherwise, one octave lower as long as the blur fills the PSF's support.
    """
    if psf is not None:
        return BlurField(psf)
    if min(pixels.shape[:2]) < SMALLEST:
        return BlurField(delta_psf(estimator.size))
    windows = best_windows(pixels, size=WINDOW, count=WINDOWS)
    octave = 0
    estimate = estimator.estimate(windows)
    while _fills_support(estimate) and octave < LARGEST_OCTAVE:
        windows = best_windows(pixels, size=WINDOW * 2 ** (octave + 1), count=WINDOWS)
        smaller = [shrink(window[..., None], octave + 1)[..., 0] for window in windows]
        if min(smaller[0].shape) < 2 * estimator.size:
            break
        octave += 1
        estimate = estimator.estimate(smaller)
    return BlurField(estimate, octave, local=True)


def _fills_support(psf: FloatArray) -> bool:
    inner = psf[3:-3, 3:-3]
    return bool(psf.sum() - inner.sum() > FULL_SUPPORT)
