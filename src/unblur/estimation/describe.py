"""What kind of blur a PSF is, and how far it reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from unblur.degradation import as_psf, disk_psf, gaussian_psf, resize_psf
from unblur.estimation.resemblance import (
    BlurKind,
    Draw,
    Resemblance,
    find_support,
    resemblances,
)

__all__ = ["BlurKind", "PSFDescription", "describe_psf", "draw_as_shapes"]

_RESEMBLANCE = 0.94  # similarity from which on a simple shape is believed
_TWINS: dict[BlurKind, Draw] = {
    "gaussian": lambda spread: disk_psf(2 * spread),
    "defocus": gaussian_psf,
}
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


def draw_as_shapes(psf: ArrayLike, *, least: float = 0.9) -> tuple[Draw, ...]:
    """Find the gaussian, disk, line or arc that a PSF resembles most, to draw it in any size.

    An estimated PSF has noise around it and a blurry outline, the shape has neither. An outline so
    blurry hardly tells a gaussian from a disk: where it is one of them, the other is drawn too.

    Parameters
    ----------
    psf : array_like
        (K, K), as `as_psf` takes it.
    least : float
        Similarity that it takes.

    Returns
    -------
    tuple of callable
        Each makes a PSF (K, K) from a factor of its size, 1 for that of `psf`; the nearest shape
        first, none where no shape resembles it.

    Raises
    ------
    PSFError
        When `psf` is no PSF.

    Examples
    --------
    >>> from unblur.degradation import motion_psf
    >>> (draw,) = draw_as_shapes(motion_psf(12.0, 30.0, size=33))
    >>> round(describe_psf(draw(1.5)).extent)
    18
    """
    psf = as_psf(psf)
    nearest = max(resemblances(find_support(psf.astype(np.float64))), key=_similarity_of)
    if nearest.similarity < least or nearest.kind == "none":
        return ()
    shapes = [nearest.draw, _twin(nearest)] if nearest.kind in _TWINS else [nearest.draw]
    return tuple(_on_support(draw, psf.shape[0]) for draw in shapes)


def _on_support(draw: Draw, size: int) -> Draw:
    return lambda factor: as_psf(resize_psf(draw(factor), size))


def _twin(shape: Resemblance) -> Draw:
    """Draw the disk that spreads light as far as a gaussian does, or the gaussian for a disk."""
    psf = shape.draw(1.0)
    y, x = np.indices(psf.shape) - psf.shape[0] // 2
    spread = math.sqrt(float((psf * (x**2 + y**2)).sum()) / 2)
    make = _TWINS[shape.kind]
    return lambda factor: make(spread * factor)


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
    support = find_support(values.astype(np.float64))
    candidates = resemblances(support)
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


def _similarity_of(resemblance: Resemblance) -> float:
    return resemblance.similarity
