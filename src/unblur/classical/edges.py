"""The border of a picture, as the Fourier methods need it.

A Fourier transform takes a picture as periodic: its right edge continues at its left. A photograph
does not, and deconvolution turns the jump between the two into ripples. `taper_edges` therefore
lays a strip around the photograph in which one edge turns into the opposite one, in such a way that
the whole could have been made by the PSF.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from unblur.degradation import as_psf, fast_shape, otf
from unblur.degradation.convolution import FloatImage, check_image, inverse_rfft2
from unblur.errors import ArgumentError
from unblur.runtime.checks import default_threads
from unblur.runtime.memory import reuse_memory

__all__ = ["EdgeMode", "Periodic", "pad_edges", "side_by_side", "taper_edges"]

EdgeMode = Literal["replicate", "reflect", "wrap", "zero"]
"""What lies beyond the border, by the names of `unblur.degradation.convolve`."""

_PAD_MODES: dict[str, Literal["edge", "symmetric"]] = {"replicate": "edge", "reflect": "symmetric"}
_T = TypeVar("_T")
_ROUNDS = 3
_TAPER_NSR = 0.01


@dataclass(frozen=True, eq=False)
class Periodic:
    """A picture made periodic, and the transfer function of the PSF at that size.

    Parameters
    ----------
    planes : ndarray of float32
        (C, H', W') with H' >= H and W' >= W; the picture lies in the top left corner. Where
        nothing is laid around the picture this is a view of it.
    transfer : ndarray of complex64
        (H', W' // 2 + 1), see `unblur.degradation.otf`.
    shape : tuple of int
        Shape (H, W) or (H, W, C) of the picture.
    """

    planes: FloatImage
    transfer: NDArray[np.complex64]
    shape: tuple[int, ...]

    def filtered(self, response: NDArray[np.complex64]) -> FloatImage:
        """Picture of the original shape after a filter, given by its half spectrum."""
        height, width = self.shape[:2]
        result = np.empty((height, width, len(self.planes)), np.float32)

        def filter_plane(number: int, threads: int) -> None:
            spectrum = forward(self.planes[number], threads)
            spectrum *= response
            result[..., number] = inverse(spectrum, self.planes.shape, threads)[:height, :width]

        side_by_side(filter_plane, len(self.planes))
        return result.reshape(self.shape)

    def crop(self, planes: FloatImage) -> FloatImage:
        """Bring planes (C, H', W') back to the shape of the picture."""
        inside = planes[:, : self.shape[0], : self.shape[1]]
        return np.ascontiguousarray(np.moveaxis(inside, 0, -1)).reshape(self.shape)


def pad_edges(image: ArrayLike, psf: ArrayLike, *, boundary: EdgeMode = "replicate") -> Periodic:
    """Lay a strip around an image that makes it periodic.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C). Not modified.
    psf : array_like
        (K, K), as `as_psf` takes it; the strip is about 2 K wide.
    boundary : {"replicate", "reflect", "wrap", "zero"}
        How the picture goes on beyond its border. "replicate" and "reflect" fade from one edge to
        the opposite one, "zero" is black, and with "wrap" the picture is periodic already.

    Returns
    -------
    Periodic
        The image in the top left corner of a larger, periodic one.

    Raises
    ------
    ArrayError, PSFError
        When `image` is no float image or `psf` no PSF.
    ArgumentError
        When `boundary` is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> pad_edges(np.zeros((20, 30), np.float32), np.ones((5, 5))).planes.shape
    (1, 36, 48)
    """
    values, kernel = check_image(image), as_psf(psf)
    if boundary not in get_args(EdgeMode):
        names = ", ".join(get_args(EdgeMode))
        raise ArgumentError(f"unknown boundary {boundary!r}: use one of {names}")
    reuse_memory()  # the methods take and free whole planes, over and over
    planes = np.moveaxis(values if values.ndim == 3 else values[:, :, None], -1, 0)
    if boundary != "wrap":
        strip = 2 * max(kernel.shape[0], 8)
        height, width = fast_shape((values.shape[0] + strip, values.shape[1] + strip))
        closed = _close(_close(planes, 1, height, boundary), 2, width, boundary)
        planes = np.ascontiguousarray(closed)
    rows, columns = planes.shape[1:]
    with fft.set_workers(default_threads()):
        transfer = otf(kernel, (rows, columns))
    return Periodic(planes, transfer, values.shape)


def taper_edges(image: ArrayLike, psf: ArrayLike, *, boundary: EdgeMode = "replicate") -> Periodic:
    """Lay a strip around an image such that the PSF could have made the whole.

    The strip of `pad_edges` is only a first guess. It is replaced by what the PSF makes of a Wiener
    estimate of the sharp picture, three times over. The image itself stays.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C). Not modified.
    psf : array_like
        (K, K), as `as_psf` takes it.
    boundary : {"replicate", "reflect", "wrap", "zero"}
        As in `pad_edges`, whose result is returned as it is for "wrap" and "zero", where nothing
        is unknown.

    Returns
    -------
    Periodic
        The image in the top left corner of a larger, periodic one.

    Raises
    ------
    ArgumentError, ArrayError, PSFError
        As `pad_edges`.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((20, 30, 3), 0.5, np.float32)
    >>> bool(np.allclose(taper_edges(grey, np.ones((5, 5))).planes, 0.5, atol=1e-5))
    True
    """
    framed = pad_edges(image, psf, boundary=boundary)
    if boundary not in _PAD_MODES:
        return framed
    planes, transfer = framed.planes, framed.transfer
    power = transfer.real**2 + transfer.imag**2
    deblur_and_blur = power / (power + np.float32(_TAPER_NSR))
    deblur_and_blur[0, 0] = 1  # the mean is not noise
    inside = np.s_[:, : framed.shape[0], : framed.shape[1]]
    for _ in range(_ROUNDS):
        spectrum = forward(planes)
        spectrum *= deblur_and_blur
        explained = inverse(spectrum, planes.shape)
        explained[inside] = framed.planes[inside]
        planes = explained
    return Periodic(planes, transfer, framed.shape)


def forward(planes: FloatImage, threads: int | None = None) -> NDArray[np.complex64]:
    """Half spectrum (..., H, W // 2 + 1) of planes (..., H, W), on all threads if not told."""
    with fft.set_workers(threads or default_threads()):
        return np.asarray(fft.rfft2(planes), dtype=np.complex64)


def inverse(
    spectrum: NDArray[np.complex64], shape: tuple[int, ...], threads: int | None = None
) -> FloatImage:
    """Planes of `shape` (..., H, W) from their half spectrum, which is used up."""
    with fft.set_workers(threads or default_threads()):
        return inverse_rfft2(spectrum, (shape[-2], shape[-1]))


def side_by_side(task: Callable[[int, int], _T], count: int) -> list[_T]:
    """Do a task for each plane, several at a time.

    Planes side by side are done sooner than one after the other with all threads inside each; the
    numbers are the same. Up to two share a processor, so that none waits for the last plane.

    Parameters
    ----------
    task : callable
        Takes the number of a plane, and how many threads it may use.
    count : int
        Number of planes.
    """
    threads = default_threads()
    inside = [max(1, threads // count)] * count
    with ThreadPoolExecutor(min(count, 2 * threads)) as pool:
        return list(pool.map(task, range(count), inside))


def _close(planes: FloatImage, axis: int, extent: int, boundary: EdgeMode) -> FloatImage:
    """Lengthen `planes` at the end of an axis to `extent`, so that the end meets the start."""
    gap = extent - planes.shape[axis]
    after, before = ([(0, 0)] * 3 for _ in range(2))
    after[axis], before[axis] = (0, gap), (gap, 0)
    if boundary == "zero":
        return np.pad(planes, after)
    mode = _PAD_MODES[boundary]
    leaving = np.take(np.pad(planes, after, mode=mode), np.arange(-gap, 0), axis=axis)
    arriving = np.take(np.pad(planes, before, mode=mode), np.arange(gap), axis=axis)
    fade = 0.5 + 0.5 * np.cos(np.pi * (np.arange(gap, dtype=np.float32) + 0.5) / gap)
    fade = fade.reshape([-1 if number == axis else 1 for number in range(3)])
    return np.concatenate([planes, fade * leaving + (1 - fade) * arriving], axis=axis)
