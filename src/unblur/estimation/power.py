"""The power spectrum that a blurred scene should have, compared with the one that it has.

The power of a scene falls evenly, as a power of the frequency; the blur lets through its share of
it, and the noise is the same everywhere::

    P(f) = c f^-a |H(f)|^2 + n

c, a and n are fitted for each blur, so that what tells blurs apart is where H is weak. All is done
in logarithms, where a dark ring weighs as much as a bright one.

References
----------
D. Field, "Relations between the statistics of natural images and the response properties of
cortical cells", JOSA A 1987.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.images.color import srgb_to_linear
from unblur.runtime.spectral import sine_window

__all__ = ["Power", "misfits", "power_of"]

FloatArray = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

SLOPES = np.array([1.2, 1.6, 2.0, 2.4, 2.8, 3.2])  # a
FLOORS = np.array([-2.0, -1.0, -0.5, 0.0])  # logarithms of n, relative to the highest frequencies
BAND = (0.03, 0.5)  # cycles a pixel; below, the window and what the picture shows rule
HIGHEST = 0.44
LOW = 0.15  # where c is read off at first
ROUNDS = 4
LEAST = 1e-14


class Power(NamedTuple):
    """Power at some frequencies of a picture.

    Parameters
    ----------
    logs : ndarray
        Logarithms of the power.
    across, down : ndarray
        Frequencies in cycles a pixel.
    """

    logs: Numbers
    across: Numbers
    down: Numbers

    @property
    def frequency(self) -> Numbers:
        """Distance from the origin, in cycles a pixel."""
        return np.hypot(self.across, self.down)


def power_of(window: FloatArray, side: int, axes: float, *, linear: bool) -> Power:
    """Measure the power spectrum of a window, the mean of overlapping squares.

    Parameters
    ----------
    window
        Encoded luma (H, W) in [0, 1].
    side
        Of the squares, in pixels; no more than the window has.
    axes
        Cycles a pixel from the axes that are left out: straight borders put their energy there.
    linear
        Whether the blur happened in linear light, or on the encoded values.
    """
    light = srgb_to_linear(window) if linear else window
    tall, wide = (min(side, extent) for extent in light.shape)
    taper = sine_window(tall, wide)
    squares = [
        light[top : top + tall, left : left + wide]
        for top in _places(light.shape[0], tall)
        for left in _places(light.shape[1], wide)
    ]
    spectra = [np.abs(fft.rfft2((each - each.mean()) * taper)) ** 2 for each in squares]
    power = np.mean(spectra, 0) / float((taper**2).sum())
    down, across = np.broadcast_arrays(fft.fftfreq(tall)[:, None], fft.rfftfreq(wide)[None])
    radius = np.hypot(down, across)
    inside = (radius > BAND[0]) & (radius < BAND[1])
    inside &= (np.abs(down) > axes) & (np.abs(across) > axes)
    return Power(np.log(power[inside] + LEAST), across[inside], down[inside])


def _places(extent: int, side: int) -> list[int]:
    count = max(1, 2 * extent // side - 1)
    return [int(place) for place in np.linspace(0, extent - side, count)]


def misfits(
    logs: Numbers,
    frequency: Numbers,
    passed: Numbers,
    count: Numbers | float = 1.0,
    *,
    outlier: float,
    slopes: Numbers = SLOPES,
    floors: Numbers = FLOORS,
) -> Numbers:
    """Compare measured power with what blurs leave of a scene.

    Parameters
    ----------
    logs
        Logarithms of the power (M,).
    frequency
        Cycles a pixel (M,).
    passed
        Share of the power that each blur lets through (N, M).
    count
        How many frequencies each of the M stands for.
    outlier
        Squared difference of logarithms from which on a frequency says no more.
    slopes, floors
        a, and logarithms of n relative to the power of the highest frequencies.

    Returns
    -------
    ndarray
        Mean squared difference of the logarithms (N, slopes, floors).
    """
    fall = -slopes[:, None] * np.log(frequency)
    shape = (np.log(passed + LEAST)[:, None] + fall)[:, :, None]
    floor = math.log(float(np.exp(logs[frequency > HIGHEST]).mean())) + floors[:, None]
    strength = np.median((logs - shape)[..., frequency < LOW], -1, keepdims=True)
    scene, noise = np.exp(shape), np.exp(floor)
    for _ in range(ROUNDS):
        signal = np.exp(strength) * scene
        expected = signal + noise
        gain = signal / expected
        weight = count * gain
        rise = (weight * (logs - np.log(expected))).sum(-1, keepdims=True)
        strength = strength + rise / np.maximum((weight * gain).sum(-1, keepdims=True), 1e-9)
    residual = np.minimum((logs - np.log(np.exp(strength) * scene + noise)) ** 2, outlier)
    total = np.broadcast_to(np.asarray(count, float), logs.shape).sum()
    return np.asarray((count * residual).sum(-1) / total)
