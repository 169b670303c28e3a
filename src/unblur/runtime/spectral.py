"""The physics between a model's networks, in NumPy: Wiener steps and the closed-form PSF.

The networks were trained around the same formulas in PyTorch (`unblur.networks.spectral`); a test
holds the two together. Arrays are channels first, (C, H, W), as the networks want them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.degradation.convolution import fast_shape, inverse_rfft2, otf

__all__ = [
    "WIENER_PAD",
    "Deconvolution",
    "gradients",
    "halve",
    "sine_window",
    "upsample_psf",
]

WIENER_PAD = 24
FloatArray = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex64]


@lru_cache(maxsize=4)  # tiles of a picture have one shape
def _spectrum_prior(shape: tuple[int, int]) -> FloatArray:
    """Noise-to-signal shape, in pairs: natural pictures have less energy at high frequencies."""
    fy, fx = fft.fftfreq(shape[0])[:, None], fft.rfftfreq(shape[1])[None]
    prior = _pairs(np.asarray(16 * (fy**2 + fx**2) + 0.02, dtype=np.float32))
    prior.flags.writeable = False
    return prior


def _pairs(values: FloatArray) -> FloatArray:
    """Each number twice: the factor of a real and an imaginary part, without complex arithmetic."""
    return np.repeat(values, 2, axis=-1)


def _parts(spectrum: ComplexArray) -> FloatArray:
    """Real and imaginary parts in turn, a view."""
    return spectrum.view(np.float32)


def _ramp(length: int, pad: int) -> FloatArray:
    index = np.arange(length)
    return np.clip(np.minimum(index + 1, length - index) / pad, 0, 1).astype(np.float32)


class Deconvolution:
    """One picture and one PSF, ready for Wiener steps of any strength.

    Parameters
    ----------
    image : ndarray of float32
        Blurred picture (C, H, W), in the space in which the blur is a convolution. Not modified.
    psf : ndarray of float32
        (K, K), odd, sum 1.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import delta_psf
    >>> image = np.full((1, 16, 16), 0.5, np.float32)
    >>> problem = Deconvolution(image, delta_psf())
    >>> print(problem.data_steps(image, (0.1,))[0].mean())
    0.5
    """

    def __init__(self, image: FloatArray, psf: FloatArray) -> None:
        self._size = image.shape[1:]
        self._pad = max(WIENER_PAD, psf.shape[0] // 2 + 8)
        height, width = self._size
        self._shape = fast_shape((height + 2 * self._pad, width + 2 * self._pad))
        self._transfer = otf(psf, self._shape)
        self._conjugate = self._transfer.conj()
        squares = _parts(self._transfer) ** 2
        self._power = _pairs(squares[:, ::2] + squares[:, 1::2])
        self._prior = _spectrum_prior(self._shape)
        self._image = image
        # a channel at a time: what belongs to one stays in the cache
        self._spectra = [self._tapered(plane) for plane in image]

    def _padded(self, plane: FloatArray) -> FloatArray:
        before, sides = self._pad, zip(self._shape, self._size, strict=True)
        return np.pad(
            plane, [(before, total - size - before) for total, size in sides], mode="edge"
        )

    def _tapered(self, plane: FloatArray) -> ComplexArray:
        """Spectrum times the conjugate OTF, the borders faded into the re-blurred picture.

        The fade makes the picture agree with the circular convolution that the Fourier domain
        assumes, so a Wiener step leaves no ghosts of the opposite border.
        """
        padded = self._padded(plane)
        spectrum: ComplexArray = fft.rfft2(padded)
        spectrum *= self._transfer
        reblurred = inverse_rfft2(spectrum, self._shape)
        padded -= reblurred
        padded *= _ramp(self._shape[0], self._pad)[:, None]
        padded *= _ramp(self._shape[1], self._pad)
        reblurred += padded
        spectrum = fft.rfft2(reblurred, overwrite_x=True)
        spectrum *= self._conjugate
        return spectrum

    def wiener(self, level: float) -> FloatArray:
        """Deconvolve by ``H* Y / (|H|^2 + level prior)``.

        Parameters
        ----------
        level : float
            Strength of the regularisation, above 0; it is multiplied with the noise-to-signal
            shape of natural pictures.

        Returns
        -------
        ndarray of float32
            (C, H, W), in the space of the picture, not clipped.
        """
        gain = self._gain(np.float32(level) * self._prior)
        result = np.empty(self._image.shape, np.float32)
        for plane, spectrum in zip(result, self._spectra, strict=True):
            filtered = spectrum.copy()
            parts = _parts(filtered)
            parts *= gain
            plane[:] = self._picture(filtered)
        return result

    def data_steps(self, guess: FloatArray, levels: tuple[float, ...]) -> list[FloatArray]:
        """Solve ``argmin |h * x - y|^2 + level prior |x - guess|^2``.

        Beyond the border, y is the guess blurred.

        Parameters
        ----------
        guess : ndarray of float32
            (C, H, W), in the space of the picture. Not modified.
        levels : tuple of float
            How much the guess counts, each above 0; multiplied with the noise-to-signal shape of
            natural pictures.

        Returns
        -------
        list of ndarray of float32
            One solution (C, H, W) for each level, not clipped.
        """
        weights = [np.float32(level) * self._prior for level in levels]
        gains = [self._gain(weight) for weight in weights]
        solutions = [np.empty(guess.shape, np.float32) for _ in levels]
        for channel, plane in enumerate(guess):
            spectrum: ComplexArray = fft.rfft2(self._padded(plane))
            observed = self._completed(spectrum, self._image[channel])
            for solution, weight, gain in zip(solutions, weights, gains, strict=True):
                solved = spectrum.copy()
                parts = _parts(solved)
                parts *= weight
                parts += _parts(observed)
                parts *= gain
                solution[channel] = self._picture(solved)
        return solutions

    def _completed(self, guess: ComplexArray, seen: FloatArray) -> ComplexArray:
        """Spectrum, times the conjugate OTF, of the picture that goes on as a blurred guess."""
        whole: FloatArray = inverse_rfft2(guess * self._transfer, self._shape)
        pad, (height, width) = self._pad, self._size
        whole[pad : pad + height, pad : pad + width] = seen
        spectrum: ComplexArray = fft.rfft2(whole, overwrite_x=True)
        spectrum *= self._conjugate
        return spectrum

    def _gain(self, weight: FloatArray) -> FloatArray:
        """Reciprocal of the regularised power, in pairs."""
        gain: FloatArray = self._power + weight
        np.reciprocal(gain, out=gain)
        return gain

    def _picture(self, spectrum: ComplexArray) -> FloatArray:
        """Plane (H, W) of its spectrum, which is used up; what was added around it is left out."""
        pad, (height, width) = self._pad, self._size
        rows = fft.ifft(spectrum, axis=0, overwrite_x=True)[pad : pad + height]
        whole: FloatArray = fft.irfft(rows, n=self._shape[1], axis=1)
        return whole[:, pad : pad + width]


def halve(image: FloatArray) -> FloatArray:
    """Go one octave coarser: the mean of every 2 x 2 block.

    Parameters
    ----------
    image : ndarray of float32
        (..., H, W). Not modified; an odd last row or column is left out.

    Returns
    -------
    ndarray of float32
        (..., H // 2, W // 2).

    Examples
    --------
    >>> import numpy as np
    >>> print(halve(np.array([[0, 1, 9], [2, 3, 9]], np.float32)))
    [[1.5]]
    """
    height, width = (extent // 2 for extent in image.shape[-2:])
    even = image[..., : 2 * height, : 2 * width]
    rows = even[..., 0::2, :] + even[..., 1::2, :]  # ten times as fast as a mean over two axes
    total: FloatArray = rows[..., 0::2] + rows[..., 1::2]
    total *= np.float32(0.25)
    return total


def upsample_psf(psf: FloatArray) -> FloatArray:
    """Go one octave finer: twice as wide by bilinear interpolation, on the same support.

    Parameters
    ----------
    psf : ndarray of float32
        (K, K), odd. Not modified.

    Returns
    -------
    ndarray of float32
        (K, K), sum 1; what no longer fits is cut off.

    Examples
    --------
    >>> import numpy as np
    >>> print(upsample_psf(np.pad(np.ones((1, 1), np.float32), 1)).round(2))
    [[0.06 0.12 0.06]
     [0.12 0.25 0.12]
     [0.06 0.12 0.06]]
    """
    size = psf.shape[0]
    inner = np.arange(size // 2, size // 2 + size) / 2
    weights = np.maximum(0, 1 - np.abs(inner[:, None] - np.arange(size)[None]))
    fine = weights @ psf @ weights.T
    result: FloatArray = (fine / max(float(fine.sum()), 1e-8)).astype(np.float32)
    return result


def gradients(luma: FloatArray) -> FloatArray:
    """Take forward differences along x and y, zero at the far border.

    Parameters
    ----------
    luma : ndarray of float32
        (H, W), any range. Not modified.

    Returns
    -------
    ndarray of float32
        (2, H, W), x first.

    Examples
    --------
    >>> import numpy as np
    >>> print(gradients(np.array([[0, 1, 3], [0, 1, 3]], np.float32))[0])
    [[1. 2. 0.]
     [1. 2. 0.]]
    """
    result = np.zeros((2, *luma.shape), np.float32)
    result[0, :, :-1] = luma[:, 1:] - luma[:, :-1]
    result[1, :-1, :] = luma[1:, :] - luma[:-1, :]
    return result


def sine_window(height: int, width: int) -> FloatArray:
    """Make the square root of a Hann window: applied to both factors, a product sees the window.

    Parameters
    ----------
    height, width : int
        Size of the window, H and W.

    Returns
    -------
    ndarray of float32
        (H, W), 1 in the middle, 0 on the border.
    """
    rows = np.sin(np.pi * np.arange(height) / max(1, height - 1))
    columns = np.sin(np.pi * np.arange(width) / max(1, width - 1))
    return np.outer(rows, columns).astype(np.float32)
