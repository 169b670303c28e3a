"""Other PSFs than the network's first guess, and which of them a picture speaks for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from unblur.degradation.support import similarity
from unblur.estimation.classical import estimate_psf_classical
from unblur.estimation.describe import describe_psf, draw_as_shapes
from unblur.estimation.pyramid import halve_luma
from unblur.restoration.alternation import FROM_COARSE, POLISH, alternate
from unblur.restoration.certainty import noise_left
from unblur.restoration.evidence import Evidence
from unblur.restoration.guard import is_sharp
from unblur.restoration.model import Model
from unblur.restoration.shapes import DOUBTFUL, settle, shape_psf

__all__ = ["SEARCHES", "Found", "Search", "estimate_psf", "fills_support"]

FloatArray = npt.NDArray[np.float32]
Ranked = tuple[float, FloatArray]
SMALLEST = 128  # pixels; the turns need a window of this side
PLAINLY = 0.01  # of implausibility, by which another PSF must do better than one without doubt
CUT_OFF = 0.05  # of implausibility, for a PSF that fills its support: one that does not is whole
ALIKE = 0.7  # similarity from which on two searches have found the same
SAME_EXTENT = 1.35  # times longer at most is the other one that confirms a PSF
AGREED = 0.1  # of implausibility, in favour of what two searches have found
FULL_SUPPORT = 0.04  # of a PSF's mass near its border: it is cut off


class Search(NamedTuple):
    """One way to another PSF, by turns.

    Parameters
    ----------
    start : {"glance", "estimate", "classical"}
        What the network makes of a quarter of the size in one pass, or from coarse to fine; or a
        classical estimate at full size.
    weak_edges : float
        Share of the pixels that count as no edge.
    """

    start: Literal["glance", "estimate", "classical"]
    weak_edges: float


# Which one finds a shake is a matter of the picture; the first ones find most.
SEARCHES = (
    Search("estimate", 0.93),
    Search("glance", 0.98),
    Search("estimate", 0.98),
    Search("classical", 0.93),
)


class Found(NamedTuple):
    """A PSF, how much any part of the picture contradicts it, and how it was found.

    By the network, or by a search, from whose PSF the network's refinement in each tile takes away;
    and whether a second search came to the same.
    """

    psf: FloatArray
    doubt: float
    learned: bool
    confirmed: bool = False


def estimate_psf(
    windows: list[FloatArray], model: Model, searches: int, *, linear: bool = True
) -> Found:
    """Estimate the PSF, and look for others unless the picture is sharp or is explained by it.

    Of those that the picture does not contradict, and the first one, the likeliest is taken.

    Parameters
    ----------
    windows
        Encoded luma (H, W) in [0, 1] of parts of one picture, the one with the most detail first.
    model
        Estimates and restores.
    searches
        How many of `SEARCHES` to use; if all, the likeliest PSF is bettered by more turns. Where
        the first two disagree, the next one is used, too. Without any the network's estimate is
        taken as it is, in its own size.
    linear
        Whether the blur happened in linear light, or on the encoded values.
    """
    psf, luma = model.estimate(windows), windows[0]
    noise = noise_left(luma)
    evidence = Evidence(luma, noise)
    if is_sharp(psf) or not searches or min(luma.shape) < SMALLEST:
        return Found(psf, evidence.worst_contradiction(psf), learned=True)
    if not fills_support(psf):
        psf, plain = shape_psf(windows, psf, evidence, noise, model, linear=linear)
        if plain:
            return Found(psf, evidence.worst_contradiction(psf), learned=True)
    doubt = evidence.contradiction(psf)

    def rank(others: list[FloatArray]) -> list[Ranked]:
        return _rank(others, evidence, max(doubt, DOUBTFUL), model, linear)

    first = evidence.trial(psf, model.restorer, linear=linear).implausibility
    ranked: list[Ranked] = [(first - (PLAINLY if doubt <= DOUBTFUL else 0), psf)]
    others = _others(luma, noise, model, SEARCHES[:searches], linear=linear)
    if len(others) > 1 and similarity(others[0], others[1]) <= ALIKE:
        others += _others(luma, noise, model, SEARCHES[searches : searches + 1], linear=linear)
        for value, other in rank(others):
            ranked.append((value - (AGREED if _is_agreed(other, others) else 0), other))
    else:
        ranked += rank(others)
    best = min(ranked, key=itemgetter(0))[1]
    confirmed = _is_confirmed(best, others)
    if best is not psf and searches >= len(SEARCHES):
        turned = alternate(luma, best, model.restorer, POLISH, linear=linear)
        best = min(rank([best, turned]), key=itemgetter(0))[1]
    return Found(best, evidence.worst_contradiction(best), best is psf, confirmed)


def _rank(
    others: list[FloatArray], evidence: Evidence, allowed: float, model: Model, linear: bool
) -> list[Ranked]:
    """Return how unlikely each PSF is that the picture does not contradict."""
    return [
        (
            evidence.trial(other, model.restorer, linear=linear).implausibility
            + (CUT_OFF if fills_support(other) else 0),
            other,
        )
        for other in others
        if evidence.contradiction(other) < allowed
    ]


def _is_agreed(psf: FloatArray, others: list[FloatArray]) -> bool:
    """Whether another search than its own came to the same PSF."""
    return any(similarity(psf, other) > ALIKE for other in others if other is not psf)


def _is_confirmed(psf: FloatArray, others: list[FloatArray]) -> bool:
    """Whether another search came to the same, and to one of about the same extent.

    A wrong path resembles a shorter, a longer or a round one, too.
    """
    extent = describe_psf(psf).extent
    extents = [describe_psf(other).extent for other in others if _is_agreed(psf, [other])]
    return any(max(extent, other) < SAME_EXTENT * min(extent, other) for other in extents)


def _others(
    luma: FloatArray, noise: float, model: Model, searches: tuple[Search, ...], *, linear: bool
) -> list[FloatArray]:
    """Search side by side, on one thread each."""
    threads, model = model.threads, model.side_by_side

    def run(search: Search) -> FloatArray:
        start = _start(search, luma, model, linear)
        rounds = POLISH if search.start == "classical" else FROM_COARSE
        edges = search.weak_edges
        psf = alternate(luma, start, model.restorer, rounds, weak_edges=edges, linear=linear)
        return settle(luma, psf, noise, model, linear=linear) if draw_as_shapes(psf) else psf

    with ThreadPoolExecutor(max(1, min(threads, len(searches)))) as pool:
        return list(pool.map(run, searches))


def _start(search: Search, luma: FloatArray, model: Model, linear: bool) -> FloatArray:
    if search.start == "classical":
        return estimate_psf_classical(luma, size=model.estimator.size)
    small = halve_luma(halve_luma(luma, linear=linear), linear=linear)
    octaves = (0,) if search.start == "glance" else None
    return model.estimator.estimate([small], octaves=octaves)


def fills_support(psf: FloatArray) -> bool:
    """Whether a PSF is cut off by its own border, and should be sought one octave lower."""
    inner = psf[3:-3, 3:-3]
    return bool(psf.sum() - inner.sum() > FULL_SUPPORT)
