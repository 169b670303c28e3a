"""What kind of blur a PSF is, and how far it reaches."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from unblur.degradation import PSF, as_psf, disk_psf, gaussian_psf, motion_psf, resize_psf
from unblur.degradation.support import splat
from unblur.estimation.fitting import (
    ARC,
    DISK,
    GAUSSIAN,
    LINE,
    Fit,
    Shape,
    Target,
    fit_shape,
)

__all__ = ["BlurKind", "Draw", "PSFDescription", "describe_psf", "draw_as_shape"]

BlurKind = Literal["none", "gaussian", "defocus", "motion", "shake"]
"""Kinds of blur: too little to matter, soft all over, out of focus, moved, shaken."""

Reals = NDArray[np.float64]
Draw = Callable[[float], PSF]
"""Draws a shape enlarged by a factor."""

_FWHM = 2 * math.sqrt(2 * math.log(2))
_NO_BLUR = 1.75  # px of full width at half maximum; the pixels alone, smoothed a little, have 1.6
_RESEMBLANCE = 0.94  # similarity from which on a simple shape is believed
_CLEAR = 0.96  # similarity from which on no arc is tried
_TURN = math.radians(150)  # an arc that turns by more is no steady motion
_ARC_GAIN = 0.01  # what an arc must add to a straight line to be believed
_DRAWN = 0.25  # px^2 of smoothing up to which a line is as sharp as it can be drawn on pixels
_FARTHEST_TURN = 5  # degrees that its drawing may hide
_POINTS = 200  # of a line that is drawn
_ROUND = 1.15  # longest over shortest axis up to which a gaussian is taken for round
_SCALE = 0.02  # margin of similarity that makes a verdict three quarters sure


@dataclass(frozen=True)
class PSFDescription:
    """A PSF in words and numbers.

    Parameters
    ----------
    kind : str
        "none", "gaussian", "defocus", "motion" (steady, along a line or a gentle arc) or "shake"
        (anything else).
    extent : float
        Full width in px. Gaussian: width at half maximum, 2.355 sigma, along its longer axis.
        Defocus: diameter of the disk. Motion: length of the path. Shake: the length along its
        principal axis that holds 95 % of the light. None: 0.
    angle : float or None
        Direction of a motion in degrees counter-clockwise from the x axis, in [0, 180).
    confidence : float
        Between 0 and 1: how clearly the kind stands out from the others, less where the PSF is
        noisy.
    """

    kind: BlurKind
    extent: float
    angle: float | None
    confidence: float


@dataclass(frozen=True, eq=False)
class _Support:
    """The part of a PSF that stands out from its noise, and its moments."""

    pixels: Reals  # (K, K), zero elsewhere, its origin at K // 2
    centre: Reals  # (2,) x and y in px from K // 2
    spreads: Reals  # (2,) variances across and along the longest axis
    axis: Reals  # (2,) unit vector of that axis
    bend: float  # positive where the ends lie to the left of the middle
    extent: float  # along that axis, with 95 % of the light
    purity: float  # share of the energy that is not noise, at most 1


@dataclass(frozen=True)
class _Candidate:
    kind: BlurKind
    extent: float
    angle: float | None
    similarity: float
    draw: Draw


def draw_as_shape(psf: ArrayLike, *, least: float = 0.9) -> Draw | None:
    """Find the gaussian, disk or line that a PSF resembles most, to draw it in any size.

    An estimated PSF has noise around it and a blurry outline, the shape has neither.

    Parameters
    ----------
    psf : array_like
        (K, K), as `as_psf` takes it.
    least : float
        Similarity that it takes.

    Returns
    -------
    callable or None
        Makes a PSF (K, K) from a factor of its size, 1 for that of `psf`; None where no shape
        resembles it.

    Raises
    ------
    PSFError
        When `psf` is no PSF.

    Examples
    --------
    >>> from unblur.degradation import motion_psf
    >>> draw = draw_as_shape(motion_psf(12.0, 30.0))
    >>> round(describe_psf(draw(1.5)).extent)
    18
    """
    psf = as_psf(psf)
    best = max(_fit_candidates(_find_support(psf.astype(np.float64))), key=_similarity_of)
    if best.similarity < least or best.kind == "none":
        return None
    return lambda factor: as_psf(resize_psf(best.draw(factor), psf.shape[0]))


def describe_psf(psf: ArrayLike) -> PSFDescription:
    """Name the kind of blur that a PSF is, and measure it.

    Gaussian, disk, line and arc are fitted to the PSF, each with a slight smoothing of its own; the
    one that resembles it most names the kind. Where none does it is a shake.

    Parameters
    ----------
    psf : array_like
        (K, K), as `as_psf` takes it: exact, or estimated, with noise around it.

    Returns
    -------
    PSFDescription
        Kind, extent in px, angle in degrees and confidence.

    Raises
    ------
    PSFError
        When `psf` is no PSF.

    Examples
    --------
    >>> from unblur.degradation import motion_psf
    >>> found = describe_psf(motion_psf(12.0, 30.0))
    >>> found.kind, round(found.extent), round(found.angle)
    ('motion', 12, 30)
    """
    values = as_psf(psf)
    return _describe(values.tobytes(), values.shape[0])


@lru_cache(maxsize=16)  # with a known PSF every picture asks the same, without one each asks twice
def _describe(content: bytes, side: int) -> PSFDescription:
    values = np.frombuffer(content, np.float32).reshape(side, side)
    support = _find_support(values.astype(np.float64))
    candidates = _fit_candidates(support)
    best = max(candidates, key=_similarity_of)
    kind, extent, angle = best.kind, best.extent, best.angle
    if best.similarity < _RESEMBLANCE:
        margin = _RESEMBLANCE - best.similarity
        kind, extent, angle = "shake", support.extent, None
    else:
        others = [other.similarity for other in candidates if other.kind != best.kind]
        margin = best.similarity - max([_RESEMBLANCE, *others])
    confidence = support.purity / (1 + 3 ** (-margin / _SCALE))
    return PSFDescription(kind, extent, angle, float(confidence))


def _find_support(psf: Reals) -> _Support:
    noise, margin = _noise(psf), 4
    values = np.pad(psf, margin)
    smooth = ndimage.gaussian_filter(values, 1.0, mode="constant")
    core = smooth > min(max(2 * noise, 0.06 * smooth.max()), 0.5 * smooth.max())
    inside = ndimage.maximum_filter(core, 5)
    outside = psf[~inside[margin:-margin, margin:-margin]]
    pedestal = float(outside.mean()) if outside.size > 30 else 0.0
    noise_energy = float(outside.var()) * inside.sum() if outside.size > 30 else 0.0
    pixels = np.where(inside, values - pedestal, 0)
    purity = 1 - noise_energy / float((pixels**2).sum())
    light = np.where(core, np.maximum(pixels, 0), 0)
    return _measure(pixels, light / light.sum(), min(max(purity, 0.05), 1.0))


def _measure(pixels: Reals, light: Reals, purity: float) -> _Support:
    offsets = np.arange(light.shape[0]) - light.shape[0] // 2.0
    x, y = np.meshgrid(offsets, -offsets)
    centre = np.array([np.sum(light * x), np.sum(light * y)])
    x, y = x - centre[0], y - centre[1]
    covariance = np.sum(light * x * y)
    spreads, axes = np.linalg.eigh(
        [[np.sum(light * x * x), covariance], [covariance, np.sum(light * y * y)]]
    )
    axis = axes[:, 1]
    along, left = x * axis[0] + y * axis[1], y * axis[0] - x * axis[1]
    bend = float(np.sum(light * along * along * left))
    order = np.argsort(along, axis=None)
    reached = np.cumsum(light.ravel()[order])
    ends = np.interp([0.025, 0.975], reached, along.ravel()[order])
    return _Support(pixels, centre, spreads, axis, bend, float(ends[1] - ends[0]), purity)


def _noise(psf: Reals) -> float:
    """Standard deviation of white noise, by Immerkaer's operator; shapes fill too little for it."""
    if psf.shape[0] < 9:
        return 0.0
    down = psf[:-2] - 2 * psf[1:-1] + psf[2:]
    residual = (down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]) / 6
    return float(np.median(np.abs(residual))) / 0.6745


