"""Frozen, named ways to make the blurred pictures that methods are scored on.

A protocol turns a sharp picture and a kind of blur into one `Case`: always the same one, on every
machine and whatever else is evaluated, since each random draw has a seed of its own, derived from
the protocol's seed, the picture's file name and the kind of blur.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from unblur.degradation import PSF, Degradation, as_psf, crop_valid, quantise, resize_psf
from unblur.errors import ArgumentError, ArrayError
from unblur.evaluation.case import Case
from unblur.evaluation.provenance import derive_seed

__all__ = ["Disturb", "Draw", "Protocol"]

Image = NDArray[np.float32]
Draw = Callable[[np.random.Generator, int], PSF]
Disturb = Callable[[Image, np.random.Generator], Image]


@dataclass(frozen=True)
class Protocol:
    """A named, reproducible way to blur pictures for scoring.

    Attributes
    ----------
    name : str
        Printed beside every score.
    draws : mapping of str to callable
        For each kind of blur, in the order of the tables, a function of a random generator and the
        support that returns a PSF.
    seed : int
        All draws derive from it.
    support : int
        Size of every PSF, odd. A margin of half of it is cut off each border of the pictures when
        the boundary is "valid", so that all kinds of blur are scored on the same area.
    noise : float
        Standard deviation of white Gaussian noise on the encoded values, in [0, 1] units.
    jpeg_quality : int or None
        The blurred picture was stored as a JPEG of this quality.
    bits : int or None
        Depth of the blurred picture; None for floats.
    linear : bool
        Whether the blur acts in linear light, as in a camera.
    boundary : {"valid", "wrap"}
        "valid" uses true pixels beyond the border; "wrap" is the circular blur of some papers.
    multiple : int
        Pictures are cut at the right and at the bottom to multiples of this, as some papers do.
    scale : float
        Pictures are shrunk by this factor first, at most 1.
    disturbs : mapping of str to callable
        For some kinds of blur, a function of the blurred picture and a random generator that
        returns it with noise of another sort in place of `noise`.
    """

    name: str
    draws: Mapping[str, Draw] = field(hash=False)
    seed: int = 0
    support: int = 33
    noise: float = 0.005
    jpeg_quality: int | None = None
    bits: int | None = 8
    linear: bool = True
    boundary: Literal["valid", "wrap"] = "valid"
    multiple: int = 1
    scale: float = 1.0
    disturbs: Mapping[str, Disturb] = field(default_factory=dict, hash=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of blur, in the order of the tables."""
        return tuple(self.draws)

    def only(self, kinds: Iterable[str]) -> Protocol:
        """Restrict the protocol to some kinds of blur; the cases stay the same.

        Parameters
        ----------
        kinds : iterable of str
            Some of `kinds`.

        Returns
        -------
        Protocol
            With these kinds, in the given order.

        Raises
        ------
        ArgumentError
            If a kind is unknown.

        Examples
        --------
        >>> from unblur.evaluation.protocols import VALIDATION
        >>> VALIDATION.only(["motion"]).kinds
        ('motion',)
        """
        return replace(self, draws=MappingProxyType({kind: self._draw(kind) for kind in kinds}))

    def psf(self, picture: str, kind: str) -> PSF:
        """Draw the PSF for a picture and a kind of blur.

        Parameters
        ----------
        picture : str
            File name of the picture, without its folder.
        kind : str
            One of `kinds`.

        Returns
        -------
        ndarray of float32, shape (support, support)
            Always the same for the same names.

        Raises
        ------
        ArgumentError
            If the kind is unknown.

        Examples
        --------
        >>> from unblur.evaluation.protocols import VALIDATION
        >>> VALIDATION.psf("boat.png", "defocus").shape
        (33, 33)
        """
        psf = self._draw(kind)(self._rng(picture, kind, "psf"), self.support)
        return as_psf(resize_psf(psf, self.support))

    def case(self, picture: str, sharp: Image, kind: str) -> Case:
        """Blur a picture.

        Parameters
        ----------
        picture : str
            File name of the picture, without its folder.
        sharp : ndarray of float32, shape (H, W, C)
            The sharp picture in [0, 1].
        kind : str
            One of `kinds`.

        Returns
        -------
        Case
            The blurred picture, and the sharp one cropped to the same area.

        Raises
        ------
        ArgumentError
            If the kind is unknown.
        ArrayError
            If the picture is smaller than the support.

        Examples
        --------
        >>> import numpy as np
        >>> from unblur.evaluation.protocols import VALIDATION
        >>> VALIDATION.case("grey.png", np.full((64, 48, 1), 0.5, np.float32), "motion").sharp.shape
        (32, 16, 1)
        """
        sharp = sharp if self.scale == 1 else _shrunk(sharp, self.scale)
        height, width = (extent // self.multiple * self.multiple for extent in sharp.shape[:2])
        sharp = sharp[:height, :width]
        if min(sharp.shape[:2]) < self.support:
            raise ArrayError(
                f"{picture} has {height}x{width} pixels, less than the {self.support}x"
                f"{self.support} of the PSFs: give a larger picture"
            )
        disturb = self.disturbs.get(kind)
        degradation = Degradation(
            self.psf(picture, kind),
            linear=self.linear,
            boundary=self.boundary,
            read_noise=0.0 if disturb else self.noise,
            jpeg_quality=self.jpeg_quality,
            bits=None if disturb else self.bits,
        )
        rng, noise = self._rng(picture, kind, "noise"), self.noise or self._rounding
        blurred = degradation.apply(sharp, rng)
        if disturb:
            clean, blurred = blurred, self._stored(disturb(blurred, rng))
            noise = float(np.std(blurred - clean))
        inner = crop_valid(sharp, degradation.psf) if self.boundary == "valid" else sharp
        return Case(
            picture,
            kind,
            inner.astype(np.float32),
            blurred,
            degradation.psf,
            linear=self.linear,
            circular=self.boundary == "wrap",
            noise=noise,
        )

    @property
    def _rounding(self) -> float:
        """What storing so many bits adds to the noise."""
        return 0.0 if self.bits is None else 1 / (2**self.bits - 1) / 12**0.5

    def _stored(self, image: Image) -> Image:
        stored: Image = np.clip(image, 0, 1)
        return stored if self.bits is None else quantise(stored, bits=self.bits)

    def _draw(self, kind: str) -> Draw:
        if kind not in self.draws:
            raise ArgumentError(
                f"{kind!r} is no kind of blur of {self.name!r}: choose of {', '.join(self.draws)}"
            )
        return self.draws[kind]

    def _rng(self, picture: str, kind: str, purpose: str) -> np.random.Generator:
        return np.random.default_rng(derive_seed(self.seed, picture, kind, purpose))


def _shrunk(image: Image, scale: float) -> Image:
    height, width = (round(extent * scale) for extent in image.shape[:2])
    channels = (PillowImage.fromarray(image[..., c]) for c in range(image.shape[2]))
    lanczos = PillowImage.Resampling.LANCZOS
    small = [np.asarray(each.resize((width, height), lanczos)) for each in channels]
    result: Image = np.clip(np.stack(small, axis=2), 0, 1)
    return result
