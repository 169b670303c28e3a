"""The size of a round PSF by the rings of the spectrum: where an OTF is weak, so is the picture.

What a lens that is out of focus takes away lies in rings, at frequencies which tell its radius to a
few hundredths; a gaussian takes away more and more, without a ring. The mean over all directions is
compared with what either leaves.

References
----------
M. Cannon, "Blind deconvolution of spatially invariant image blurs with phase", IEEE Transactions on
Acoustics, Speech and Signal Processing, 1976.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from unblur.degradation.shapes import disk_psf, gaussian_psf
from unblur.degradation.support import resize_psf
from unblur.estimation.power import BAND, HIGHEST, LOW, Numbers, misfits, power_of

__all__ = ["RoundFit", "fit_round"]

FloatArray = npt.NDArray[np.float32]
Round = Literal["gaussian", "defocus"]

RINGS = 64
AXES = 0.02  # cycles a pixel
LARGEST = 1024  # pixels of a side that are looked at as one
FEWEST = 20  # frequencies of a ring
SMEAR = (-0.006, -0.003, 0.0, 0.003, 0.006)  # cycles a pixel, that a ring is wide
OUTLIER = 1.0
SIZES: dict[Round, Numbers] = {
    "gaussian": np.exp(np.linspace(math.log(0.7), math.log(5.0), 40)),
    "defocus": np.exp(np.linspace(math.log(1.2), math.log(12.0), 50)),
}
_DRAW: dict[Round, Callable[[float], FloatArray]] = {
    "gaussian": gaussian_psf,
    "defocus": disk_psf,
}


@dataclass(frozen=True, eq=False)
class RoundFit:
    """The likeliest size of one round shape.

    Parameters
    ----------
    kind : {"gaussian", "defocus"}
        Shape.
    size : float
        Standard deviation or radius in pixels.
    misfit : float
        Mean squared difference of the logarithms of measured and expected power.
    psf : ndarray of float32
        PSF (K, K).
    """

    kind: Round
    size: float
    misfit: float
    psf: FloatArray


def fit_round(
    windows: Sequence[FloatArray], size: int, *, linear: bool = True
) -> tuple[RoundFit, ...]:
    """Fit a gaussian and a disk to the spectrum of a picture.

    Parameters
    ----------
    windows
        Encoded luma (H, W) in [0, 1] of parts of one picture.
    size
        Rows and columns of the PSFs.
    linear
        Whether the blur happened in linear light, or on the encoded values.

    Returns
    -------
    tuple of RoundFit
        The likelier one first; none whose size lies at an end of the range that is looked at.

    Examples
    --------
    >>> from unblur.degradation import Degradation
    >>> scene = np.random.default_rng(0).random((256, 256, 1), np.float32)
    >>> blurred = Degradation(disk_psf(3.0), linear=False, read_noise=0.002).apply(scene, 0)
    >>> best, *_ = fit_round([blurred[..., 0]], 33, linear=False)
    >>> best.kind, round(best.size, 1)
    ('defocus', 3.0)
    """
    frequency, logs, count = _rings(windows, linear)
    if not (frequency < LOW).any() or not (frequency > HIGHEST).any():
        return ()
    fits = []
    for kind, sizes in SIZES.items():
        passed = np.mean([_passed(kind, sizes, frequency + offset) for offset in SMEAR], 0)
        least = misfits(logs, frequency, passed, count, outlier=OUTLIER).min((1, 2))
        best = int(np.argmin(least))
        if 0 < best < len(sizes) - 1:
            exact = _between(sizes, least, best)
            psf = resize_psf(_DRAW[kind](exact), size)
            fits.append(RoundFit(kind, exact, float(least[best]), psf))
    return tuple(sorted(fits, key=lambda fit: fit.misfit))


def _rings(windows: Sequence[FloatArray], linear: bool) -> tuple[Numbers, Numbers, Numbers]:
    """Frequency, logarithm of the power, and number of frequencies of each ring that has enough."""
    sums = np.zeros((3, RINGS))
    for window in windows:
        power = power_of(window, LARGEST, AXES, linear=linear)
        frequency = power.frequency
        place = (frequency - BAND[0]) / (BAND[1] - BAND[0])
        ring = np.clip(place * RINGS, 0, RINGS - 1).astype(int)
        for row, values in enumerate((frequency, power.logs, np.ones(len(ring)))):
            sums[row] += np.bincount(ring, values, minlength=RINGS)
    frequency, logs, count = sums[:, sums[2] > FEWEST]
    return frequency / count, logs / count, count


def _passed(kind: Round, sizes: Numbers, frequency: Numbers) -> Numbers:
    """Power that shapes of these sizes let through: (sizes, frequencies)."""
    place = 2 * np.pi * np.maximum(frequency, 1e-3) * sizes[:, None]
    transfer = np.exp(-(place**2) / 2) if kind == "gaussian" else 2 * special.j1(place) / place
    return np.asarray(transfer**2)


def _between(sizes: Numbers, least: Numbers, best: int) -> float:
    """Size at the bottom of the parabola through the best misfit and its neighbours."""
    before, here, after = least[best - 1 : best + 2]
    bend = before - 2 * here + after
    offset = 0.5 * (before - after) / bend if bend > 0 else 0.0
    return float(sizes[best] * (sizes[best + 1] / sizes[best]) ** np.clip(offset, -0.5, 0.5))