def _fit_candidates(support: _Support) -> list[_Candidate]:
    """Best gaussian, disk and path; what is too narrow to matter goes by "none"."""
    target = Target.of(support.pixels)
    across, along = np.maximum(support.spreads, 0.02)
    stretch = math.sqrt(max(along - across, 0.02))

    def fit(shape: Shape, variance: float, *own: float) -> Fit:
        return fit_shape(target, shape, np.array([*support.centre, variance]), np.array(own))

    soft = fit(GAUSSIAN, across, *(stretch * support.axis))
    disk = fit(DISK, 0.3, 2 * math.sqrt((across + along) / 2))
    path = fit(LINE, 0.3, *(math.sqrt(12) * stretch * support.axis))
    if max(soft.similarity, disk.similarity, path.similarity) < _CLEAR * math.sqrt(support.purity):
        arc = fit(ARC, 0.3, *path.own, math.copysign(0.8, support.bend))
        if arc.similarity > path.similarity + _ARC_GAIN and abs(arc.own[2]) < _TURN:
            path = arc
    if path.own.size == 2 and path.smoothing < _DRAWN:
        path = _turned(path, support)
    return [
        _candidate("gaussian", soft, support, float(soft.own @ soft.own)),
        _candidate("defocus", disk, support, float(disk.own[0]) ** 2 / 4),
        _candidate("motion", path, support, float(path.own[:2] @ path.own[:2]) / 12),
    ]


