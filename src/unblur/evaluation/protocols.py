"""The named protocols: the project's own validation, and those of papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from unblur.degradation import (
    PSF,
    add_noise,
    as_psf,
    box_psf,
    camera_shake_psf,
    delta_psf,
    disk_psf,
    gaussian_psf,
    motion_psf,
)
from unblur.degradation.textbook_noise import add_impulses, add_poisson, add_speckle
from unblur.evaluation.protocol import Draw, Protocol

__all__ = ["AVERAGE", "DPIR", "LOWRES", "NOISES", "PROTOCOLS", "ROBUST", "VALIDATION"]

Image = NDArray[np.float32]


def _draw_gaussian(rng: np.random.Generator, support: int) -> PSF:
    return gaussian_psf(rng.uniform(1.0, 3.0), size=support)


def _draw_defocus(rng: np.random.Generator, support: int) -> PSF:
    return disk_psf(rng.uniform(1.5, 6.0), size=support)


def _draw_motion(rng: np.random.Generator, support: int) -> PSF:
    return motion_psf(rng.uniform(5.0, 20.0), rng.uniform(0.0, 180.0), size=support)


def _draw_shake(rng: np.random.Generator, support: int) -> PSF:
    return camera_shake_psf(rng, extent=rng.uniform(8.0, 25.0), size=support)


def _draw_small_gaussian(rng: np.random.Generator, support: int) -> PSF:
    return gaussian_psf(rng.uniform(0.5, 2.0), size=support)


def _draw_none(rng: np.random.Generator, support: int) -> PSF:
    del rng
    return delta_psf(support)


def _draw_box(width: int, rng: np.random.Generator, support: int) -> PSF:
    del rng, support
    return box_psf(width)


def _draw_sampled_gaussian(sigma: float, rng: np.random.Generator, support: int) -> PSF:
    """Gaussian read at the middle of each pixel, as MATLAB's fspecial makes it."""
    del rng
    offsets = np.arange(support) - support // 2
    profile = np.exp(-0.5 * (offsets / sigma) ** 2)
    return as_psf(np.outer(profile, profile))


def _gaussian(least: float, most: float, image: Image, rng: np.random.Generator) -> Image:
    return add_noise(image, read=rng.uniform(least, most), rng=rng)


def _poisson(least: float, most: float, image: Image, rng: np.random.Generator) -> Image:
    return add_poisson(image, peak=rng.uniform(least, most), rng=rng)


def _speckle(least: float, most: float, image: Image, rng: np.random.Generator) -> Image:
    return add_speckle(image, level=rng.uniform(least, most), rng=rng)


def _impulse(least: float, most: float, image: Image, rng: np.random.Generator) -> Image:
    return add_impulses(image, share=rng.uniform(least, most), rng=rng)


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

ROBUST = replace(VALIDATION, name="robust", noise=0.02, jpeg_quality=70)
"""The same PSFs under four times the noise, stored as a JPEG of quality 70."""

_BOXES: Mapping[str, Draw] = {
    f"box{width}": partial(_draw_box, width) for width in (3, 5, 7, 9, 11, 15)
}

AVERAGE = Protocol(
    name="average", draws=MappingProxyType(_BOXES), seed=1, support=15, noise=0.01, linear=False
)
"""Average filters of 3 to 15 px on the encoded values, as in Al-amri and Kalyankar's comparison of
classical methods (2010), with noise of 0.01 and 8 bits; true pixels beyond the border, so that a
method has to deal with it."""

DPIR = Protocol(
    name="dpir",
    draws=MappingProxyType({"gaussian1.6": partial(_draw_sampled_gaussian, 1.6)}),
    support=25,
    noise=2.55 / 255,
    bits=None,
    linear=False,
    boundary="wrap",
    multiple=8,
)
"""Gaussian of sigma 1.6 in 25x25 px on the encoded values, circular, with noise of 2.55/255, sizes
cut to multiples of 8: the protocol of DPIR (Zhang et al. 2021) for non-blind deblurring. Their code
cuts the blurred values off to 8 bits before the noise and leaves the noisy ones unclipped; here
they are floats clipped to [0, 1]."""

LOWRES = Protocol(
    name="lowres",
    draws=MappingProxyType(
        {"gaussian": _draw_small_gaussian, "poisson": _draw_small_gaussian, "none": _draw_none}
    ),
    seed=1,
    support=13,
    noise=0.0,
    linear=False,
    scale=0.25,
    disturbs=MappingProxyType(
        {"gaussian": partial(_gaussian, 0.01, 0.1), "poisson": partial(_poisson, 50, 1000)}
    ),
)
"""Pictures shrunk to a quarter, Gaussian of sigma 0.5 to 2 on the encoded values, then Gaussian
noise of 0.01 to 0.1 or Poisson noise of 50 to 1000 photons at white, as Jimenez, DeGuchy and Marcia
(2020) train for, in our reading; and "none", which tells what a network loses of any picture."""

NOISES = Protocol(
    name="noises",
    draws=MappingProxyType(
        {
            "gaussian-noise": _draw_none,
            "poisson": _draw_none,
            "speckle": _draw_none,
            "impulse": _draw_none,
            "gaussian-blur": _draw_small_gaussian,
            "none": _draw_none,
        }
    ),
    seed=1,
    support=13,
    noise=0.0,
    linear=False,
    scale=0.4,
    disturbs=MappingProxyType(
        {
            "gaussian-noise": partial(_gaussian, 0.02, 0.1),
            "poisson": partial(_poisson, 30, 300),
            "speckle": partial(_speckle, 0.05, 0.25),
            "impulse": partial(_impulse, 0.01, 0.1),
        }
    ),
)
"""One degradation at a time on pictures shrunk to 0.4, as Solovyeva and Abdullah (2022) compare, in
our reading: Gaussian noise of 0.02 to 0.1, Poisson noise of 30 to 300 photons at white, speckle of
0.05 to 0.25, impulses on 1 to 10 % of the pixels, Gaussian blur of sigma 0.5 to 2, and none."""

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {each.name: each for each in (VALIDATION, ROBUST, AVERAGE, DPIR, LOWRES, NOISES)}
)
"""All of them, by name."""
