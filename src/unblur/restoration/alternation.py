"""Blind deconvolution by turns: restore with the present PSF, find the PSF of what came out.

Where the one-step estimate fails, as on camera shake, the restorer itself is the best guess of the
sharp scene: it was trained on wrong PSFs too, and keeps what looks like a picture. Its strongest
edges give a better PSF in closed form, and so on, from coarse to fine, in the manner of
S. Cho and S. Lee, "Fast motion deblurring", ACM Transactions on Graphics 28 (5), 2009, whose
hand-made edge prediction the restorer replaces.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unblur.degradation.convolution import fast_shape
from unblur.degradation.psf import centre_psf, resize_psf
from unblur.estimation.learned import LearnedEstimator
from unblur.restoration.tile import TileRestorer
from unblur.runtime.spectral import PSFStatistics, gradients, halve, sine_window, upsample_psf

__all__ = ["alternate"]

FloatArray = npt.NDArray[np.float32]
ROUNDS = ((2, 6), (1, 6), (0, 2))  # octave and turns there, coarse to fine
WEAK_EDGES = 0.93  # share of the pixels that count as no edge
FAINT = 0.06  # of a PSF's peak: what is below is noise
REGULARISATION = 0.05


def alternate(luma: FloatArray, restorer: TileRestorer, estimator: LearnedEstimator) -> FloatArray:
    """Estimate the PSF of one window by turns.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1], at least four times as large as it takes to hold edges.
    restorer, estimator
        The model; the estimator gives the first guess at the coarsest octave.

    Returns
    -------
    ndarray of float32
        PSF (K, K), sum 1, centre of mass in the middle.
    """
    pyramid = [luma]
    for _ in range(ROUNDS[0][0]):
        pyramid.append(halve(pyramid[-1]))
    psf = estimator.estimate([pyramid[-1]], octaves=(0,))
    present = ROUNDS[0][0]
    for octave, turns in ROUNDS:
        for _ in range(present - octave):
            psf = upsample_psf(psf)
        present = octave
        for _ in range(turns):
            psf = _turn(pyramid[octave], psf, restorer)
    return psf


def _turn(luma: FloatArray, psf: FloatArray, restorer: TileRestorer) -> FloatArray:
    """One restoration, and the PSF that its strongest edges and the observation agree on."""
    height, width = luma.shape
    size = psf.shape[0]
    edges = gradients(restorer.restore(luma[..., None], psf, known=False)[..., 0])
    strength = np.sqrt((edges**2).sum(0))
    edges *= strength > np.quantile(strength, WEAK_EDGES)
    taper = sine_window(height, width)
    statistics = PSFStatistics(fast_shape((max(height, size), max(width, size))))
    statistics.add(edges * taper, gradients(luma) * taper)
    closed = np.maximum(statistics.maps(REGULARISATION, size)[0], 0)
    closed[closed < FAINT * closed.max()] = 0
    total = float(closed.sum())
    return resize_psf(centre_psf(closed / total), size) if total > 0 else psf
