"""What speaks for and against a PSF: the picture's spectrum, and what comes of restoring by it.

Where a PSF lets nothing through, there must be only noise; and of two PSFs that explain a picture,
the one whose restoration has few strong edges rather than many weak ones is the likelier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.degradation.convolution import otf
from unblur.restoration.guard import unexplained
from unblur.restoration.tile import TileRestorer
from unblur.runtime.spectral import gradients, sine_window

__all__ = ["contradiction", "implausibility", "unevenness"]

FloatArray = npt.NDArray[np.float32]
AXES = 0.02  # cycles a pixel; straight borders and frames put their energy on the axes
LOW = (0.02, 0.1)  # cycles a pixel; where the scene's own spectrum is read off
QUIETEST = 0.004  # one step of 8 bits: rounding and JPEG leave as much where no noise is seen
FEWEST = 200  # frequencies needed for a verdict
FAINTEST = 0.001  # noise below which less makes no difference
COARSE = 0.05  # cycles a pixel below which a blur leaves too little trace
DIRECTIONS, RINGS = 12, 12  # cells of the half plane
FEWEST_IN_A_CELL = 30
LEFT_WEIGHT = 0.05  # of the logarithm of what is unexplained, beside that of the sparsity
LEAST_LEFT = 0.02  # unexplained share below which less is no evidence


def contradiction(luma: FloatArray, psf: FloatArray, noise: float) -> float:
    """How much more the picture holds than noise, where the PSF would have left only noise.

    Natural scenes have a power spectrum of about ``c / f^2``. With c from low frequencies, a PSF
    of OTF H predicts ``c |H|^2 / f^2 + noise^2``. Over all frequencies where the first term is the
    smaller one, the measured power is compared with the predicted: a PSF that is too wide, or wide
    in the wrong direction, forbids what is plainly there.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1].
    psf
        PSF (K, K).
    noise
        Standard deviation of the noise in `luma`.

    Returns
    -------
    float
        Natural logarithm of measured over predicted power: near 0 for the true PSF (up to 0.7 was
        seen), above 1 for most wrong ones. 0 if the PSF leaves too few frequencies dark to tell.
    """
    noise = max(noise, QUIETEST)
    spectrum = _spectrum(luma, psf)
    if spectrum is None:
        return 0.0
    predicted = spectrum.predicted
    dark = spectrum.off_axis & (predicted < noise**2)
    if dark.sum() < FEWEST:
        return 0.0
    # a flat picture has no power at all
    measured = float(spectrum.power[dark].mean()) + 1e-3 * noise**2
    return float(np.log(measured / (predicted[dark].mean() + noise**2)))


def unevenness(luma: FloatArray, psf: FloatArray, noise: float) -> float:
    """How differently in different directions the picture departs from what a PSF predicts.

    Where a PSF is too small it forbids nothing, yet the blur that it misses has taken light out of
    some directions and not of others: measured over predicted power varies around each ring of
    equal frequency.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1].
    psf
        PSF (K, K).
    noise
        Standard deviation of the noise in `luma`.

    Returns
    -------
    float
        Standard deviation over directions of the logarithm of measured over predicted power, mean
        of all rings: about 0.4 for the true PSF, above 0.5 for most that miss a shake. 0 if there
        is too little to tell.
    """
    spectrum = _spectrum(luma, psf)
    if spectrum is None:
        return 0.0
    floor = max(noise, FAINTEST) ** 2
    bright = spectrum.off_axis & (spectrum.predicted > 4 * floor) & (spectrum.squared > COARSE**2)
    ratio = np.log((spectrum.predicted + floor) / (spectrum.power + 1e-12))
    cell = spectrum.direction * RINGS + np.minimum(2 * RINGS * np.sqrt(spectrum.squared), RINGS - 1)
    cells = cell.astype(int)[bright]
    count = np.bincount(cells, minlength=DIRECTIONS * RINGS).reshape(DIRECTIONS, RINGS)
    total = np.bincount(cells, ratio[bright], DIRECTIONS * RINGS).reshape(DIRECTIONS, RINGS)
    full = count > FEWEST_IN_A_CELL
    rings = [
        float((total[full[:, ring], ring] / count[full[:, ring], ring]).std())
        for ring in np.flatnonzero(full.sum(0) > DIRECTIONS // 2 - 1)
    ]
    return float(np.mean(rings)) if rings else 0.0


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """Half spectra: what a picture holds, and what a PSF lets through of a scene."""

    power: npt.NDArray[np.floating]
    predicted: npt.NDArray[np.floating]
    squared: npt.NDArray[np.floating]
    direction: npt.NDArray[np.int_]
    off_axis: npt.NDArray[np.bool_]


def _spectrum(luma: FloatArray, psf: FloatArray) -> _Spectrum | None:
    """Measure and predict; None if the PSF leaves nothing to read the scene's own level off."""
    height, width = luma.shape
    window = sine_window(height, width)
    power = np.abs(fft.rfft2((luma - luma.mean()) * window)) ** 2 / max(float((window**2).sum()), 1)
    fy, fx = fft.fftfreq(height)[:, None], fft.rfftfreq(width)[None]
    squared = np.maximum(fx**2 + fy**2, 1e-9)
    passed = np.abs(otf(psf, (height, width))) ** 2
    off_axis = (np.abs(fx) > AXES) & (np.abs(fy) > AXES)
    low = off_axis & (squared > LOW[0] ** 2) & (squared < LOW[1] ** 2) & (passed > 0.05)
    if not low.any():
        return None
    scene = float(np.exp(np.mean(np.log(power[low] * squared[low] / passed[low] + 1e-12))))
    direction = (np.arctan2(fy, fx) / np.pi * DIRECTIONS).astype(int) % DIRECTIONS
    return _Spectrum(power, scene / squared * passed, squared, direction, off_axis)


def implausibility(
    luma: FloatArray, psf: FloatArray, noise: float, restorer: TileRestorer
) -> float:
    """How unlikely what comes of restoring by a PSF is, to compare PSFs for one picture.

    The mean slope over the root mean square slope of the restored picture (its normalised sparsity,
    which both blur and ringing raise), made worse by what the restoration leaves unexplained.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1].
    psf
        PSF (K, K).
    noise
        Standard deviation of the noise in `luma`.
    restorer
        Restores the picture.

    Returns
    -------
    float
        The smaller, the likelier.

    References
    ----------
    D. Krishnan, T. Tay, R. Fergus: "Blind deconvolution using a normalized sparsity measure", CVPR
    2011.
    """
    image = luma[..., None]
    restored = restorer.restore(image, psf, known=False)
    slopes = gradients(restored[..., 0])
    sparsity = float(np.abs(slopes).mean() / max(float(np.sqrt((slopes**2).mean())), 1e-6))
    left = max(unexplained(image, restored, psf, noise), LEAST_LEFT)
    return float(np.log(max(sparsity, 1e-6)) + LEFT_WEIGHT * np.log(left))
