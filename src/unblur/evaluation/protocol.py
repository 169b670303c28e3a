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

from unblur.degradation import (
    PSF,
    Degradation,
    as_psf,
    camera_shake_psf,
    crop_valid,
    delta_psf,
    disk_psf,
    gaussian_psf,
    motion_psf,
    resize_psf,
)
from unblur.errors import ArgumentError, ArrayError
from unblur.evaluation.provenance import derive_seed, fingerprint

__all__ = ["VALIDATION", "Case", "Draw", "Protocol"]

Image = NDArray[np.float32]
Draw = Callable[[np.random.Generator, int], PSF]


@dataclass(frozen=True)
class Case:
    """One blurred picture with all that is known about it.

    Attributes
    ----------
    picture : str
        File name of the sharp picture.
    kind : str
        Kind of blur.
    sharp, blurred : ndarray of float32, shape (H, W, C)
        In [0, 1], of the same area of the scene.
    psf : ndarray of float32, shape (K, K)
        The true PSF.
    """

    picture: str
    kind: str
    sharp: Image
    blurred: Image
    psf: PSF

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with any pixel of the case."""
        arrays = (self.sharp, self.blurred, self.psf)
        return fingerprint(np.ascontiguousarray(array).tobytes() for array in arrays)


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
    bits : int
        Depth of the blurred picture.
    linear : bool
        Whether the blur acts in linear light, as in a camera.
    boundary : {"valid", "wrap"}
        "valid" uses true pixels beyond the border; "wrap" is the circular blur of some papers.
    """

    name: str
    draws: Mapping[str, Draw] = field(hash=False)
    seed: int = 0
    support: int = 33
    noise: float = 0.005
    bits: int = 8
    linear: bool = True
    boundary: Literal["valid", "wrap"] = "valid"

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
        >>> VALIDATION.case("grey.png", np.full((64, 48, 1), 0.5, np.float32), "motion").sharp.shape
        (32, 16, 1)
        """
        if min(sharp.shape[:2]) < self.support:
            height, width = sharp.shape[:2]
            raise ArrayError(
                f"{picture} has {height}x{width} pixels, less than the {self.support}x"
                f"{self.support} of the PSFs: give a larger picture"
            )
        degradation = Degradation(
            self.psf(picture, kind),
            linear=self.linear,
            boundary=self.boundary,
            read_noise=self.noise,
            bits=self.bits,
        )
        blurred = degradation.apply(sharp, self._rng(picture, kind, "noise"))
        inner = crop_valid(sharp, degradation.psf) if self.boundary == "valid" else sharp
        return Case(picture, kind, inner.astype(np.float32), blurred, degradation.psf)

    def _draw(self, kind: str) -> Draw:
        if kind not in self.draws:
            raise ArgumentError(
                f"{kind!r} is no kind of blur of {self.name!r}: choose of {', '.join(self.draws)}"
            )
        return self.draws[kind]

    def _rng(self, picture: str, kind: str, purpose: str) -> np.random.Generator:
        return np.random.default_rng(derive_seed(self.seed, picture, kind, purpose))


def _draw_gaussian(rng: np.random.Generator, support: int) -> PSF:
    return gaussian_psf(rng.uniform(1.0, 3.0), size=support)


def _draw_defocus(rng: np.random.Generator, support: int) -> PSF:
    return disk_psf(rng.uniform(1.5, 6.0), size=support)


def _draw_motion(rng: np.random.Generator, support: int) -> PSF:
    return motion_psf(rng.uniform(5.0, 20.0), rng.uniform(0.0, 180.0), size=support)


def _draw_shake(rng: np.random.Generator, support: int) -> PSF:
    return camera_shake_psf(rng, extent=rng.uniform(8.0, 25.0), size=support)


def _draw_none(rng: np.random.Generator, support: int) -> PSF:
    del rng
    return delta_psf(support)


VALIDATION = Protocol(
    name="validation",
    draws=MappingProxyType(
        {
            "gaussian": _draw_gaussian,
            "defocus": _draw_defocus,
            "motion": _draw_motion,
            "shake": _draw_shake,
            "none": _draw_none,
        }
    ),
    seed=1,
)
"""The project's validation: Gaussian of sigma 1 to 3, defocus of radius 1.5 to 6 px, linear motion
of 5 to 20 px, camera shake of 8 to 25 px extent, and none; uniform draws; blur in linear light with
true pixels beyond the border, noise of 0.005 on the encoded values, 8 bits."""
