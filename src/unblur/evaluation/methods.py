"""What a benchmark compares: a named callable, with its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unblur.errors import ArgumentError
from unblur.evaluation.provenance import fingerprint, package_version
from unblur.images.color import linear_to_srgb, srgb_to_linear

__all__ = ["INPUT", "Method", "in_linear_light"]

Image = NDArray[np.float32]
PSF = NDArray[np.float32]
Setting = str | int | float | bool | None


@dataclass(frozen=True)
class Method:
    """A way to restore pictures, as a benchmark runs it.

    Attributes
    ----------
    name : str
        Its row in the tables.
    run : callable
        Takes a picture (float32, (H, W, C) in [0, 1]) and a PSF, or None if the method is blind;
        returns the restored picture, of the same shape.
    blind : bool
        Whether the PSF is kept from the method.
    settings : mapping
        All that its results depend on besides the code (parameters, digest of the weights). A
        finished row is taken again when these or the package's version change.

    Examples
    --------
    >>> Method("negative", lambda image, psf: 1 - image, blind=True).name
    'negative'
    """

    name: str
    run: Callable[[Image, PSF | None], Image]
    blind: bool = False
    settings: Mapping[str, Setting] = field(default_factory=dict, hash=False)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the settings and the package's version."""
        settings = (f"{name}={self.settings[name]!r}" for name in sorted(self.settings))
        return fingerprint([package_version(), self.name, str(self.blind), *settings])


INPUT = Method("input", lambda image, psf: image, blind=True)
"""The blurred picture itself: the first row of every table."""


def in_linear_light(
    deconvolve: Callable[[Image, PSF], Image],
) -> Callable[[Image, PSF | None], Image]:
    """Let a deconvolution work on linear light, where the blur happened.

    Parameters
    ----------
    deconvolve : callable
        Takes a picture and a PSF; returns the restored picture.

    Returns
    -------
    callable
        The same for sRGB-encoded pictures, as `Method.run` takes them.

    Examples
    --------
    >>> import numpy as np
    >>> same = in_linear_light(lambda image, psf: image)
    >>> same(np.full((1, 1, 1), 0.5, np.float32), np.ones((1, 1), np.float32)).round(4)
    array([[[0.5]]], dtype=float32)
    """

    def run(image: Image, psf: PSF | None) -> Image:
        if psf is None:
            raise ArgumentError("a deconvolution needs a PSF: mark the method as not blind")
        return linear_to_srgb(np.clip(deconvolve(srgb_to_linear(image), psf), 0, 1))

    return run
