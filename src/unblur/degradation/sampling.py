"""Random PSFs for training and for evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from unblur.degradation.shapes import box_psf, delta_psf, disk_psf, gaussian_psf, motion_psf
from unblur.degradation.support import PSF, check_size, resize_psf
from unblur.degradation.trajectory import camera_shake_psf
from unblur.errors import ArgumentError

__all__ = ["PSFSampler"]

Range = tuple[float, float]


@dataclass(frozen=True)
class PSFSampler:
    """Draws PSFs of all kinds; within a kind, large blurs are drawn more often than small ones.

    Parameters
    ----------
    kinds : tuple of str
        What is drawn, out of "gaussian" (half of them elliptic), "defocus" (a third of them
        polygonal, with an edge more or less soft), "motion" (a third of them curved), "shake",
        "box" and "none".
    weights : tuple of float
        How often, in the same order; any positive scale.
    sigma, radius, length, extent, width : tuple of float
        Smallest and largest gaussian sigma, defocus radius, motion length, shake extent and box
        width in px.
    size : int
        Number of rows and columns of the PSFs, odd. What does not fit is cut off, except for a
        camera shake, which is shrunk.

    Raises
    ------
    ArgumentError
        When a kind is unknown, the weights do not fit, or a range is empty.

    Examples
    --------
    >>> import numpy as np
    >>> psf, kind = PSFSampler().sample(np.random.default_rng(0), "motion")
    >>> psf.shape, kind
    ((33, 33), 'motion')
    """

    kinds: tuple[str, ...] = ("gaussian", "defocus", "motion", "shake", "box", "none")
    weights: tuple[float, ...] = (0.2, 0.2, 0.2, 0.3, 0.02, 0.08)
    sigma: Range = (0.4, 3.5)
    radius: Range = (0.6, 7.0)
    length: Range = (1.5, 24.0)
    extent: Range = (4.0, 28.0)
    width: Range = (2.0, 11.0)
    size: int = 33

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.kinds if kind not in _DRAWS]
        if unknown or not self.kinds:
            raise ArgumentError(f"unknown PSF kinds {unknown}: use one or more of {list(_DRAWS)}")
        if len(self.weights) != len(self.kinds) or min(self.weights) < 0 or not sum(self.weights):
            raise ArgumentError(f"{self.weights} are no weights for the PSF kinds {self.kinds}")
        for name in ("sigma", "radius", "length", "extent", "width"):
            low, high = getattr(self, name)
            if not 0 < low <= high < math.inf:
                raise ArgumentError(
                    f"the range of {name} must be positive and rising, not {low}, {high}"
                )
        check_size(self.size)

    def sample(self, rng: np.random.Generator, kind: str | None = None) -> tuple[PSF, str]:
        """Draw one PSF.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of the randomness; the same state gives the same PSF.
        kind : str, optional
            The kind wanted, whether or not it is among `kinds`; drawn by `weights` when left out.

        Returns
        -------
        psf : ndarray of float32
            (size, size), sum 1.
        kind : str
            Its kind.

        Raises
        ------
        ArgumentError
            When `kind` is unknown.
        """
        if kind is None:
            shares = np.cumsum(self.weights)
            kind = self.kinds[int(np.searchsorted(shares, rng.random() * shares[-1], "right"))]
        if kind not in _DRAWS:
            raise ArgumentError(f"unknown PSF kind {kind!r}: use one of {list(_DRAWS)}")
        return resize_psf(_DRAWS[kind](self, rng), self.size), kind


def _draw(rng: np.random.Generator, limits: Range) -> float:
    """Draw a number within the limits, the density rising towards the larger ones."""
    low, high = limits
    return float(low + (high - low) * rng.random() ** 0.75)


def _gaussian(sampler: PSFSampler, rng: np.random.Generator) -> PSF:
    sigma = _draw(rng, sampler.sigma)
    if rng.random() < 0.5:
        return gaussian_psf(sigma)
    minor = max(sigma * rng.uniform(0.3, 1.0), min(sampler.sigma[0], sigma))
    return gaussian_psf(sigma, sigma_minor=minor, angle=rng.uniform(0, 180))


def _defocus(sampler: PSFSampler, rng: np.random.Generator) -> PSF:
    radius, softness = _draw(rng, sampler.radius), rng.uniform(0, 1)
    softness *= min(1.0, radius / 2)
    blades = int(rng.integers(5, 10)) if rng.random() < 0.3 else 0
    return disk_psf(radius, blades=blades, rotation=rng.uniform(0, 360), softness=softness)


def _motion(sampler: PSFSampler, rng: np.random.Generator) -> PSF:
    length, angle = _draw(rng, sampler.length), rng.uniform(0, 360)
    curvature = rng.uniform(-120, 120) if rng.random() < 0.3 else 0.0
    return motion_psf(length, angle, curvature=curvature)


def _shake(sampler: PSFSampler, rng: np.random.Generator) -> PSF:
    return camera_shake_psf(
        rng,
        extent=_draw(rng, sampler.extent),
        size=sampler.size,
        inertia=rng.uniform(0.05, 0.6),
        jitter=1.5 * rng.random(),
        impulses=rng.uniform(0, 3),
        pull=rng.uniform(0, 1.0),
    )


def _box(sampler: PSFSampler, rng: np.random.Generator) -> PSF:
    return box_psf(_draw(rng, sampler.width))


def _none(sampler: PSFSampler, rng: np.random.Generator) -> PSF:
    return delta_psf()


_DRAWS = {
    "gaussian": _gaussian,
    "defocus": _defocus,
    "motion": _motion,
    "shake": _shake,
    "box": _box,
    "none": _none,
}
