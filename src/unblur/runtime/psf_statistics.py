"""The closed-form PSF in NumPy, from predicted sharp edges and observed gradients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

__all__ = ["PSFStatistics"]

FloatArray = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex64]


class PSFStatistics:
    """Sums over windows from which a PSF follows in closed form.

    Windows that say more (stronger edges) weigh more by themselves, so flat ones do no harm.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the transforms, at least those of the windows.

    References
    ----------
    Schuler, Hirsch, Harmeling, Schölkopf: "Learning to deblur", IEEE TPAMI, 2016.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        half = (shape[0], shape[1] // 2 + 1)
        self._cross = np.zeros(half, np.complex64)
        self._edge_energy = np.zeros(half, np.float32)
        self._energy = np.zeros(half, np.float32)

    def add(self, edges: FloatArray, observed: FloatArray) -> None:
        """Add one window.

        Parameters
        ----------
        edges, observed : ndarray of float32
            Predicted sharp edges and observed gradients, both (2, H, W), x first. Not modified.
        """
        sharp = fft.rfft2(edges, s=self._shape)
        blurred = fft.rfft2(observed, s=self._shape)
        self._cross += (sharp.conj() * blurred).sum(0)
        self._edge_energy += (np.abs(sharp) ** 2).sum(0)
        self._energy += (np.abs(blurred) ** 2).sum(0)

    def closed_form(
        self, level: float, size: int, *, centre: tuple[float, float] = (0.0, 0.0)
    ) -> FloatArray:
        """PSF that the windows agree on.

        It is ``K = sum conj(G) F / (sum |G|^2 + level mean |G|^2)`` over the spectra G of the
        predicted edges and F of the observed gradients.

        Parameters
        ----------
        level : float
            Regularisation, relative to the mean energy of the edges.
        size : int
            Side of the PSF, odd.
        centre : tuple of float
            Pixels right of and above the origin that come into the middle. The spectrum is turned,
            so nothing is smeared as by interpolation.

        Returns
        -------
        ndarray of float32
            (size, size), neither non-negative nor of the sum 1.
        """
        full = float(self._edge_energy.mean()) + 1e-6
        closed = self._cross / (self._edge_energy + level * full)
        if centre != (0.0, 0.0):
            x, y = centre
            fy, fx = fft.fftfreq(self._shape[0])[:, None], fft.rfftfreq(self._shape[1])[None]
            closed *= np.exp(2j * np.pi * (x * fx - y * fy)).astype(np.complex64)
        return self._support(closed, size)

    def maps(self, level: float, size: int) -> FloatArray:
        """Draw up all that the windows say of the PSF.

        Parameters
        ----------
        level : float
            As for `closed_form`.
        size : int
            Side of the maps, odd.

        Returns
        -------
        ndarray of float32
            (3, size, size): the closed-form PSF, the autocorrelation of the gradients (1 in its
            centre), and the whitened cross-correlation.
        """
        strength = np.abs(self._cross)
        flat = self._cross / (strength + 0.05 * float(strength.mean()) + 1e-6)
        correlation = self._support(self._energy.astype(np.complex64), size)
        correlation /= max(float(correlation[size // 2, size // 2]), 1e-8)
        return np.stack([self.closed_form(level, size), correlation, self._support(flat, size)])

    def _support(self, spectrum: ComplexArray, size: int) -> FloatArray:
        """Inverse transform about lag zero, (size, size), the spectrum being used up."""
        lags = np.arange(size) - size // 2
        rows = fft.ifft(spectrum, axis=0, overwrite_x=True)[lags]
        part: FloatArray = fft.irfft(rows, n=self._shape[1], axis=1)[:, lags]
        return part
