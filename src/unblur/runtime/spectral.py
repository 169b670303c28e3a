"""The physics between a model's networks, in NumPy: Wiener steps and the closed-form PSF.

The networks were trained around the same formulas in PyTorch (`unblur.networks.spectral`); a test
holds the two together. Arrays are channels first, (C, H, W), as the networks want them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.degradation.convolution import fast_shape, otf

__all__ = [
    "WIENER_PAD",
    "Deconvolution",
    "PSFStatistics",
    "gradients",
    "halve",
    "sine_window",
    "upsample_psf",
]

WIENER_PAD = 24
FloatArray = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex64]


def _spectrum_prior(shape: tuple[int, int]) -> FloatArray:
    """Noise-to-signal shape: natural pictures have less energy at high frequencies."""
    fy, fx = fft.fftfreq(shape[0])[:, None], fft.rfftfreq(shape[1])[None]
    prior: FloatArray = (16 * (fy**2 + fx**2) + 0.02).astype(np.float32)
    return prior


def _ramp(length: int, pad: int) -> FloatArray:
    index = np.arange(length)
    ramp: FloatArray = np.clip(np.minimum(index + 1, length - index) / pad, 0, 1).astype(np.float32)
    return ramp


class Deconvolution:
    """One picture and one PSF, ready for Wiener steps of any strength.

    Parameters
    ----------
    image
        Blurred picture (C, H, W), in the space in which the blur is a convolution.
    psf
        PSF (K, K), odd, sum 1.
    """

    def __init__(self, image: FloatArray, psf: FloatArray) -> None:
        self._size = image.shape[1:]
        self._pad = max(WIENER_PAD, psf.shape[0] // 2 + 8)
        height, width = self._size
        self._shape = fast_shape((height + 2 * self._pad, width + 2 * self._pad))
        self._transfer = otf(psf, self._shape)
        self._power = (self._transfer.real**2 + self._transfer.imag**2).astype(np.float32)
        self._prior = _spectrum_prior(self._shape)
        self._spectrum = self._tapered(image)

    def _padded(self, image: FloatArray) -> FloatArray:
        after = [total - size - self._pad for total, size in zip(self._shape, self._size, strict=True)]
        return np.pad(image, ((0, 0), (self._pad, after[0]), (self._pad, after[1])), mode="edge")

    def _tapered(self, image: FloatArray) -> ComplexArray:
        """Spectrum times the conjugate OTF, the borders faded into the re-blurred picture.

        The fade makes the picture agree with the circular convolution that the Fourier domain
        assumes, so a Wiener step leaves no ghosts of the opposite border.
        """
        padded = self._padded(image)
        reblurred = fft.irfft2(fft.rfft2(padded) * self._transfer, s=self._shape, overwrite_x=True)
        fade = np.outer(_ramp(self._shape[0], self._pad), _ramp(self._shape[1], self._pad))
        reblurred += fade * (padded - reblurred)
        spectrum: ComplexArray = fft.rfft2(reblurred, overwrite_x=True)
        spectrum *= self._transfer.conj()
        return spectrum

    def wiener(self, level: float) -> FloatArray:
        """Wiener result (C, H, W): ``H* Y / (|H|^2 + level prior)``."""
        return self._picture(self._spectrum / (self._power + np.float32(level) * self._prior))

    def data_steps(self, guess: FloatArray, weights: tuple[float, ...]) -> list[FloatArray]:
        """Solutions of ``argmin |h * x - y|^2 + weight |x - guess|^2``, each (C, H, W)."""
        prior = fft.rfft2(self._padded(guess))
        return [
            self._picture((self._spectrum + np.float32(weight) * prior) / (self._power + np.float32(weight)))
            for weight in weights
        ]  # fmt: skip

    def _picture(self, spectrum: ComplexArray) -> FloatArray:
        pad, (height, width) = self._pad, self._size
        whole: FloatArray = fft.irfft2(spectrum, s=self._shape, overwrite_x=True)
        return whole[:, pad : pad + height, pad : pad + width]


def halve(image: FloatArray) -> FloatArray:
    """Mean of every 2 x 2 block: (..., H, W) -> (..., H // 2, W // 2)."""
    height, width = (extent // 2 * 2 for extent in image.shape[-2:])
    even = image[..., :height, :width]
    blocks = even.reshape(*image.shape[:-2], height // 2, 2, width // 2, 2)
    mean: FloatArray = blocks.mean((-3, -1), dtype=np.float32)
    return mean


def upsample_psf(psf: FloatArray) -> FloatArray:
    """PSF one octave finer, bilinear, on the same support."""
    size = psf.shape[0]
    steps = np.arange(2 * size - 1) / 2
    weights = np.maximum(0, 1 - np.abs(steps[:, None] - np.arange(size)[None]))
    fine = weights @ psf @ weights.T
    start = size // 2
    fine = fine[start : start + size, start : start + size]
    result: FloatArray = (fine / max(float(fine.sum()), 1e-8)).astype(np.float32)
    return result


def gradients(luma: FloatArray) -> FloatArray:
    """Forward differences (2, H, W) along x and y of (H, W), zero at the far border."""
    result = np.zeros((2, *luma.shape), np.float32)
    result[0, :, :-1] = luma[:, 1:] - luma[:, :-1]
    result[1, :-1, :] = luma[1:, :] - luma[:-1, :]
    return result


def sine_window(height: int, width: int) -> FloatArray:
    """Square root of a Hann window (H, W), zero on the border."""
    rows = np.sin(np.pi * np.arange(height) / max(1, height - 1))
    columns = np.sin(np.pi * np.arange(width) / max(1, width - 1))
    return np.outer(rows, columns).astype(np.float32)


class PSFStatistics:
    """Sums over windows from which a PSF follows in closed form.

    Windows that say more (stronger edges) weigh more by themselves, so flat ones do no harm.

    Parameters
    ----------
    shape
        Size of the transforms, at least that of the windows.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        half = (shape[0], shape[1] // 2 + 1)
        self._cross = np.zeros(half, np.complex64)
        self._edge_energy = np.zeros(half, np.float32)
        self._energy = np.zeros(half, np.float32)

    def add(self, edges: FloatArray, observed: FloatArray) -> None:
        """Add one window: predicted sharp edges and observed gradients, both (2, H, W)."""
        sharp = fft.rfft2(edges, s=self._shape)
        blurred = fft.rfft2(observed, s=self._shape)
        self._cross += (sharp.conj() * blurred).sum(0)
        self._edge_energy += (np.abs(sharp) ** 2).sum(0)
        self._energy += (np.abs(blurred) ** 2).sum(0)

    def maps(self, level: float, size: int) -> FloatArray:
        """Closed-form PSF, autocorrelation of the gradients, whitened cross-correlation.

        ``K = sum conj(G) F / (sum |G|^2 + level mean |G|^2)`` (Schuler et al., "Learning to
        deblur"), each cut to (size, size): (3, size, size).
        """
        full = self._mean(self._edge_energy) + 1e-6
        closed = self._cross / (self._edge_energy + level * full)
        strength = np.abs(self._cross)
        flat = self._cross / (strength + 0.05 * self._mean(strength) + 1e-6)
        correlation = self._support(self._energy.astype(np.complex64), size)
        peak = max(float(correlation[size // 2, size // 2]), 1e-8)
        return np.stack([self._support(closed, size), correlation / peak, self._support(flat, size)])

    @staticmethod
    def _mean(half_spectrum: FloatArray) -> float:
        return float(half_spectrum.mean())

    def _support(self, spectrum: ComplexArray, size: int) -> FloatArray:
        whole = np.roll(fft.irfft2(spectrum, s=self._shape), (size // 2, size // 2), (0, 1))
        part: FloatArray = whole[:size, :size].astype(np.float32)
        return part