def _turned(line: Fit, support: _Support) -> Fit:
    """Turn a line a little until it resembles the PSF most when it is drawn on pixels.

    Drawing widens a line most where it runs between two rows, which hides a small slope.
    """
    steps = (np.arange(_POINTS) + 0.5) / _POINTS - 0.5
    path, centre = complex(*line.own[:2]), complex(*support.centre)

    def similarity(turn: float) -> float:
        points = centre + path * np.exp(1j * math.radians(turn)) * steps
        drawn = splat(points, support.pixels.shape[0])
        return float((drawn * support.pixels).sum()) / float(np.linalg.norm(drawn))

    turns = np.arange(-_FARTHEST_TURN, _FARTHEST_TURN + 1)
    found = [similarity(float(turn)) for turn in turns]
    best = int(np.clip(np.argmax(found), 1, turns.size - 2))
    before, here, after = found[best - 1 : best + 2]
    bend = before - 2 * here + after
    top = float(turns[best]) + (0.5 * (before - after) / bend if bend < 0 else 0.0)
    turned = path * np.exp(1j * math.radians(top))
    return replace(line, own=np.array([turned.real, turned.imag]))


def _candidate(kind: BlurKind, fit: Fit, support: _Support, variance: float) -> _Candidate:
    """Put a fit of the given variance along its longest axis into words."""
    similarity = fit.similarity / math.sqrt(support.purity)  # noise is resembled by nothing
    width = _FWHM * math.sqrt(fit.smoothing + variance)
    if kind == "gaussian":
        # a very long one is more likely a motion that was estimated with a blurry outline
        ratio = math.sqrt(1 + variance / fit.smoothing)
        doubt = 0.04 * min(max(ratio - 2, 0.0), 1.0)
        found = _Candidate(kind, width, None, similarity - doubt, _gaussian(fit, ratio))
    elif kind == "defocus":
        radius = abs(float(fit.own[0]))
        found = _Candidate(kind, 2 * radius, None, similarity, lambda size: disk_psf(size * radius))
    else:
        found = _motion(fit, similarity)
    return replace(found, kind="none", extent=0.0, angle=None) if width < _NO_BLUR else found


def _motion(fit: Fit, similarity: float) -> _Candidate:
    length, curvature = math.hypot(*fit.own[:2]), math.degrees(sum(fit.own[2:]))
    angle = math.degrees(math.atan2(fit.own[1], fit.own[0]))

    def draw(factor: float) -> PSF:
        return motion_psf(factor * length, angle, curvature=curvature)

    # the remainder of a tiny negative number rounds up to 180 itself
    return _Candidate("motion", length, angle % 180 % 180, similarity, draw)


def _gaussian(fit: Fit, ratio: float) -> Draw:
    minor, angle = math.sqrt(fit.smoothing), math.degrees(math.atan2(fit.own[1], fit.own[0]))
    major = ratio * minor
    if ratio < _ROUND:
        major = minor = math.sqrt(major * minor)
    return lambda factor: gaussian_psf(factor * major, sigma_minor=factor * minor, angle=angle)


def _similarity_of(candidate: _Candidate) -> float:
    return candidate.similarity
