"""The learned PSF estimator: sharp edges by a network, PSF in closed form, cleaned by a network."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from unblur.degradation.convolution import fast_shape
from unblur.runtime.psf_statistics import PSFStatistics
from unblur.runtime.session import NetworkSession
from unblur.runtime.spectral import Deconvolution, gradients, halve, sine_window, upsample_psf

__all__ = ["LearnedEstimator"]

FloatArray = npt.NDArray[np.float32]
PSF_GAIN = np.float32(20)  # brings the taps of a PSF to the order of one, as in training


class LearnedEstimator:
    """Estimates one PSF from one or several windows of encoded luma.

    Parameters
    ----------
    edges
        Network that predicts sharp edges: (B, 3, H, W) -> (B, 4, H, W).
    cleaner
        Network that cleans a PSF: (B, 4, K, K) -> (B, K, K).
    """

    def __init__(self, edges: NetworkSession, cleaner: NetworkSession) -> None:
        settings = edges.card.settings
        self.size = int(settings["size"])
        self.octaves = tuple(int(octave) for octave in settings["octaves"])
        self._levels = [float(level) for level in settings["levels"]]
        self._regularisation = float(settings["level"])
        self._multiple = edges.card.size_multiple
        self._edges, self._cleaner = edges, cleaner

    def estimate(
        self,
        windows: Sequence[FloatArray],
        *,
        start: FloatArray | None = None,
        octaves: Sequence[int] | None = None,
        threads: int = 1,
    ) -> FloatArray:
        """Return the PSF that all windows share.

        Parameters
        ----------
        windows
            Encoded luma in [0, 1], each (H, W), all of one size.
        start
            PSF (K, K) to begin with, at the first octave; no blur if not given.
        octaves
            Octave of each pass, from coarse to fine; as trained if not given.
        threads
            Windows looked at side by side.

        Returns
        -------
        ndarray of float32
            PSF (K, K) at the last octave, sum 1.
        """
        octaves = self.octaves if octaves is None else octaves
        pyramid = {0: list(windows)}
        for octave in range(1, max(octaves) + 1):
            pyramid[octave] = [halve(window) for window in pyramid[octave - 1]]
        psf = self._delta() if start is None else start
        present = octaves[0]
        with ThreadPoolExecutor(threads) as pool:
            for octave in octaves:
                for _ in range(present - octave):
                    psf = upsample_psf(psf)
                present = octave
                psf = self._refine(pyramid[octave], psf, pool)
        return psf

    def _delta(self) -> FloatArray:
        psf = np.zeros((self.size, self.size), np.float32)
        psf[self.size // 2, self.size // 2] = 1
        return psf

    def _refine(
        self, windows: Sequence[FloatArray], psf: FloatArray, pool: ThreadPoolExecutor
    ) -> FloatArray:
        """One pass: a better PSF than the present one."""
        height, width = windows[0].shape
        statistics = PSFStatistics(fast_shape((max(height, self.size), max(width, self.size))))
        taper = sine_window(height, width)

        def edges(luma: FloatArray) -> FloatArray:
            maps = self._predict(luma, psf)
            with np.errstate(over="ignore"):  # exp of a large number: the mask is zero
                masked: FloatArray = maps[:2] / (1 + np.exp(-maps[2:]))
            return masked * taper

        run = pool.map if len(windows) > 1 else map
        for luma, sharp in zip(windows, run(edges, windows), strict=True):
            statistics.add(sharp, gradients(luma) * taper)
        closed, correlation, flat = statistics.maps(self._regularisation, self.size)
        stack = np.stack([closed * PSF_GAIN, correlation, flat * PSF_GAIN, psf * PSF_GAIN])
        cleaned: FloatArray = self._cleaner.run(stack[None])[0]
        return cleaned

    def _predict(self, luma: FloatArray, psf: FloatArray) -> FloatArray:
        height, width = luma.shape
        problem = Deconvolution(luma[None], psf)
        sharpened = [np.clip(problem.wiener(level), -0.5, 1.5) for level in self._levels]
        stack = np.concatenate([luma[None], *sharpened])
        after = [-extent % self._multiple for extent in (height, width)]
        padded = np.pad(stack, ((0, 0), (0, after[0]), (0, after[1])), mode="edge")
        return self._edges.run(padded[None])[0, :, :height, :width]
