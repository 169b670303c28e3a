"""Richardson-Lucy deconvolution with total variation, of pictures and of volumes, flux kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from unblur.classical.volumes import as_kernel, each_plane, padded_shape, transfer_of
from unblur.degradation.convolution import FloatImage
from unblur.errors import ArgumentError

__all__ = ["Border", "richardson_lucy_tv"]

Border = Literal["reflect", "unknown", "wrap"]

_FAINTEST = 1e-6  # of the mean: keeps divisions finite
_SMOOTHING = 1e-2  # of the mean: differences below it do not count as edges
_PATIENCE = 0.2  # weight of the newest curvature: alone it makes flat places swing to and fro
_UNSEEN = 1e-2  # share of its light that a place outside the field must send in to be estimated


def richardson_lucy_tv(
    image: ArrayLike,
    psf: ArrayLike,
    *,
    num_iter: int = 50,
    tv_weight: float = 0.0,
    background: float = 0.0,
    spacing: Sequence[float] | None = None,
    boundary: Border = "reflect",
) -> FloatImage:
    """Deconvolve counts of photons: the most likely picture, smooth up to its edges.

    ``x <- x / (1 - t div(grad x / |grad x|)) . (h~ * (y / (h * x + b)))``, which for t = 0 is
    Richardson and Lucy's iteration for Poisson noise. After each step x is scaled so that as much
    light reaches the detector as was counted there: with t > 0 the penalty alone would take some
    away.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C), or a volume (Z, H, W) with a PSF of three axes; counts or anything
        proportional to light, in any range. Negative values count as zero. Not modified.
    psf : array_like
        (K, K) or (D, K, K), its origin in the middle.
    num_iter : int
        Number of iterations, zero or more.
    tv_weight : float
        Weight t of the total variation; 0.001 to 0.01 is usual. At least 0 and below
        ``1 / (2 * axes)``.
    background : float
        What the detector shows without any light (b), in the units of the image; the result is
        without it.
    spacing : sequence of float, optional
        Distance of neighbours along each axis of the PSF, in any unit, for the gradient; all equal
        when left out.
    boundary : {"reflect", "unknown", "wrap"}
        What lies beyond the border. "reflect": the scene goes on as in a mirror, and the sum of the
        picture is kept. "unknown": anything; it is estimated along with the rest (Bertero and
        Boccacci), and light that came from there is taken out of the picture. "wrap": periodic.

    Returns
    -------
    ndarray of float32
        Same shape, not negative, not clipped above.

    Raises
    ------
    ArrayError, PSFError
        When `image` is no float image or `psf` no PSF, or their axes do not fit.
    ArgumentError
        When a number is out of its range or `boundary` unknown.

    References
    ----------
    N. Dey et al., "Richardson-Lucy algorithm with total variation regularization for 3D confocal
    microscope deconvolution", Microscopy Research and Technique 69, 2006; border: M. Bertero,
    P. Boccacci, "A simple method for the reduction of boundary effects in the Richardson-Lucy
    approach to image deconvolution", Astronomy & Astrophysics 437, 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import convolve, gaussian_psf
    >>> sharp, psf = np.zeros((32, 32), np.float32), gaussian_psf(1.5)
    >>> sharp[12:20, 12:20] = 1000
    >>> restored = richardson_lucy_tv(convolve(sharp, psf), psf, tv_weight=0.002)
    >>> round(float(restored.sum() / sharp.sum()), 3)
    1.0
    """
    kernel = as_kernel(psf)
    if num_iter < 0:
        raise ArgumentError(f"num_iter must be zero or more, not {num_iter}")
    limit = 1 / (2 * kernel.ndim)
    if not 0 <= tv_weight < limit:
        raise ArgumentError(f"tv_weight must lie in [0, {limit:.3g}), not {tv_weight}: try 0.002")
    if not 0 <= background < math.inf:
        raise ArgumentError(f"the background must be zero or more, not {background}")
    if boundary not in get_args(Border):
        raise ArgumentError(f"unknown boundary {boundary!r}: use {', '.join(get_args(Border))}")
    shape = np.shape(image)[: kernel.ndim]
    if len(shape) < kernel.ndim:
        return each_plane(image, kernel, lambda plane: plane)  # says what does not fit
    field = _Field.make(kernel, shape, boundary)
    settings = _Settings(num_iter, tv_weight, background, _weights(spacing, kernel.ndim))
    return each_plane(image, kernel, lambda plane: _deconvolve(plane, field, settings))


@dataclass(frozen=True, eq=False)
class _Field:
    """What was seen, and the larger scene that sends its light there.

    Parameters
    ----------
    around : tuple of (int, int)
        Mirrored pixels laid around the picture before anything else.
    shape : tuple of int
        Of the picture with them.
    size : tuple of int
        Of the scene, at whose first corner that lies.
    transfer : ndarray
        Half spectrum of the PSF at that size.
    sensitivity : ndarray
        (size), which share of the light of each place is seen.
    """

    around: tuple[tuple[int, int], ...]
    shape: tuple[int, ...]
    size: tuple[int, ...]
    transfer: NDArray[np.complex64]
    sensitivity: FloatImage

    @classmethod
    def make(cls, kernel: FloatImage, shape: tuple[int, ...], boundary: Border) -> _Field:
        around = ((0, 0),) * kernel.ndim
        if boundary == "reflect":
            margins = tuple(extent if extent > 1 else 0 for extent in kernel.shape)
            size = padded_shape(shape, tuple(2 * margin for margin in margins))
            ends = zip(margins, size, shape, strict=True)
            around = tuple((margin, whole - margin - extent) for margin, whole, extent in ends)
            shape = size
        elif boundary == "unknown":
            size = padded_shape(shape, tuple(extent - 1 for extent in kernel.shape))
        else:
            size = shape
        transfer = transfer_of(kernel, size)
        field = cls(around, shape, size, transfer, np.ones(size, np.float32))
        if boundary != "unknown":
            return field
        return replace(field, sensitivity=field.back(np.ones(shape, np.float32)))

    def blur(self, scene: FloatImage) -> FloatImage:
        """What is seen (shape) of a scene (size)."""
        blurred = fft.irfftn(fft.rfftn(scene) * self.transfer, s=self.size, overwrite_x=True)
        return np.asarray(blurred[tuple(map(slice, self.shape))], dtype=np.float32)

    def back(self, values: FloatImage) -> FloatImage:
        """Send what is seen (shape) back to where it came from (size): the adjoint of `blur`."""
        spectrum = fft.rfftn(values, s=self.size)
        spectrum *= self.transfer.conj()
        return np.asarray(fft.irfftn(spectrum, s=self.size, overwrite_x=True), dtype=np.float32)

    def seen(self, scene: FloatImage) -> float:
        """How much light of a scene (size) is counted in the picture.

        What leaves a mirrored picture comes back in, so that is the sum of its own part.
        """
        if self.shape == self.size:
            return float(self.crop(scene).sum(dtype=np.float64))
        return float(np.sum(scene * self.sensitivity, dtype=np.float64))

    def crop(self, scene: FloatImage) -> FloatImage:
        """Return the part of a scene (size) behind the picture."""
        ends = zip(self.around, self.shape, strict=True)
        inside = tuple(slice(before, extent - after) for (before, after), extent in ends)
        return np.ascontiguousarray(scene[inside], dtype=np.float32)


@dataclass(frozen=True)
class _Settings:
    num_iter: int
    tv_weight: float
    background: float
    weights: tuple[float, ...]


def _deconvolve(plane: FloatImage, field: _Field, settings: _Settings) -> FloatImage:
    background = np.float32(settings.background)
    if settings.num_iter == 0:
        return np.asarray(np.maximum(plane - background, 0), dtype=np.float32)
    plane = np.maximum(plane, 0)
    light = float(plane.sum(dtype=np.float64)) - settings.background * plane.size
    if light <= 0:
        return np.zeros_like(plane)  # nothing but background
    counts = np.pad(plane, field.around, mode="symmetric")
    mean = light / plane.size
    floor, tv_weight = np.float32(_FAINTEST * mean), np.float32(settings.tv_weight)
    known = field.sensitivity > _UNSEEN
    share = np.where(known, field.sensitivity, 1)
    scene = np.where(known, np.float32(mean), 0).astype(np.float32)
    curvature = np.zeros_like(scene)
    for _ in range(settings.num_iter):
        explained = np.maximum(field.blur(scene) + background, floor)
        change = np.maximum(field.back(counts / explained), 0) / share
        if tv_weight:
            newest = _curvature(scene, _SMOOTHING * mean, settings.weights)
            curvature += np.float32(_PATIENCE) * (newest - curvature)
            change /= 1 - tv_weight * curvature
        scene = np.asarray(scene * change, dtype=np.float32)
        scene *= np.float32(light / field.seen(scene))
    return field.crop(scene)


def _curvature(scene: FloatImage, smoothing: float, weights: tuple[float, ...]) -> FloatImage:
    """``div(grad x / |grad x|)`` by differences of neighbours, minus the slope of the variation."""
    steps: list[FloatImage] = []
    for axis, weight in enumerate(weights):
        step = weight * np.diff(scene, axis=axis, append=np.take(scene, [-1], axis=axis))
        steps.append(np.asarray(step, dtype=np.float32))
    norm: FloatImage = np.full(scene.shape, smoothing**2, np.float32)
    for step in steps:
        norm += step * step
    np.sqrt(norm, out=norm)
    total: FloatImage = np.zeros_like(scene)
    for axis, (step, weight) in enumerate(zip(steps, weights, strict=True)):
        flow = np.float32(weight) * step / norm
        total += np.asarray(np.diff(flow, axis=axis, prepend=0), dtype=np.float32)
    return total


def _weights(spacing: Sequence[float] | None, axes: int) -> tuple[float, ...]:
    """Slopes per step along each axis, in steps of the finest."""
    if spacing is None:
        return (1.0,) * axes
    if len(spacing) != axes or not all(0 < step < math.inf for step in spacing):
        raise ArgumentError(f"the spacing must be {axes} positive numbers, not {tuple(spacing)}")
    return tuple(min(spacing) / step for step in spacing)
