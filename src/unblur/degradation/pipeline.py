"""From a sharp picture to what a camera would have stored: blur, noise, compression."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from unblur.degradation.convolution import (
    Boundary,
    FloatImage,
    check_boundary,
    check_image,
    convolve,
)
from unblur.degradation.jpeg import (
    Subsampling,
    check_bits,
    check_quality,
    check_subsampling,
    jpeg_roundtrip,
    quantise,
)
from unblur.degradation.noise import add_noise
from unblur.degradation.support import PSF, as_psf
from unblur.errors import ArgumentError
from unblur.images.color import linear_to_srgb, srgb_to_linear

__all__ = ["Degradation"]


@dataclass(frozen=True, eq=False)
class Degradation:
    """What happens to a picture between the scene and the file, in the order of a camera.

    1. The sRGB curve is undone (only if `linear`).
    2. The PSF blurs.
    3. The exposure gain `saturation` is applied.
    4. Shot noise of variance ``shot_noise * signal`` is added.
    5. The sensor is full: values are clipped to [0, 1].
    6. The sRGB curve is applied (only if `linear`).
    7. Read noise of standard deviation `read_noise` is added, to *encoded* values.
    8. The result is clipped to [0, 1] and rounded to `bits` bits, or first stored as JPEG.

    Parameters
    ----------
    psf : array_like
        (K, K), see `as_psf`.
    linear : bool
        Blur in linear light, as optics do. If false, steps 2 to 5 work on the encoded values.
    boundary : {"reflect", "replicate", "wrap", "zero", "valid"}
        What lies beyond the border, see `convolve`. "valid" makes the result smaller.
    saturation : float
        Gain before clipping, above 0. Above 1 it burns out highlights *after* they were blurred,
        as in a real camera: the blurred picture no longer is a convolution of the sharp one there.
    read_noise : float
        Standard deviation in encoded units.
    shot_noise : float
        Variance per unit of signal, in the space in which the blur works.
    jpeg_quality : int, optional
        1 to 100; no JPEG when left out.
    jpeg_subsampling : {"4:4:4", "4:2:2", "4:2:0"}
        How densely JPEG keeps the colours.
    bits : int, optional
        Bit depth of the result, 1 to 16; ``None`` leaves it unrounded.

    Raises
    ------
    PSFError
        When `psf` is no PSF.
    ArgumentError
        When another value is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from unblur.degradation import gaussian_psf
    >>> camera = Degradation(gaussian_psf(1.5), read_noise=0.005)
    >>> camera.apply(np.zeros((32, 32, 3), np.float32), seed=0).shape
    (32, 32, 3)
    """

    psf: PSF
    linear: bool = True
    boundary: Boundary = "reflect"
    saturation: float = 1.0
    read_noise: float = 0.0
    shot_noise: float = 0.0
    jpeg_quality: int | None = None
    jpeg_subsampling: Subsampling = "4:2:0"
    bits: int | None = 8

    def __post_init__(self) -> None:
        object.__setattr__(self, "psf", as_psf(self.psf))
        check_boundary(self.boundary)
        check_subsampling(self.jpeg_subsampling)
        if not 0 < self.saturation < math.inf:
            raise ArgumentError(f"the saturation must be above zero, not {self.saturation}")
        for name in ("read_noise", "shot_noise"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ArgumentError(f"{name} must be zero or more, not {getattr(self, name)}")
        if self.jpeg_quality is not None:
            check_quality(self.jpeg_quality)
        if self.bits is not None:
            check_bits(self.bits)

    def apply(self, image: ArrayLike, seed: int | np.random.Generator | None = None) -> FloatImage:
        """Degrade an image.

        Parameters
        ----------
        image : array_like of float
            (H, W) or (H, W, C), sRGB-encoded in [0, 1]. Not modified.
        seed : int or numpy.random.Generator, optional
            The same seed gives the same noise; a new one each time when left out.

        Returns
        -------
        ndarray of float32
            Same shape, in [0, 1]; (H - K + 1, W - K + 1) for the boundary "valid".

        Raises
        ------
        ArrayError
            When the image is not float, has another number of axes, or is too small for "valid".
        """
        rng = np.random.default_rng(seed)
        light = check_image(image)
        if self.linear:
            light = srgb_to_linear(light)
        light = convolve(light, self.psf, boundary=self.boundary)
        light = self._expose(light)
        if self.shot_noise:
            light = add_noise(light, shot=self.shot_noise, rng=rng)
        np.clip(light, 0, 1, out=light)
        return self._store(linear_to_srgb(light) if self.linear else light, rng)

    def exposed(self, image: ArrayLike) -> FloatImage:
        """Return the sharp counterpart of `apply`: the same exposure, but no blur and no noise.

        Parameters
        ----------
        image : array_like of float
            (H, W) or (H, W, C), sRGB-encoded in [0, 1]. Not modified.

        Returns
        -------
        ndarray of float32
            Same shape, in [0, 1], not rounded; `crop_valid` cuts it to match the boundary "valid".

        Raises
        ------
        ArrayError
            When the image is not float or has another number of axes.
        """
        sharp = check_image(image)
        if self.saturation == 1:
            return np.clip(sharp, 0, 1)
        light = srgb_to_linear(sharp) if self.linear else sharp.copy()
        light = np.clip(self._expose(light), 0, 1)
        return linear_to_srgb(light) if self.linear else light

    def _expose(self, light: FloatImage) -> FloatImage:
        if self.saturation != 1:
            light *= np.float32(self.saturation)
        return light

    def _store(self, encoded: FloatImage, rng: np.random.Generator) -> FloatImage:
        if self.read_noise:
            encoded = add_noise(encoded, read=self.read_noise, rng=rng)
        if self.jpeg_quality is not None:
            encoded = jpeg_roundtrip(encoded, self.jpeg_quality, subsampling=self.jpeg_subsampling)
        return np.clip(encoded, 0, 1) if self.bits is None else quantise(encoded, self.bits)
