"""What a benchmark compares: a named callable, with its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unblur.evaluation.case import Observation
from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.origin import fingerprint, package_version

__all__ = ["INPUT", "Method", "noise_gain", "where_it_blurred"]

Image = NDArray[np.float32]
Setting = str | int | float | bool | None


@dataclass(frozen=True)
class Method:
    """A way to restore pictures, as a benchmark runs it.

    Attributes
    ----------
    name : str
        Its row in the tables.
    run : callable
        Takes an `Observation`; returns the restored picture, float32 of the shape of its image.
        If it can be pickled, its memory can be measured in a process of its own.
    blind : bool
        Whether the PSF is kept from the method.
    parameters : int
        Numbers that it learned.
    settings : mapping
        All that its results depend on besides the code (options, digest of the weights). A
        finished row is taken again when these or the package's version change.

    Examples
    --------
    >>> Method("negative", lambda seen: 1 - seen.image, blind=True).name
    'negative'
    """

    name: str
    run: Callable[[Observation], Image]
    blind: bool = False
    parameters: int = 0
    settings: Mapping[str, Setting] = field(default_factory=dict, hash=False)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the settings and the package's version."""
        settings = (f"{name}={self.settings[name]!r}" for name in sorted(self.settings))
        return fingerprint([package_version(), self.name, str(self.blind), *settings])


def _as_it_is(seen: Observation) -> Image:
    return seen.image


INPUT = Method("input", _as_it_is, blind=True)
"""The blurred picture itself: the first row of every table."""


def where_it_blurred(seen: Observation, deconvolve: Callable[[Image], Image]) -> Image:
    """Run a deconvolution on the numbers that were blurred: linear light, or encoded values.

    Parameters
    ----------
    seen : Observation
        Says where the blur acted.
    deconvolve : callable
        Takes the picture (H, W, C) there; returns the restored one.

    Returns
    -------
    ndarray of float32
        The restored picture in encoded values, clipped to [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> seen = Observation(np.full((1, 1, 1), 0.5, np.float32), linear=True)
    >>> where_it_blurred(seen, lambda light: 2 * light).round(3)
    array([[[0.686]]], dtype=float32)
    """
    if seen.linear:
        return linear_to_srgb(np.clip(deconvolve(srgb_to_linear(seen.image)), 0, 1))
    restored: Image = np.clip(deconvolve(seen.image), 0, 1)
    return restored


def noise_gain(seen: Observation) -> float:
    """Say how much stronger noise on encoded values is on the numbers that were blurred.

    Parameters
    ----------
    seen : Observation
        Its picture says how much of it is dark, where the sRGB curve is flat.

    Returns
    -------
    float
        The root mean square over the picture; 1 where encoded values were blurred.

    Examples
    --------
    >>> import numpy as np
    >>> white, black = (np.full((2, 2, 1), value, np.float32) for value in (1.0, 0.0))
    >>> [round(noise_gain(Observation(image)), 2) for image in (white, black)]
    [2.27, 0.08]
    """
    if not seen.linear:
        return 1.0
    step = np.float32(0.005)
    slope = (srgb_to_linear(seen.image + step) - srgb_to_linear(seen.image - step)) / (2 * step)
    return float(np.sqrt(np.mean(np.square(slope))))
