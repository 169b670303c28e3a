"""The blur of a picture: one PSF for the whole, refined where a tile says more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.degradation.psf import delta_psf
from unblur.degradation.support import correlation
from unblur.estimation.describe import PSFDescription, describe_psf
from unblur.estimation.learned import LearnedEstimator
from unblur.estimation.pyramid import halve_luma
from unblur.restoration.certainty import noise_left
from unblur.restoration.evidence import Evidence
from unblur.restoration.guard import is_sharp, slope_energy
from unblur.restoration.hypotheses import Found, estimate_psf, fills_support
from unblur.restoration.model import Model
from unblur.restoration.octaves import shrink
from unblur.restoration.shapes import ROUND, exact_round, settle
from unblur.restoration.survey import REC_601, best_windows

__all__ = ["BlurField", "find_blur"]

FloatArray = npt.NDArray[np.float32]
WINDOW = 512
WINDOWS = 4
LARGEST_OCTAVE = 2
# Pixels across that the estimator knows; the extent of a shake is that of its faint ends.
REACH = {"none": 14, "gaussian": 14, "defocus": 14, "motion": 33, "shake": 62}
FITS = 30  # pixels across that fit into the support of a PSF whole, faint ends and all
SMALLEST = 32  # pixels; a smaller picture says nothing of its blur and is left alone
SPECK = 4  # pixels across; turns that end in a speck had begun with a sharp picture
SPECK_PEAK = 0.15  # of the light; a small round blur has a lower peak than a speck
FLAT = 1 / 255  # standard deviation; nor does a picture that varies less, by a step of 8 bits
CONTRADICTED = (0.9, 1.3)  # contradiction over which the trust in a PSF falls to nothing
LIKELIER = 0.05  # of implausibility, by which a plain blur must be better than a smaller copy's
ESTIMATED = 0.8  # certainty of what was found: more is better only where the PSF is right
WINDOW_OF_TILE = 320  # pixels of a tile that tell its own PSF
SAME = 0.95  # correlation from which on a tile's own PSF is but a rougher one of the picture's
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
    trust : float
        0 to 1: how much of a restoration by it to use.
    certainty : float
        0 to 1: how closely a restoration may follow the PSF.
    confirmed : bool
        Whether a second search found the same PSF.
    """

    psf: FloatArray
    octave: int = 0
    local: bool = False
    trust: float = 1.0
    certainty: float = 1.0
    confirmed: bool = False

    def for_tiles(self, count: int) -> BlurField:
        """Return the field to use with so many tiles: a single one is the picture itself."""
        return replace(self, local=self.local and count > 1)

    def psf_of(self, tile: FloatArray, estimator: LearnedEstimator) -> FloatArray:
        """PSF of one tile (H, W, C), encoded: mostly the picture's where it has little detail.

        What a tile says for itself is rougher than what all windows together settled.
        """
        if not self.local:
            return self.psf
        luma = self._luma(tile)
        detail = slope_energy(luma)
        own = estimator.estimate([luma], start=self.psf, octaves=(0,))
        weight = detail / (detail + ENOUGH_DETAIL)
        psf: FloatArray = (weight * own + (1 - weight) * self.psf).astype(np.float32)
        return self.psf if correlation(psf, self.psf) > SAME else psf

    def own_psfs(
        self, tile: FloatArray, model: Model, noise: float, *, linear: bool
    ) -> Iterator[FloatArray]:
        """Yield what may be the PSF of one tile (H, W, C) instead of the picture's.

        The round shape that its spectrum tells of; else the network's estimate, then settled, which
        takes time, and is only worth it where the first one is right.
        """
        luma = self._luma(tile)
        part = best_windows(luma[..., None], size=WINDOW_OF_TILE, count=1)[0]
        if describe_psf(self.psf).kind in ROUND:
            exact = exact_round([part], self.psf.shape[0], linear=linear)
            if exact is not None:
                if correlation(exact, self.psf) <= SAME:
                    yield exact
                return
        own = model.estimator.estimate([part])
        if correlation(own, self.psf) > SAME or fills_support(own) or is_sharp(own):
            return
        yield own
        yield settle(part, own, noise / 2**self.octave, model, linear=linear)

    def _luma(self, tile: FloatArray) -> FloatArray:
        small = np.clip(shrink(tile, self.octave), 0, 1)
        return np.asarray(small[..., 0] if small.shape[2] == 1 else small @ REC_601)


