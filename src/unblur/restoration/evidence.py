"""What speaks for and against a PSF: the picture's spectrum, and what comes of restoring by it.

Where a PSF lets nothing through, there must be only noise; and of two PSFs that explain a picture,
the one whose restoration has few strong edges rather than many weak ones is the likelier.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.degradation.convolution import otf
from unblur.restoration.guard import unexplained
from unblur.restoration.tile import TileRestorer
from unblur.runtime.spectral import gradients, sine_window

__all__ = ["Evidence", "Trial", "implausibility", "normalised_sparsity"]

FloatArray = npt.NDArray[np.float32]
AXES = 0.02  # cycles a pixel; straight borders and frames put their energy on the axes
LOW = (0.02, 0.1)  # cycles a pixel; where the scene's own spectrum is read off
QUIETEST = 0.004  # one step of 8 bits: rounding and JPEG leave as much where no noise is seen
FEWEST = 200  # frequencies needed for a verdict
SMALLEST_QUARTER = 128  # pixels; a smaller one is too few to contradict anything
ALLOWED = 0.5  # more contradiction is normal for a quarter than for the whole
CERTAINTY = 0.3  # of the PSFs that are compared: followed so far, a wrong one shows
LEFT_WEIGHT = 0.2  # of the logarithm of what is unexplained, beside that of the sparsity
LEAST_LEFT = 0.1  # unexplained share below which less is no evidence: the true PSF leaves as much


class Trial(NamedTuple):
    """What came of restoring by a PSF.

    Parameters
    ----------
    left : float
        Share of the change that the PSF does not explain, see `unexplained`.
    change : float
        Root mean square of the change.
    implausibility : float
        The smaller, the likelier the PSF.
    """

    left: float
    change: float
    implausibility: float


class Evidence:
    """What one picture says of any PSF.

    Parameters
    ----------
    luma
        Encoded luma (H, W) in [0, 1].
    noise
        Standard deviation of the noise in `luma`.
    """

    def __init__(self, luma: FloatArray, noise: float) -> None:
        self._luma, self._noise = luma, noise
        height, width = luma.shape
        window = sine_window(height, width)
        spectrum = fft.rfft2((luma - luma.mean()) * window)
        self._power = np.abs(spectrum) ** 2 / max(float((window**2).sum()), 1)
        fy, fx = fft.fftfreq(height)[:, None], fft.rfftfreq(width)[None]
        self._squared = np.maximum(fx**2 + fy**2, 1e-9)
        self._off_axis = (np.abs(fx) > AXES) & (np.abs(fy) > AXES)

    def contradiction(self, psf: FloatArray) -> float:
        """How much more the picture holds than noise, where the PSF would have left only noise.

        Natural scenes have a power spectrum of about ``c / f^2``. With c from low frequencies, a
        PSF of OTF H predicts ``c |H|^2 / f^2 + noise^2``. Over all frequencies where the first term
        is the smaller one, the measured power is compared with the predicted: a PSF that is too
        wide, or wide in the wrong direction, forbids what is plainly there.

        Parameters
        ----------
        psf
            PSF (K, K).

        Returns
        -------
        float
            Natural logarithm of measured over predicted power: near 0 for the true PSF (up to 0.7
            was seen), above 1 for most wrong ones. 0 if the PSF leaves too few frequencies dark.
        """
        return self._contradiction(psf, 0.0)

    def _contradiction(self, psf: FloatArray, least: float) -> float:
        """`contradiction`, of a scene with at least so much detail."""
        passed = self._passed(psf)
        scene = self._scene(passed)
        if scene is None:
            return 0.0
        predicted = max(scene, least) / self._squared * passed
        floor = max(self._noise, QUIETEST) ** 2
        dark = self._off_axis & (predicted < floor)
        if dark.sum() < FEWEST:
            return 0.0
        # a flat picture has no power at all
        measured = float(self._power[dark].mean()) + 1e-3 * floor
        return float(np.log(measured / (predicted[dark].mean() + floor)))

    def worst_contradiction(self, psf: FloatArray) -> float:
        """Contradiction of the picture, or of the quarter that contradicts most.

        A waterfall in a sharp picture is blurred by its own motion and rules the spectrum of the
        whole; the rocks beside it still contradict its PSF. No part is taken for smoother than the
        whole: a ceiling of tiles has little but fine lines, and would contradict its true PSF.

        Parameters
        ----------
        psf
            PSF (K, K).

        Returns
        -------
        float
            As `contradiction`; a quarter counts for 0.5 less.
        """
        whole, scene = self.contradiction(psf), self._scene(self._passed(psf)) or 0.0
        height, width = (extent // 2 for extent in self._luma.shape)
        if min(height, width) < SMALLEST_QUARTER:
            return whole
        corners = [(top, left) for top in (0, height) for left in (0, width)]
        parts = [self._luma[top : top + height, left : left + width] for top, left in corners]
        others = (Evidence(part, self._noise) for part in parts)
        return max(whole, *(other._contradiction(psf, scene) - ALLOWED for other in others))

    def trial(self, psf: FloatArray, restorer: TileRestorer, *, linear: bool = True) -> Trial:
        """Restore by a PSF and see what comes of it.

        Parameters
        ----------
        psf
            PSF (K, K).
        restorer
            Restores the picture.
        linear
            Whether the blur happened in linear light, or on the encoded values.

        Returns
        -------
        Trial
            What is left unexplained, how much was changed, and a number to compare PSFs by.
        """
        image = self._luma[..., None]
        restored = restorer.restore(image, psf, certainty=CERTAINTY, linear=linear)
        share = unexplained(image, restored, psf, self._noise, linear=linear)
        change = float(np.sqrt(np.mean((restored - image) ** 2)))
        return Trial(share, change, implausibility(restored[..., 0], share))

    def _passed(self, psf: FloatArray) -> npt.NDArray[np.floating]:
        """Share of the power that the PSF lets through."""
        passed: npt.NDArray[np.floating] = np.abs(otf(psf, self._luma.shape)) ** 2
        return passed

    def _scene(self, passed: npt.NDArray[np.floating]) -> float | None:
        """How much detail the scene has, c of ``c / f^2``; None if it cannot be read off."""
        squared, power = self._squared, self._power
        low = self._off_axis & (squared > LOW[0] ** 2) & (squared < LOW[1] ** 2) & (passed > 0.05)
        if not low.any():
            return None
        return float(np.exp(np.mean(np.log(power[low] * squared[low] / passed[low] + 1e-12))))


def implausibility(restored: FloatArray, share: float) -> float:
    """Tell how implausible a restoration is; of two of one picture, the lesser is the likelier.

    It is the mean slope over the root mean square slope of the restored picture (its normalised
    sparsity, which both blur and ringing raise), made worse by what it leaves unexplained.

    Parameters
    ----------
    restored
        Encoded luma (H, W) in [0, 1].
    share
        Of the change, that the PSF does not explain.

    References
    ----------
    D. Krishnan, T. Tay, R. Fergus: "Blind deconvolution using a normalized sparsity measure",
    CVPR 2011.
    """
    return math.log(normalised_sparsity(restored)) + LEFT_WEIGHT * math.log(max(share, LEAST_LEFT))


def normalised_sparsity(luma: FloatArray) -> float:
    """Mean slope over the root mean square slope of a picture (H, W): blur and ringing raise it."""
    slopes = gradients(luma)
    sparsity = float(np.abs(slopes).mean() / max(float(np.sqrt((slopes**2).mean())), 1e-6))
    return max(sparsity, 1e-6)
