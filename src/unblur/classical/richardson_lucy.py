"""Richardson-Lucy deconvolution, damped against noise, with a known and with an unknown PSF."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unblur.classical.edges import (
    EdgeMode,
    Periodic,
    forward,
    inverse,
    side_by_side,
    taper_edges,
)
from unblur.degradation import PSF, as_psf, otf
from unblur.degradation.convolution import FloatImage, check_image
from unblur.errors import ArgumentError, ArrayError

__all__ = ["blind_richardson_lucy", "richardson_lucy"]

_FLOOR = np.float32(1e-6)  # keeps divisions finite; far below one step of 16 bits
_SHARPNESS = 10  # White's N: how abruptly damping sets in


def richardson_lucy(
    image: ArrayLike,
    psf: ArrayLike,
    *,
    num_iter: int = 30,
    damping: float = 0.0,
    start: ArrayLike | None = None,
    boundary: EdgeMode = "replicate",
) -> FloatImage:
    """Deconvolve by Richardson and Lucy's iteration, ``x <- x . (h~ * (y / (h * x)))``.

    It comes closer and closer to the most likely sharp picture under photon noise, so the number of
    iterations is also the strength: too many bring out noise and ripples.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), blurred, not negative, usually in [0, 1] (negative values count as
        zero); in linear light where the blur is optical. Not modified.
    psf : array_like
        (K, K), as `as_psf` takes it, its origin at ``K // 2``.
    num_iter : int
        Number of iterations, zero or more.
    damping : float
        Deviation between ``h * x`` and ``y``, in the units of the image, below which a pixel counts
        as explained and stops changing: two or three times the noise. It is White's damping with
        the square of the deviation in the place of the likelihood ratio of photon counts. 0 is off.
    start : array_like of float, optional
        The shape of `image`: where to start, an earlier result to go on from, say. The blurred
        picture if not given.
    boundary : {"replicate", "reflect", "wrap", "zero"}
        How the picture goes on beyond its border, see `taper_edges`.

    Returns
    -------
    ndarray of float32
        Same shape, not negative, not clipped above.

    Raises
    ------
    ArrayError, PSFError
        When `image` or `start` is no float image, their shapes differ, or `psf` is no PSF.
    ArgumentError
        When `num_iter` or `damping` is negative or `boundary` unknown.

    References
    ----------
    W. H. Richardson, JOSA 62 (1), 1972; L. B. Lucy, Astronomical Journal 79 (6), 1974; damping:
    R. L. White, "Image restoration using the damped Richardson-Lucy method", SPIE 2198, 1994.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, gaussian_psf
    >>> stars, psf = np.zeros((32, 32), np.float32), gaussian_psf(1.5)
    >>> stars[8, 8] = stars[20, 24] = 1
    >>> float(richardson_lucy(convolve(stars, psf), psf, num_iter=200)[8, 8].round(1))
    0.9
    """
    _check(num_iter=num_iter, damping=damping)
    blurred = _non_negative(image, psf, boundary)
    sharp = blurred.planes if start is None else _framed_start(start, blurred)
    back = blurred.transfer.conj()

    def deconvolve(channel: int, threads: int) -> FloatImage:
        alone = replace(blurred, planes=blurred.planes[channel])
        present: FloatImage = sharp[channel]
        for _ in range(num_iter):
            present = _sharpen(present, alone, back, damping, threads)
        return present

    return blurred.crop(np.stack(side_by_side(deconvolve, len(sharp))))


def blind_richardson_lucy(
    image: ArrayLike,
    psf: ArrayLike | None = None,
    *,
    size: int = 15,
    num_iter: int = 10,
    psf_iter: int = 10,
    damping: float = 0.0,
    boundary: EdgeMode = "replicate",
) -> tuple[FloatImage, PSF]:
    """Deconvolve with an unknown PSF: Richardson-Lucy on the picture and on the PSF in turn.

    A bright, even background tells the PSF little, so the PSF changes slowly and stays close to
    where it starts: on photographs this is a control, with stars on black it works. Give a guess of
    the PSF where there is one.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), as for `richardson_lucy`. Not modified.
    psf : array_like, optional
        (K, K) to start from, as `as_psf` takes it. Pixels that are zero stay zero. A flat square of
        `size` px when left out.
    size : int
        Odd; used only without `psf`.
    num_iter : int
        Number of rounds.
    psf_iter : int
        Iterations on the PSF in each round, before one on the picture; 1 is enough for stars.
    damping : float
        As for `richardson_lucy`, for the picture alone.
    boundary : {"replicate", "reflect", "wrap", "zero"}
        How the picture goes on beyond its border, see `taper_edges`.

    Returns
    -------
    image : ndarray of float32
        Same shape, not negative, not clipped above.
    psf : ndarray of float32
        (K, K), sum 1.

    Raises
    ------
    ArrayError, PSFError
        When `image` is no float image or `psf` no PSF.
    ArgumentError
        When `size` is not odd, a number is negative, or `boundary` is unknown.

    References
    ----------
    D. A. Fish, A. M. Brinicombe, E. R. Pike, J. G. Walker, "Blind deconvolution by means of the
    Richardson-Lucy algorithm", JOSA A 12 (1), 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, gaussian_psf
    >>> stars = np.zeros((32, 32), np.float32)
    >>> stars[8, 8] = stars[20, 24] = 1
    >>> blurred = convolve(stars, gaussian_psf(1.5))
    >>> restored, psf = blind_richardson_lucy(blurred, size=9, psf_iter=1)
    >>> psf.shape, bool(restored.max() > blurred.max())
    ((9, 9), True)
    """
    _check(num_iter=num_iter, psf_iter=psf_iter, damping=damping)
    if size < 1 or size % 2 == 0:
        raise ArgumentError(f"the size of a PSF must be odd and positive, not {size}")
    estimate = as_psf(np.ones((size, size)) if psf is None else psf)
    blurred = _non_negative(image, estimate, boundary)
    sharp = blurred.planes
    for _ in range(num_iter):
        for _ in range(psf_iter):
            estimate = _sharpen_psf(estimate, sharp, blurred)
            transfer = otf(estimate, (sharp.shape[1], sharp.shape[2]))
            blurred = replace(blurred, transfer=transfer)
        sharp = _sharpen(sharp, blurred, blurred.transfer.conj(), damping)
    return blurred.crop(sharp), estimate


def _non_negative(image: ArrayLike, psf: ArrayLike, boundary: EdgeMode) -> Periodic:
    framed = taper_edges(np.maximum(check_image(image), 0), psf, boundary=boundary)
    planes = np.ascontiguousarray(framed.planes)  # gone through again and again
    return replace(framed, planes=np.maximum(planes, _FLOOR))


def _framed_start(start: ArrayLike, blurred: Periodic) -> FloatImage:
    """Planes to start from; around the picture they are those of the blurred one."""
    values = check_image(start)
    if values.shape != blurred.shape:
        raise ArrayError(f"start must have the shape of the image {blurred.shape}: {values.shape}")
    planes = blurred.planes.copy()
    inside = planes[:, : values.shape[0], : values.shape[1]]
    inside[:] = np.moveaxis(values.reshape(*values.shape[:2], -1), -1, 0)
    return np.maximum(planes, _FLOOR, out=planes)


def _sharpen(
    sharp: FloatImage,
    blurred: Periodic,
    back: NDArray[np.complex64],
    damping: float,
    threads: int | None = None,
) -> FloatImage:
    """One iteration on the picture, planes (..., H, W); `back` is the conjugate of the OTF."""
    explained = _convolved(sharp, blurred.transfer, threads)
    np.maximum(explained, _FLOOR, out=explained)
    ratio = _damped_ratio(blurred.planes, explained, damping)
    change = _convolved(ratio, back, threads)
    change *= sharp
    return np.maximum(change, _FLOOR, out=change)


def _convolved(
    planes: FloatImage, transfer: NDArray[np.complex64], threads: int | None
) -> FloatImage:
    spectrum = forward(planes, threads)
    spectrum *= transfer
    return inverse(spectrum, planes.shape, threads)


def _sharpen_psf(estimate: PSF, sharp: FloatImage, blurred: Periodic) -> PSF:
    """One iteration on the PSF (K, K), where the picture takes the part of the PSF."""
    spectrum, radius = forward(sharp), estimate.shape[0] // 2
    explained = np.maximum(inverse(spectrum * blurred.transfer, sharp.shape), _FLOOR)
    ratio = _damped_ratio(blurred.planes, explained, 0.0)
    agreement = (forward(ratio) * spectrum.conj()).sum(axis=0)
    offsets = np.arange(-radius, radius + 1)  # counted from the corner, where zero shift lies
    rows, columns = (offsets % extent for extent in sharp.shape[1:])
    change = inverse(agreement, sharp.shape)[rows[:, None], columns]
    return as_psf(estimate * np.maximum(change, 0))


def _damped_ratio(seen: FloatImage, explained: FloatImage, damping: float) -> FloatImage:
    """Seen over explained, which is used up."""
    if damping == 0:
        return np.divide(seen, explained, out=explained)
    deviation = seen - explained
    doubt = np.minimum((deviation / np.float32(damping)) ** 2, 1)
    trust = doubt ** (_SHARPNESS - 1) * (_SHARPNESS - (_SHARPNESS - 1) * doubt)
    ratio: FloatImage = 1 + trust * deviation / explained
    return ratio


def _check(**counts: float) -> None:
    for name, value in counts.items():
        if not 0 <= value < math.inf:
            raise ArgumentError(f"{name} must be zero or more, not {value}")
