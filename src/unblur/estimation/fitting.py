"""Fits simple blur shapes to a PSF, in the Fourier domain.

The transform of a disk, a line and a gaussian is a short formula, exact at any fraction of a pixel,
and its derivatives are as short. A least squares fit therefore takes a millisecond. Each shape may
be a little smoothed, as PSFs estimated from photographs are, and lie off centre.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import j0, j1

__all__ = ["ARC", "DISK", "GAUSSIAN", "LINE", "Fit", "Shape", "Target", "fit_shape"]

Reals = NDArray[np.float64]
Spectrum = NDArray[np.complex128]
Values = Reals | Spectrum

_TAU = 2 * math.pi
_ROUNDS = 14


@dataclass(frozen=True, eq=False)
class Target:
    """Half spectrum of a PSF, weighted such that its inner products are those of the pixels."""

    values: Spectrum
    fx: Reals
    fy: Reals
    weights: Reals

    @classmethod
    def of(cls, psf: Reals) -> Target:
        """Transform a PSF (K, K) with its origin at ``K // 2``; y points up."""
        rows, columns = np.nonzero(psf)
        origin = psf.shape[0] // 2
        reach = int(max(np.abs(rows - origin).max(), np.abs(columns - origin).max()))
        psf = psf[origin - reach : origin + reach + 1, origin - reach : origin + reach + 1]
        size = psf.shape[0]
        extent = fft.next_fast_len(size + 2, real=True)  # room for a shape to lie off centre
        fy, fx = np.meshgrid(-fft.fftfreq(extent), fft.rfftfreq(extent), indexing="ij")
        weights = np.full(fx.shape, math.sqrt(2))
        weights[:, 0] = 1
        if extent % 2 == 0:
            weights[:, -1] = 1
        shift = np.exp(_TAU * 1j * (size // 2) * (fx - fy))
        values = fft.rfft2(psf, s=(extent, extent)) * shift * weights
        return cls(values / np.linalg.norm(values), fx, fy, weights)


# Value and derivatives of the transform of a shape, by its own parameters, at the frequencies.
Transform = Callable[[Reals, Target], tuple[Values, Sequence[Values]]]


@dataclass(frozen=True)
class Shape:
    """A family of PSFs: transform, number of own parameters, limits of the smoothing variance."""

    transform: Transform
    smoothing: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Fit:
    """The member of a family that resembles a PSF most.

    Parameters
    ----------
    similarity : float
        Normalised correlation with the PSF; 1 is a perfect fit.
    smoothing : float
        Variance in px**2 of the gaussian that smooths the shape.
    own : ndarray of float64
        The shape's own parameters.
    """

    similarity: float
    smoothing: float
    own: Reals


def fit_shape(target: Target, shape: Shape, start: Reals, own: Reals) -> Fit:
    """Fit a shape by Levenberg and Marquardt's method.

    Parameters
    ----------
    target : Target
        What to resemble.
    shape : Shape
        The family.
    start : ndarray of float64
        First guess (3,) of the centre x, y and the smoothing variance.
    own : ndarray of float64
        First guess of the shape's own parameters.

    Returns
    -------
    Fit
        The best that was found.
    """
    place = np.concatenate([start, own])
    place[2] = np.clip(place[2], *shape.smoothing)
    model, slopes = _evaluate(place, shape, target)
    similarity = _similarity(model, target)
    damping = 1e-3
    for _ in range(_ROUNDS):
        trial = place + _step(model, slopes, target, damping)
        trial[2] = np.clip(trial[2], *shape.smoothing)
        new_model, new_slopes = _evaluate(trial, shape, target)
        new_similarity = _similarity(new_model, target)
        gain = new_similarity - similarity
        if gain > 0:
            place, model, slopes, similarity = trial, new_model, new_slopes, new_similarity
            damping *= 0.2
        else:
            damping *= 6
        if 0 < gain < 3e-5 or damping > 1e3:
            break
    return Fit(similarity, float(place[2]), place[3:])


def _evaluate(place: Reals, shape: Shape, target: Target) -> tuple[Spectrum, Spectrum]:
    """Spectrum of the shape, and its derivatives (P, ...) by all parameters."""
    x, y, variance = place[:3]
    squares = target.fx**2 + target.fy**2
    common = target.weights * np.exp(
        -0.5 * _TAU**2 * variance * squares - 1j * _TAU * (x * target.fx + y * target.fy)
    )
    value, derivatives = shape.transform(place[3:], target)
    model = common * value
    by_place = [-1j * _TAU * target.fx, -1j * _TAU * target.fy, -0.5 * _TAU**2 * squares]
    slopes = [model * factor for factor in by_place]
    return model, np.array(slopes + [common * factor for factor in derivatives])


def _similarity(model: Spectrum, target: Target) -> float:
    return float(np.vdot(model, target.values).real) / max(float(np.linalg.norm(model)), 1e-12)


def _step(model: Spectrum, slopes: Spectrum, target: Target, damping: float) -> Reals:
    """Change of the parameters, while the brightness follows them."""
    power = max(float(np.vdot(model, model).real), 1e-20)
    scale = float(np.vdot(model, target.values).real) / power
    rest = (target.values - scale * model).ravel()
    columns = scale * slopes.reshape(slopes.shape[0], -1)
    # what a change of brightness could do as well is no merit of a parameter
    along = (columns.conj() @ model.ravel()).real / power
    columns = columns - along[:, None] * model.ravel()
    normal = (columns.conj() @ columns.T).real
    normal[np.diag_indices_from(normal)] *= 1 + damping
    normal[np.diag_indices_from(normal)] += 1e-9
    step = np.linalg.solve(normal, (columns.conj() @ rest).real).astype(np.float64, copy=False)
    return step


def _gaussian(own: Reals, target: Target) -> tuple[Reals, list[Reals]]:
    """Line-like gaussian; own: x and y of its standard deviation. Smoothing makes it round."""
    phase = _TAU * (own[0] * target.fx + own[1] * target.fy)
    value = np.exp(-0.5 * phase**2)
    slope = -_TAU * phase * value
    return value, [slope * target.fx, slope * target.fy]


def _disk(own: Reals, target: Target) -> tuple[Reals, list[Reals]]:
    """Round disk; own: radius."""
    around = _TAU * np.hypot(target.fx, target.fy)
    around[0, 0] = 1e-6  # the limit, without a division by zero
    phase = around * max(abs(own[0]), 1e-3)
    value = 2 * j1(phase) / phase
    return value, [(2 * j0(phase) - 2 * value) * around / phase]


def _line(own: Reals, target: Target) -> tuple[Reals, list[Reals]]:
    """Straight line; own: x and y from its start to its end."""
    phase = own[0] * target.fx + own[1] * target.fy
    value = np.sinc(phase)
    safe = np.where(np.abs(phase) < 1e-4, 1, phase)
    slope = np.where(np.abs(phase) < 1e-4, 0, (np.cos(math.pi * phase) - value) / safe)
    return value, [slope * target.fx, slope * target.fy]


def _arc(own: Reals, target: Target) -> tuple[Spectrum, list[Spectrum]]:
    """Arc of a circle; own: x and y of its length along the middle, turn in radians."""
    value, by_x, by_y = _arc_at(own[0] + 1j * own[1], own[2], target)
    bent = _arc_at(own[0] + 1j * own[1], own[2] + 1e-4, target)[0]
    return value, [by_x, by_y, (bent - value) / 1e-4]


def _arc_at(length: complex, turn: float, target: Target) -> tuple[Spectrum, Spectrum, Spectrum]:
    steps = (np.arange(20) + 0.5) / 20 - 0.5
    safe = turn if abs(turn) > 1e-5 else 1e-5
    path = (np.exp(1j * safe * steps) - 1) / (1j * safe)
    path -= path.mean()
    points = length * path
    waves_x = np.exp(-1j * _TAU * np.outer(points.real, target.fx[0])) / steps.size
    waves_y = np.exp(-1j * _TAU * np.outer(points.imag, target.fy[:, 0]))
    value = np.asarray(waves_y.T @ waves_x, dtype=np.complex128)
    along = waves_y.T @ (path.real[:, None] * waves_x)
    across = waves_y.T @ (path.imag[:, None] * waves_x)
    factor = -1j * _TAU
    by_x = factor * (target.fx * along + target.fy * across)
    by_y = factor * (target.fy * along - target.fx * across)
    return value, by_x, by_y


# The pixels themselves smooth by 1/12 px**2 or more; a blurrier edge is another kind of blur.
GAUSSIAN = Shape(_gaussian, (0.01, 60.0))
DISK = Shape(_disk, (0.03, 0.8))
LINE = Shape(_line, (0.03, 0.8))
ARC = Shape(_arc, (0.03, 0.8))
