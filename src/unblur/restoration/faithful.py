"""Restoration by one linear filter that is known beforehand: nothing is invented."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from unblur.classical.bounded_wiener import MAX_GAIN, BoundedWiener
from unblur.degradation.noise_level import estimate_noise
from unblur.degradation.psf import as_psf
from unblur.errors import ArgumentError
from unblur.estimation.report import report_blur
from unblur.images.arrays import Picture, as_image
from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.restoration.report import ChangeBound, RestorationReport
from unblur.runtime.session import default_threads

__all__ = ["FaithfulRestorer"]


class FaithfulRestorer:
    """Restores pictures with a known PSF by `bounded_wiener`; used as a `Restorer`.

    Parameters
    ----------
    max_gain : float
        No frequency, that of noise neither, becomes stronger than this factor; from 1 up.
    threads : int, optional
        Processor threads; all that the process may use if not given.

    Raises
    ------
    ArgumentError
        If `max_gain` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import unblur
    >>> picture = np.random.default_rng(0).random((64, 64), np.float32)
    >>> sharp, report = FaithfulRestorer().restore_with_report(picture, unblur.gaussian_psf(1.0))
    >>> sharp.shape, report.bound.gain, report.bound.changed <= report.bound.change
    ((64, 64), 3.0, True)
    """

    def __init__(self, max_gain: float = MAX_GAIN, *, threads: int | None = None) -> None:
        if not max_gain >= 1:
            raise ArgumentError(f"the largest gain must be a number from 1 up, not {max_gain}")
        self._max_gain = max_gain
        self._threads = threads or default_threads()

    def restore_with_report(
        self,
        image: Picture,
        psf: npt.ArrayLike | None = None,
        *,
        strength: float = 1.0,
        linear: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Any, RestorationReport]:
        """Return the restored picture and what was done.

        Parameters
        ----------
        image : ndarray or PIL.Image.Image
            As for `Restorer.restore`.
        psf : array_like
            PSF (K, K) of the blur; it must be given, for an estimate would depend on the picture.
        strength : float
            0 gives the picture back as it is, 1 the whole filter.
        linear : bool
            Whether the filter works in linear light or on the encoded values.
        progress : callable, optional
            Called before and after.

        Returns
        -------
        picture : ndarray or PIL.Image.Image
            The same kind as `image`.
        report : RestorationReport
            With the bound on the change.

        Raises
        ------
        ArrayError, PSFError, ArgumentError
            If an argument cannot be used, or there is no PSF.
        """
        if psf is None:
            raise ArgumentError("a faithful restoration does not guess: give the PSF")
        if not 0 <= strength <= 1:
            raise ArgumentError(f"strength must lie between 0 and 1, not {strength}")
        start = time.perf_counter()
        tell = progress or (lambda done, tiles: None)
        tell(0, 1)
        encoded, back = as_image(image)
        kernel = as_psf(psf)
        light = srgb_to_linear(encoded) if linear else encoded
        with fft.set_workers(self._threads):
            method = BoundedWiener.make(kernel, light.shape[:2], self._max_gain)
            planes = [method.apply(light[:, :, channel]) for channel in range(light.shape[2])]
        change = np.float32(strength) * (np.stack(planes, axis=-1) - light)
        bound = ChangeBound(
            gain=self._max_gain,
            noise=1 + strength * (method.noise - 1),
            change=strength * method.change * float(np.ptp(light)) / 2,
            changed=float(np.abs(change).max()),
        )
        result = linear_to_srgb(light + change) if linear else light + change
        tell(1, 1)
        report = RestorationReport(
            blur=report_blur(kernel, estimate_noise(encoded)),
            blind=False,
            megapixels=light.shape[0] * light.shape[1] / 1e6,
            seconds=time.perf_counter() - start,
            tiles=1,
            tiles_kept=0,
            strength=strength,
            bound=bound,
        )
        return back(result), report
