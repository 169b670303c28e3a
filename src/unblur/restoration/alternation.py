"""Blind deconvolution by turns: restore with the present PSF, find the PSF of what came out.

Where the one-step estimate fails, as on camera shake, the restorer itself is the best guess of the
sharp scene: it was trained on wrong PSFs too, and keeps what looks like a picture. Its strongest
edges give a better PSF in closed form, and so on, from coarse to fine, in the manner of
S. Cho and S. Lee, "Fast motion deblurring", ACM Transactions on Graphics 28 (5), 2009, whose
hand-made edge prediction the restorer replaces.

Edges and observation are compared where the blur happened, for a camera in linear light. On encoded
values it is no convolution, and the strongest edges, which count most, disagree with every PSF.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from unblur.degradation.convolution import fast_shape
from unblur.degradation.psf import centre_psf, resize_psf
from unblur.degradation.support import as_psf, centroid, correlation
from unblur.estimation.pyramid import halve_luma
from unblur.images.color import srgb_to_linear
from unblur.restoration.tile import TileRestorer
from unblur.runtime.psf_statistics import PSFStatistics
from unblur.runtime.spectral import gradients, sine_window, upsample_psf

__all__ = ["FROM_COARSE", "POLISH", "alternate"]

FloatArray = npt.NDArray[np.float32]
FROM_COARSE = ((2, 6), (1, 10), (0, 8))  # octave and turns there, coarse to fine
POLISH = ((0, 8),)
STILL = 0.9995  # correlation of a PSF with that of the turn before, at which turns have settled
EXACT = 2  # last turns, which do not smear the PSF; before, smearing keeps it from going astray
WEAK_EDGES = 0.93  # share of the pixels that count as no edge
FAINT = 0.05  # of a PSF's peak: what is below is noise
SPECK = 0.1  # of a PSF's mass: a piece apart that holds less is noise
REGULARISATION = 0.05


def alternate(
    luma: FloatArray,
    psf: FloatArray,
    restorer: TileRestorer,
    rounds: Sequence[tuple[int, int]] = FROM_COARSE,
    *,
    weak_edges: float = WEAK_EDGES,
    linear: bool = True,
) -> FloatArray:
    """Better the PSF of one window by turns.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1], at least four times as large as it takes to hold edges.
    psf
        First guess (K, K), at the first octave of `rounds`.
    restorer
        Restores the window with the present PSF.
    rounds
        Pairs of an octave and the turns there at most, from coarse to fine.
    weak_edges
        Share of the pixels that count as no edge.
    linear
        Whether the blur happened in linear light, or on the encoded values.

    Returns
    -------
    ndarray of float32
        PSF (K, K) at the last octave, sum 1, centre of mass in the middle, to a part of a pixel.
    """
    present = rounds[0][0]
    pyramid = [luma]
    for _ in range(present):
        pyramid.append(halve_luma(pyramid[-1], linear=linear))
    for octave, turns in rounds:
        for _ in range(present - octave):
            psf = upsample_psf(psf)
        present = octave
        exact = EXACT if octave == rounds[-1][0] else 0
        turn = partial(_turn, pyramid[octave], restorer, weak_edges, linear)
        psf = _repeat(partial(turn, exact=False), psf, turns - exact)
        psf = _repeat(partial(turn, exact=True), psf, exact)
    return psf


def _repeat(turn: Callable[[FloatArray], FloatArray], psf: FloatArray, times: int) -> FloatArray:
    """Take so many turns, fewer if the PSF no longer changes."""
    for _ in range(times):
        before, psf = psf, turn(psf)
        if correlation(psf, before) > STILL:
            break
    return psf


def _turn(
    luma: FloatArray,
    restorer: TileRestorer,
    weak_edges: float,
    linear: bool,
    psf: FloatArray,
    *,
    exact: bool,
) -> FloatArray:
    """One restoration, and the PSF that its strongest edges and the observation agree on."""
    height, width = luma.shape
    size = psf.shape[0]
    restored = restorer.restore(luma[..., None], psf, certainty=0, linear=linear)[..., 0]
    strength = np.sqrt((gradients(restored) ** 2).sum(0))
    decode = srgb_to_linear if linear else np.asarray
    edges = gradients(decode(restored)) * (strength > np.quantile(strength, weak_edges))
    taper = sine_window(height, width)
    statistics = PSFStatistics(fast_shape((max(height, size), max(width, size))))
    statistics.add(edges * taper, gradients(decode(luma)) * taper)
    found = _without_noise(statistics.closed_form(REGULARISATION, size))
    if exact and found.any():
        centre = centroid(found)
        found = _without_noise(statistics.closed_form(REGULARISATION, size, centre=centre))
    if not found.any():
        return psf
    return as_psf(found) if exact else resize_psf(centre_psf(found), size)


def _without_noise(psf: FloatArray) -> FloatArray:
    kept = np.where(psf >= FAINT * psf.max(), np.maximum(psf, 0), 0)
    pieces, count = ndimage.label(kept > 0, np.ones((3, 3)))
    masses = ndimage.sum_labels(kept, pieces, range(1, count + 1))
    large = 1 + np.flatnonzero(masses > SPECK * kept.sum())
    return np.where(np.isin(pieces, large), kept, 0).astype(np.float32)
