"""Several frames of one scene into one sharp picture: Fourier burst accumulation.

A shake blurs every frame differently: what one has lost in a frequency, another has kept. So each
frequency is taken mostly from the frames that are strongest there, after registration.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from unblur.classical.ghosts import agreement
from unblur.classical.registration import Motion, register, warp
from unblur.degradation.convolution import FloatImage
from unblur.errors import ArgumentError, ArrayError
from unblur.images.arrays import Picture, as_image
from unblur.images.color import linear_to_srgb, srgb_to_linear

__all__ = ["Burst", "BurstFrame", "merge_burst"]

Spectrum = NDArray[np.complex64]

_STILL = 0.02  # px: a frame that moved less is not resampled
_ERROR = 0.05  # of the brightness of a frame that lies on the first; more is another thing
_SAME_SCENE = 0.5  # correlation below which a registration has failed


@dataclass(frozen=True)
class BurstFrame:
    """What was found about one frame.

    Parameters
    ----------
    shift : tuple of float
        Px down and right by which its centre is off that of the first frame.
    rotation : float
        Degrees counter-clockwise.
    gain : float
        What its light was multiplied by to be as bright as the first.
    agreement : float
        Correlation with the first frame once aligned.
    used : bool
        False if it shows something else, or could not be aligned.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    gain: float = 1.0
    agreement: float = 1.0
    used: bool = True

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold."""
        return {
            "used": self.used,
            "shift": [round(part, 3) for part in self.shift],
            "rotation": round(self.rotation, 4),
            "gain": round(self.gain, 4),
            "agreement": round(self.agreement, 4),
        }


class Burst:
    """Takes frames one by one, and keeps only their sums: memory does not grow with their number.

    Parameters
    ----------
    power : float
        0 gives the mean of the frames, infinity the strongest frame in each frequency.
    align : bool
        Register every frame onto the first, which stands in where a frame shows nothing of the
        scene, or something that moved in it.
    linear : bool
        Work on linear light; else on the encoded values, as published, which measures better.

    Raises
    ------
    ArgumentError
        When `power` is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur import Burst
    >>> burst = Burst(align=False)
    >>> for level in (100, 100):
    ...     _ = burst.add(np.full((20, 20), level, np.uint8))
    >>> int(burst.merge()[0, 0])
    100
    """

    def __init__(self, *, power: float = 11.0, align: bool = True, linear: bool = False) -> None:
        if not power >= 0:
            raise ArgumentError(f"the power must be zero or more, not {power}: try 11")
        self._power = np.float32(power)
        self._align = align
        self._linear = linear
        self._first: FloatImage | None = None
        self._back: Callable[[FloatImage], Any] | None = None
        self._sums: _Sums | None = None

    def add(self, frame: Picture) -> BurstFrame:
        """Take one more frame.

        Parameters
        ----------
        frame : ndarray or PIL.Image.Image
            (H, W) or (H, W, C): uint8, uint16, or float in [0, 1]; or a PIL image. Not modified.

        Returns
        -------
        BurstFrame
            How it lies on the first frame, and whether it was used.

        Raises
        ------
        ArrayError
            When it is no picture or its shape is not that of the first.
        """
        image, back = as_image(frame)
        light = srgb_to_linear(image) if self._linear else image
        if self._first is None or self._sums is None:
            self._first, self._back = light, back
            self._sums = _Sums(light.shape, self._power)
            self._sums.add(light)
            return BurstFrame()
        if light.shape != self._first.shape:
            raise ArrayError(
                f"a frame of shape {light.shape} does not fit the first of {self._first.shape}: "
                "give frames of one size and kind"
            )
        found = BurstFrame()
        if self._align:
            light, found = _laid_on(light, self._first)
            if found.used:
                light = self._without_ghosts(light, self._first)
        if found.used:
            self._sums.add(light)
        return found

    def _without_ghosts(self, light: FloatImage, first: FloatImage) -> FloatImage:
        encode = linear_to_srgb if self._linear else np.asarray
        share = agreement(encode(light), encode(first), error=_ERROR)[..., None]
        return first + share * (light - first)

    def merge(self) -> Any:
        """Merge what was added so far.

        Returns
        -------
        ndarray or PIL.Image.Image
            The same kind as the first frame, with its alpha.

        Raises
        ------
        ArgumentError
            When no frame was added.
        """
        if self._sums is None or self._back is None:
            raise ArgumentError("a burst without frames cannot be merged: add one or more")
        light = self._sums.picture()
        return self._back(linear_to_srgb(light) if self._linear else light)


def merge_burst(
    frames: Iterable[Picture], *, power: float = 11.0, align: bool = True, linear: bool = False
) -> Any:
    """Merge frames of one scene, each shaken differently, into one sharp picture.

    ``u = IFFT(sum_i w_i V_i)`` with ``w_i = (G * |V_i|)^p / sum_j (G * |V_j|)^p``, where V_i is the
    Fourier transform of a frame, ``|V_i|`` its magnitude averaged over the channels, and G a
    Gaussian of standard deviation min(H, W) / 50.

    Parameters
    ----------
    frames : iterable of ndarray or PIL.Image.Image
        One or more, all of one size; they may be loaded one by one, and are not kept.
    power : float
        The p above: 0 gives the mean of the frames, infinity the strongest in each frequency.
    align : bool
        Register every frame onto the first, which stands in where something moved. Frames that
        show something else are left out.
    linear : bool
        Work on linear light; else on the encoded values, as published, which measures better.

    Returns
    -------
    ndarray or PIL.Image.Image
        The same kind as the first frame, with its alpha.

    Raises
    ------
    ArgumentError
        When there are no frames or `power` is negative.
    ArrayError
        When a frame is no picture or its shape is not that of the first.

    References
    ----------
    M. Delbracio, G. Sapiro, "Removing camera shake via weighted Fourier burst accumulation", IEEE
    Transactions on Image Processing 24 (11), 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur import degrade, merge_burst, motion_psf
    >>> scene = np.kron(np.random.default_rng(0).random((16, 16)), np.ones((8, 8)))
    >>> frames = [degrade(scene, motion_psf(9, angle)) for angle in (0, 45, 90, 135)]
    >>> errors = [abs(each - scene).mean() for each in (merge_burst(frames), *frames)]
    >>> bool(errors[0] < 0.8 * min(errors[1:]))
    True
    """
    burst = Burst(power=power, align=align, linear=linear)
    for frame in frames:
        burst.add(frame)
    return burst.merge()


class _Sums:
    """Weighted sums over the frames, normalised by the largest magnitude met in each frequency.

    A power of 11 of a magnitude would overflow; its share of the largest one does not. When a
    frame brings a larger one, the sums so far are scaled down to it.
    """

    def __init__(self, shape: tuple[int, ...], power: np.float32) -> None:
        height, width, channels = shape
        half = (height, width // 2 + 1)
        self._shape = (height, width)
        self._power = power
        self._spectra: Spectrum = np.zeros((channels, *half), np.complex64)
        self._weights: FloatImage = np.zeros(half, np.float32)
        self._largest: FloatImage = np.zeros(half, np.float32)

    def add(self, light: FloatImage) -> None:
        spectra = [fft.rfft2(light[:, :, channel]) for channel in range(light.shape[2])]
        magnitude = np.mean([np.abs(spectrum) for spectrum in spectra], axis=0)
        smooth = _smoothed(np.asarray(magnitude, dtype=np.float32), self._shape)
        largest: FloatImage = np.maximum(self._largest, smooth)
        fading: FloatImage = (self._largest / largest) ** self._power
        weight: FloatImage = (smooth / largest) ** self._power
        self._largest = largest
        self._weights *= fading
        self._weights += weight
        for total, spectrum in zip(self._spectra, spectra, strict=True):
            total *= fading
            total += weight * spectrum

    def picture(self) -> FloatImage:
        planes = [fft.irfft2(total / self._weights, s=self._shape) for total in self._spectra]
        return np.stack(planes, axis=-1, dtype=np.float32)


def _smoothed(magnitude: FloatImage, shape: tuple[int, int]) -> FloatImage:
    """Smooth the half spectrum (H, W // 2 + 1) of a real picture's magnitudes, as a whole one."""
    sigma = min(shape) / 50
    reach = math.ceil(4 * sigma)
    mixed = ndimage.gaussian_filter1d(magnitude, sigma, axis=0, mode="wrap")
    mirrored = np.roll(mixed[::-1], 1, axis=0)  # the value at -row, which -column has at row
    columns = np.arange(-reach, mixed.shape[1] + reach) % shape[1]
    whole = np.where(columns < mixed.shape[1], columns, shape[1] - columns)
    wide = np.where(columns < mixed.shape[1], mixed[:, whole], mirrored[:, whole])
    smooth = ndimage.gaussian_filter1d(wide, sigma, axis=1, mode="nearest")
    inner = smooth[:, reach : reach + mixed.shape[1]]
    return np.maximum(inner, np.float32(1e-20))  # frames share equally what none of them has


def _laid_on(light: FloatImage, first: FloatImage) -> tuple[FloatImage, BurstFrame]:
    """Return a frame in the place and brightness of the first one, and how it was found."""
    motion = register(light, first)
    down, right = (float(part) for part in motion.shift)
    used = motion.agreement >= _SAME_SCENE
    found = BurstFrame((down, right), motion.rotation, motion.gain, motion.agreement, used)
    if not used:
        return light, found
    if _reach(motion, first.shape) > _STILL:
        moved, inside = warp(light, motion)
        light = np.where(inside[:, :, None], moved * np.float32(motion.gain), first)
    else:
        light = light * np.float32(motion.gain)
    return light, found


def _reach(motion: Motion, shape: tuple[int, ...]) -> float:
    """How far in px the motion moves any pixel, at most."""
    half = np.array(shape[:2]) / 2
    turned = np.abs(motion.matrix - np.eye(2)) @ half
    return float((turned + np.abs(motion.shift)).max())
