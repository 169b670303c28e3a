"""Which gaussian, disk, line or arc a PSF resembles most, noise around it left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unblur.degradation import PSF, disk_psf, gaussian_psf, motion_psf
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

__all__ = ["BlurKind", "Draw", "Resemblance", "Support", "find_support", "resemblances"]

BlurKind = Literal["none", "gaussian", "defocus", "motion", "shake"]
"""Kinds of blur: too little to matter, soft all over, out of focus, moved, shaken."""

Draw = Callable[[float], PSF]
"""Draws a shape enlarged by a factor."""

Reals = NDArray[np.float64]

_FWHM = 2 * math.sqrt(2 * math.log(2))
_NO_BLUR = 1.75  # px of full width at half maximum; the pixels alone, smoothed a little, have 1.6
_CLEAR = 0.96  # similarity from which on no arc is tried
_TURN = math.radians(150)  # an arc that turns by more is no steady motion
_ARC_GAIN = 0.01  # what an arc must add to a straight line to be believed
_DRAWN = 0.25  # px^2 of smoothing up to which a line is as sharp as it can be drawn on pixels
_FARTHEST_TURN = 5  # degrees that its drawing may hide
_POINTS = 200  # of a line that is drawn
_ROUND = 1.15  # longest over shortest axis up to which a gaussian is taken for round


@dataclass(frozen=True, eq=False)
class Support:
    """The part of a PSF that stands out from its noise, and its moments.

    Parameters
    ----------
    pixels : ndarray of float64
        (K, K), zero elsewhere, its origin at ``K // 2``.
    centre : ndarray of float64
        (2,) x and y in px from ``K // 2``.
    spreads : ndarray of float64
        (2,) variances across and along the longest axis.
    axis : ndarray of float64
        (2,) unit vector of that axis.
    bend : float
        Positive where the ends lie to the left of the middle.
    extent : float
        Along that axis, with 95 % of the light.
    purity : float
        Share of the energy that is not noise, at most 1.
    """

    pixels: Reals
    centre: Reals
    spreads: Reals
    axis: Reals
    bend: float
    extent: float
    purity: float


@dataclass(frozen=True)
class Resemblance:
    """A shape that was fitted to a PSF.

    Parameters
    ----------
    kind : {"none", "gaussian", "defocus", "motion"}
        Of the shape; "none" where it is too small to matter.
    extent : float
        Full width in px, as in `PSFDescription`.
    angle : float or None
        Of a motion, in degrees.
    similarity : float
        Normalised correlation with the PSF without its noise; 1 is a perfect fit.
    draw : callable
        Draws the shape, enlarged by a factor.
    """

    kind: BlurKind
    extent: float
    angle: float | None
    similarity: float
    draw: Draw


def find_support(psf: Reals) -> Support:
    """Tell a PSF from the noise around it.

    Parameters
    ----------
    psf : ndarray of float64
        (K, K), sum 1.

    Returns
    -------
    Support
        Its part that stands out.
    """
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


def _measure(pixels: Reals, light: Reals, purity: float) -> Support:
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
    return Support(pixels, centre, spreads, axis, bend, float(ends[1] - ends[0]), purity)


def _noise(psf: Reals) -> float:
    """Standard deviation of white noise, by Immerkaer's operator; shapes fill too little for it."""
    if psf.shape[0] < 9:
        return 0.0
    down = psf[:-2] - 2 * psf[1:-1] + psf[2:]
    residual = (down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]) / 6
    return float(np.median(np.abs(residual))) / 0.6745


def resemblances(support: Support) -> list[Resemblance]:
    """Fit a gaussian, a disk and a line or arc.

    Parameters
    ----------
    support : Support
        Of a PSF.

    Returns
    -------
    list of Resemblance
        The best of each.
    """
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
        _resemblance("gaussian", soft, support, float(soft.own @ soft.own)),
        _resemblance("defocus", disk, support, float(disk.own[0]) ** 2 / 4),
        _resemblance("motion", path, support, float(path.own[:2] @ path.own[:2]) / 12),
    ]


def _turned(line: Fit, support: Support) -> Fit:
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


def _resemblance(kind: BlurKind, fit: Fit, support: Support, variance: float) -> Resemblance:
    """Put a fit of the given variance along its longest axis into words."""
    similarity = fit.similarity / math.sqrt(support.purity)  # noise is resembled by nothing
    width = _FWHM * math.sqrt(fit.smoothing + variance)
    if kind == "gaussian":
        # a very long one is more likely a motion that was estimated with a blurry outline
        ratio = math.sqrt(1 + variance / fit.smoothing)
        doubt = 0.04 * min(max(ratio - 2, 0.0), 1.0)
        found = Resemblance(kind, width, None, similarity - doubt, _gaussian(fit, ratio))
    elif kind == "defocus":
        radius = abs(float(fit.own[0]))
        found = Resemblance(kind, 2 * radius, None, similarity, _disk(radius))
    else:
        # a path so short that its own softness hides it is a round blur
        is_round = math.sqrt(1 + variance / fit.smoothing) < _ROUND
        found = _motion(fit, 0.0 if is_round else similarity)
    return replace(found, kind="none", extent=0.0, angle=None) if width < _NO_BLUR else found


def _motion(fit: Fit, similarity: float) -> Resemblance:
    length, curvature = math.hypot(*fit.own[:2]), math.degrees(sum(fit.own[2:]))
    angle = math.degrees(math.atan2(fit.own[1], fit.own[0]))

    def draw(factor: float) -> PSF:
        return motion_psf(factor * length, angle, curvature=curvature)

    # the remainder of a tiny negative number rounds up to 180 itself
    return Resemblance("motion", length, angle % 180 % 180, similarity, draw)


def _gaussian(fit: Fit, ratio: float) -> Draw:
    minor, angle = math.sqrt(fit.smoothing), math.degrees(math.atan2(fit.own[1], fit.own[0]))
    major = ratio * minor
    if ratio < _ROUND:
        major = minor = math.sqrt(major * minor)
    return lambda factor: gaussian_psf(factor * major, sigma_minor=factor * minor, angle=angle)


def _disk(radius: float) -> Draw:
    return lambda factor: disk_psf(factor * radius)
