"""The exact shape of a first estimate: by the spectrum where it has one, by trial elsewhere."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unblur.estimation.describe import BlurKind, PSFDescription, describe_psf
from unblur.estimation.rings import fit_round
from unblur.estimation.stripes import fit_line
from unblur.restoration.evidence import Evidence, Trial
from unblur.restoration.model import Model
from unblur.restoration.settling import settle_shape
from unblur.restoration.survey import best_windows

__all__ = ["DOUBTFUL", "Shaped", "exact_round", "explains", "settle", "shape_psf"]

FloatArray = npt.NDArray[np.float32]
ROUND = ("gaussian", "defocus")
MISFIT = 0.15  # of rings, from which on they tell of no round shape
SAME_SIZE = math.log(1.3)
# Of implausibility, by which what the network found must do better than rings of another size: a
# photograph that was moved is also soft, and has rings of that.
SOFTNESS = 0.05
LEAVES = 1.1  # times what the rings' PSF leaves unexplained, that the other may leave
FAINT = 2.2  # pixels across: what blurs less leaves no mark in the spectrum
SETTLED = 320  # pixels; a part of this side says as much of the size of a PSF as all of a window
DOUBTFUL = 0.6  # contradiction above which a PSF is no better than any other
EXPLAINED: dict[BlurKind, float] = {"gaussian": 0.2, "defocus": 0.2, "motion": 0.15}
"""Unexplained share up to which a shape is right; a little more may be left by a bent path."""
EXPLAINED_BY_LINE = 0.2  # the same of one whose length and direction are exact
DROWNED = 0.3  # noise over the change from which on it hides what is unexplained
SHORT = 4.0  # pixels; a shorter path is hardly told from a round blur


class Shaped(NamedTuple):
    """A PSF, and whether it plainly is the right one."""

    psf: FloatArray
    plain: bool


def shape_psf(
    windows: list[FloatArray],
    psf: FloatArray,
    evidence: Evidence,
    noise: float,
    model: Model,
    *,
    linear: bool = True,
) -> Shaped:
    """Bring a first estimate to the shape and size that the picture speaks for.

    Parameters
    ----------
    windows
        Encoded luma (H, W) in [0, 1] of parts of one picture, the one with the most detail first.
    psf
        The estimate (K, K), not cut off by its support.
    evidence
        Of the first window.
    noise
        Standard deviation of the noise there.
    model
        Restores.
    linear
        Whether the blur happened in linear light, or on the encoded values.
    """
    blur = describe_psf(psf)
    exact = exact_round(windows, psf.shape[0], linear=linear)
    round_one = exact if blur.kind in ROUND else None
    if round_one is not None and _same_size(round_one, blur):
        return Shaped(round_one, plain=True)

    def judged(other: FloatArray, most: float | None = None) -> tuple[Trial, Shaped]:
        trial = evidence.trial(other, model.restorer, linear=linear)
        plain = evidence.contradiction(other) <= DOUBTFUL and explains(other, trial, noise, most)
        return trial, Shaped(other, plain)

    line = _exact_line(windows[0], blur, psf.shape[0], linear)
    candidates = [] if line is None else [judged(line, EXPLAINED_BY_LINE)]
    if candidates and candidates[0][1].plain:
        return candidates[0][1]
    settled = settle(windows[0], psf, noise, model, linear=linear)
    if describe_psf(settled).kind != "none":
        candidates.append(judged(settled))
    if round_one is not None:
        trial, _ = judged(round_one)
        other, shaped = min((judged(psf), *candidates), key=_implausibility)
        wider = not _same_size(round_one, describe_psf(shaped.psf))
        hidden = noise > DROWNED * trial.change
        if hidden or not (wider and _beats(other, trial)):
            return Shaped(round_one, plain=True)
    elif exact is not None:  # of another kind than the estimate: it has to be the likeliest
        candidates.append((judged(exact)[0], Shaped(exact, plain=False)))
    if not candidates:
        return Shaped(settled, plain=False)
    return min(candidates, key=_implausibility)[1]


def _implausibility(candidate: tuple[Trial, Shaped]) -> float:
    return candidate[0].implausibility


def _beats(other: Trial, rings: Trial) -> bool:
    """Whether a PSF is plainly likelier than the one that rings tell, and explains as much."""
    likelier = other.implausibility < rings.implausibility - SOFTNESS
    return likelier and other.left < LEAVES * rings.left


def exact_round(windows: list[FloatArray], size: int, *, linear: bool = True) -> FloatArray | None:
    """Draw the gaussian or disk that the spectrum tells of; None if it tells of no such blur.

    Parameters
    ----------
    windows
        Encoded luma (H, W) in [0, 1] of parts of one picture.
    size
        Rows and columns of the PSF.
    linear
        Whether the blur happened in linear light, or on the encoded values.
    """
    fits = fit_round(windows, size, linear=linear)
    if not fits or fits[0].misfit > MISFIT or describe_psf(fits[0].psf).extent < FAINT:
        return None
    return fits[0].psf


def _same_size(psf: FloatArray, blur: PSFDescription) -> bool:
    """Whether a round PSF is about as wide as the one described."""
    return abs(math.log(describe_psf(psf).extent / blur.extent)) < SAME_SIZE


def _exact_line(
    luma: FloatArray, blur: PSFDescription, size: int, linear: bool
) -> FloatArray | None:
    if blur.kind != "motion" or blur.angle is None or blur.extent <= SHORT:
        return None
    return fit_line([luma], blur.extent, blur.angle, size, linear=linear)


def explains(psf: FloatArray, trial: Trial, noise: float, most: float | None = None) -> bool:
    """Whether a PSF is of a simple shape, and plainly leaves so little that none is better.

    Parameters
    ----------
    psf
        PSF (K, K).
    trial
        What came of restoring by it.
    noise
        Standard deviation of the noise in the picture.
    most
        Unexplained share up to which it is right; that of its shape when left out.
    """
    blur = describe_psf(psf)
    hidden = noise > DROWNED * trial.change
    if hidden or (blur.kind == "motion" and blur.extent <= SHORT):
        return False
    return trial.left <= (EXPLAINED.get(blur.kind, 0.0) if most is None else most)


def settle(
    luma: FloatArray, psf: FloatArray, noise: float, model: Model, *, linear: bool = True
) -> FloatArray:
    """Bring a PSF to the size and outline that the part with the most detail speaks for.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1].
    psf
        PSF (K, K).
    noise
        Standard deviation of the noise in `luma`.
    model
        Restores.
    linear
        Whether the blur happened in linear light, or on the encoded values.
    """
    part = best_windows(luma[..., None], size=SETTLED, count=1)[0]
    restorer, threads = model.side_by_side.restorer, model.threads
    return settle_shape(part, psf, noise, restorer, linear=linear, threads=threads)
