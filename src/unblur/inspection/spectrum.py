"""Power over frequency: a blur takes it away, noise leaves a floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

__all__ = ["Spectrum", "measure_spectrum"]

FloatArray = NDArray[np.float32]
RINGS = 48
LOW = (0.02, 0.08)  # cycles a pixel, where a blur takes little and the scene's own power is read


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Power spectrum of a picture; powers in decibels of a full swing per pixel.

    Parameters
    ----------
    power : ndarray of float32
        (H, W), zero frequency in the middle.
    frequency : ndarray of float32
        (N,), cycles a pixel, of each ring.
    radial : ndarray of float32
        (N,), mean power of each ring.
    scene : ndarray of float32
        (N,), power that a sharp scene would have, falling as 1 / f^2.
    floor : float
        Power of the noise.
    """

    power: FloatArray
    frequency: FloatArray
    radial: FloatArray
    scene: FloatArray
    floor: float


def measure_spectrum(luma: FloatArray, noise: float) -> Spectrum:
    """Measure the power spectrum of a picture.

    Parameters
    ----------
    luma : ndarray of float32
        (H, W) in [0, 1]; a window of some hundred pixels a side is enough.
    noise : float
        Standard deviation of its noise.

    Returns
    -------
    Spectrum
        White noise of standard deviation s has a power of ``20 log10 s`` everywhere.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0.5, 0.01, (128, 128)).astype(np.float32)
    >>> found = measure_spectrum(noise, 0.01)
    >>> round(float(found.radial[10:].mean())), round(found.floor)
    (-40, -40)
    """
    window = np.outer(*(np.hanning(extent + 2)[1:-1] for extent in luma.shape))
    centred = (luma - (luma * window).sum() / window.sum()) * window
    power = np.abs(fft.fftshift(fft.fft2(centred))) ** 2 / (window**2).sum()
    down, right = (fft.fftshift(fft.fftfreq(extent)) for extent in luma.shape)
    radius = np.hypot(down[:, None], right[None])
    ring = np.minimum((radius * 2 * RINGS).astype(int), RINGS)  # the last one: the corners
    count = np.maximum(np.bincount(ring.ravel(), minlength=RINGS + 1), 1)
    mean = (np.bincount(ring.ravel(), power.ravel(), RINGS + 1) / count)[:RINGS]
    frequency = (np.arange(RINGS) + 0.5) / (2 * RINGS)
    low = (frequency > LOW[0]) & (frequency < LOW[1])
    scene = float(np.exp(np.mean(np.log(mean[low] * frequency[low] ** 2 + 1e-20))))
    return Spectrum(
        power=_decibels(power),
        frequency=frequency.astype(np.float32),
        radial=_decibels(mean),
        scene=_decibels(scene / frequency**2),
        floor=float(_decibels(np.array(noise**2))),
    )


def _decibels(power: NDArray[np.floating]) -> FloatArray:
    return np.asarray(10 * np.log10(power + 1e-12), np.float32)
