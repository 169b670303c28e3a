"""How far into a tile its border is seen, where neighbours must therefore overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.degradation.convolution import otf

__all__ = ["context_of"]

FloatArray = npt.NDArray[np.float32]
SIDE = 512  # pixels in which a filter has room to fall off
LEVEL = (
    0.03  # of the Wiener filter, times the spectrum of natural pictures, as the networks know it
)
TAIL = 0.003  # of the filter's energy that may lie further off
NETWORK = 8  # pixels that the networks add to the reach of the filter
LEAST, MOST = 16, 64  # pixels; beyond the last one larger tiles would cost more than they gain,
BEYOND = 24  # unless the PSF itself reaches nearly so far: then as many more than it does


def context_of(psf: FloatArray) -> tuple[int, int]:
    """Rows and columns inside a tile's border that are no better than a guess.

    A deconvolution carries what is wrong at the border as far inside as its filter reaches: a few
    pixels for a small round blur, and many times its length for a motion, but not across it.

    Parameters
    ----------
    psf
        PSF (K, K), sum 1.

    Returns
    -------
    tuple of int
        Along the vertical and the horizontal axis.

    Examples
    --------
    >>> from unblur.degradation import disk_psf, motion_psf
    >>> context_of(disk_psf(3)), context_of(motion_psf(15, 0))
    ((20, 20), (16, 64))
    """
    transfer = otf(psf, (SIDE, SIDE))
    fy, fx = fft.fftfreq(SIDE)[:, None], fft.rfftfreq(SIDE)[None]
    weight = LEVEL * (16 * (fy**2 + fx**2) + 0.02)
    inverse = fft.irfft2(transfer.conj() / (np.abs(transfer) ** 2 + weight), s=(SIDE, SIDE))
    energy = inverse**2
    most = max(MOST, psf.shape[0] // 2 + BEYOND)
    down, across = (
        int(np.clip(_reach(energy.sum(axis)) + NETWORK, LEAST, most)) for axis in (1, 0)
    )
    return down, across


def _reach(energy: npt.NDArray[np.floating]) -> int:
    """Distance from the origin, at index 0 of a circle, within which all but the tail lies."""
    half = SIDE // 2
    rings = energy[: half + 1].copy()
    rings[1:half] += energy[:half:-1]
    beyond = 1 - np.cumsum(rings) / rings.sum()
    return int(np.argmax(beyond < TAIL))
