"""What storing a picture does to it: rounding to whole numbers, and JPEG."""

from __future__ import annotations

import io
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from unblur.degradation.convolution import FloatImage, check_image
from unblur.errors import ArgumentError, ArrayError
from unblur.images.color import to_dtype, to_float

__all__ = ["Subsampling", "jpeg_roundtrip", "quantise"]

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
"""How densely JPEG keeps the colours."""


def jpeg_roundtrip(
    image: ArrayLike, quality: int, *, subsampling: Subsampling = "4:2:0"
) -> FloatImage:
    """Write an image as JPEG and read it again.

    Parameters
    ----------
    image : array_like of float
        (H, W), (H, W, 1) or (H, W, 3), sRGB-encoded in [0, 1]; rounded to 8 bits and clipped
        first. Not modified.
    quality : int
        1 (worst) to 100 (best), as libjpeg counts.
    subsampling : {"4:4:4", "4:2:2", "4:2:0"}
        Colours kept in full, halved across, or halved both ways. No effect on a grey image.

    Returns
    -------
    ndarray of float32
        Same shape, multiples of 1/255.

    Raises
    ------
    ArrayError
        When the image is not float or has another shape.
    ArgumentError
        When the quality is out of range or the subsampling unknown.

    Examples
    --------
    >>> import numpy as np
    >>> float(jpeg_roundtrip(np.full((8, 8), 0.5, np.float32), 90)[0, 0])
    0.501960813999176
    """
    values = check_image(image)
    check_quality(quality)
    check_subsampling(subsampling)
    if values.ndim == 3 and values.shape[2] not in (1, 3):
        raise ArrayError(f"JPEG takes one or three channels, not the shape {values.shape}")
    pixels = to_dtype(values, np.uint8)
    flat = pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels
    stored = io.BytesIO()
    options = {} if flat.ndim == 2 else {"subsampling": get_args(Subsampling).index(subsampling)}
    Image.fromarray(flat).save(stored, "JPEG", quality=int(quality), **options)
    with Image.open(stored) as picture:
        return to_float(np.asarray(picture)).reshape(values.shape)


def quantise(image: ArrayLike, bits: int = 8) -> FloatImage:
    """Clip an image to [0, 1] and round it to the numbers that `bits` bits can hold.

    Parameters
    ----------
    image : array_like of float
        (H, W) or (H, W, C). Not modified.
    bits : int
        1 to 16.

    Returns
    -------
    ndarray of float32
        Same shape, multiples of ``1 / (2**bits - 1)`` in [0, 1].

    Raises
    ------
    ArrayError
        When the image is not float or has another number of axes.
    ArgumentError
        When `bits` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> quantise(np.array([[-0.1, 0.4, 0.6, 2.0]]), bits=1).tolist()
    [[0.0, 0.0, 1.0, 1.0]]
    """
    values = check_image(image)
    check_bits(bits)
    top = np.float32(2 ** int(bits) - 1)
    steps = np.clip(values, 0, 1)
    steps *= top
    np.rint(steps, out=steps)
    steps /= top
    return steps


def check_quality(quality: int) -> None:
    """Raise `ArgumentError` unless `quality` is a whole number in 1..100."""
    if quality not in range(1, 101):
        raise ArgumentError(f"the JPEG quality must be a whole number in 1..100, not {quality}")


def check_subsampling(subsampling: str) -> None:
    """Raise `ArgumentError` unless `subsampling` is a known one."""
    if subsampling not in get_args(Subsampling):
        names = ", ".join(get_args(Subsampling))
        raise ArgumentError(f"unknown JPEG subsampling {subsampling!r}: use one of {names}")


def check_bits(bits: int) -> None:
    """Raise `ArgumentError` unless `bits` is a whole number in 1..16."""
    if bits not in range(1, 17):
        raise ArgumentError(f"the bit depth must be a whole number in 1..16, not {bits}")