def find_blur(
    pixels: npt.NDArray[Any],
    psf: FloatArray | None,
    model: Model,
    *,
    searches: int = 2,
    linear: bool = True,
) -> BlurField:
    """Return the given PSF as the blur of the whole picture, or estimate it.

    Parameters
    ----------
    pixels
        Picture (H, W, C) of any storage type.
    psf
        PSF (K, K), if known.
    model
        Estimates it otherwise, one octave lower as long as the blur fills the PSF's support.
    searches
        How many other PSFs are looked for unless the picture is sharp. Without any the size of the
        first one is not settled either, and a restoration follows it less.
    linear
        Whether the blur happened in linear light, or on the encoded values.
    """
    if psf is not None:
        return BlurField(psf)
    size = model.estimator.size
    if min(pixels.shape[:2]) < SMALLEST:
        return BlurField(delta_psf(size))
    if float(_windows(pixels, 0, linear)[0].std()) < FLAT:
        return BlurField(delta_psf(size))
    met = list(_meet(pixels, model, searches, linear))
    found, octave = _choose(met, pixels, model, linear)
    trust, certainty = _trust_in(found), ESTIMATED if searches else 0.0
    return BlurField(
        found.psf,
        octave,
        local=found.learned,
        trust=trust,
        certainty=certainty,
        confirmed=found.confirmed,
    )


def _meet(
    pixels: npt.NDArray[Any], model: Model, searches: int, linear: bool
) -> Iterator[tuple[Found, int]]:
    """Yield what is found at each octave that is asked, the one to take last."""
    first = _first_octave(pixels, model, linear)
    octaves = range(first, LARGEST_OCTAVE + 1)
    for octave in (0, *octaves) if first and searches else octaves:
        windows = _windows(pixels, octave, linear)
        if octave > first and min(windows[0].shape) < 2 * model.estimator.size:
            break
        found = estimate_psf(windows, model, searches, linear=linear)
        yield found, octave
        if not fills_support(found.psf) and (octave >= first or _is_shake(found)):
            break


def _choose(
    met: list[tuple[Found, int]], pixels: npt.NDArray[Any], model: Model, linear: bool
) -> tuple[Found, int]:
    """Choose between a plain blur of full size and what a smaller copy says in the end.

    At full size a long path looks like a small soft blur; on a small copy with little in it, a
    soft blur like a path.
    """
    last = met[-1]
    plain = next((each for each in met if _is_plain(each[0])), last)
    if _is_plain(last[0]) or plain is last:
        return last
    if _trust_in(last[0]) == 0:
        return plain
    implausible = [
        _implausibility(found, _windows(pixels, octave, linear)[0], model, linear)
        for found, octave in (plain, last)
    ]
    return plain if implausible[0] < implausible[1] - LIKELIER else last


def _implausibility(found: Found, window: FloatArray, model: Model, linear: bool) -> float:
    trial = Evidence(window, noise_left(window)).trial(found.psf, model.restorer, linear=linear)
    return trial.implausibility


def _windows(pixels: npt.NDArray[Any], octave: int, linear: bool) -> list[FloatArray]:
    windows = best_windows(pixels, size=WINDOW << octave, count=WINDOWS)
    for _ in range(octave):
        windows = [halve_luma(window, linear=linear) for window in windows]
    return windows


def _first_octave(pixels: npt.NDArray[Any], model: Model, linear: bool) -> int:
    """Octave at which the estimator knows blurs of this extent, seen on smaller copies first.

    At full size a blur that is far too large looks like a small soft one. What the smallest copy
    says is asked again of the octave that it names: a small picture leaves little of it to see.
    """
    octave = LARGEST_OCTAVE
    while octave > 0:
        windows = _windows(pixels, octave, linear)
        if min(windows[0].shape) < 2 * model.estimator.size:
            return 0
        found = describe_psf(model.estimate(windows))
        needed = _octave_of(found, octave)
        fits = octave == LARGEST_OCTAVE or found.extent * 2**octave <= FITS * 2**needed
        if needed >= octave or not fits:
            break
        octave = needed
    return octave


def _octave_of(found: PSFDescription, octave: int) -> int:
    """Octave at which the estimator knows a blur that was measured at this one."""
    extent, reach = found.extent * 2**octave, REACH[found.kind]
    octaves = range(LARGEST_OCTAVE)
    return next((each for each in octaves if extent <= reach * 2**each), LARGEST_OCTAVE)


def _is_shake(found: Found) -> bool:
    """Whether searches explain the picture by one path, which on a small copy looks soft."""
    directed = describe_psf(found.psf).kind in ("shake", "motion")
    return directed and found.confirmed and not found.learned and found.doubt < CONTRADICTED[0]


def _is_plain(found: Found) -> bool:
    """Whether it is a gaussian, a disk or a line, without a search, that nothing contradicts."""
    simple = describe_psf(found.psf).kind != "shake"
    return simple and found.learned and _trust_in(found) == 1


def _trust_in(found: Found) -> float:
    blur, (low, high) = describe_psf(found.psf), CONTRADICTED
    clean = blur.kind != "shake" and found.psf.max() < SPECK_PEAK
    speck = not found.learned and blur.extent < SPECK and not clean
    if fills_support(found.psf) or blur.kind == "none" or speck:
        return 0.0
    return float(np.clip((high - found.doubt) / (high - low), 0, 1))
