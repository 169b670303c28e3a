"""The effect in a part of the picture only: a mask says where."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unblur import decode_photo
from unblur.errors import ArrayError, ImageReadError

__all__ = ["blend", "read_mask"]

_ROWS = 256  # at a time: the whole as floats would take four times the picture's memory


def read_mask(data: bytes, height: int, width: int, max_pixels: int) -> NDArray[np.float32]:
    """Read a mask and scale it to a picture.

    Parameters
    ----------
    data : bytes
        File of a picture of any size, white where the restored picture shall be taken.
    height, width : int
        Of the picture.
    max_pixels : int
        Larger masks are refused.

    Returns
    -------
    ndarray of float32
        (height, width) in [0, 1], bilinear between the mask's pixels.

    Raises
    ------
    ArrayError
        When it cannot be read.
    """
    try:
        photo = decode_photo(data, max_pixels=max_pixels)
    except ImageReadError as error:
        raise ArrayError(f"the mask {error}") from error
    grey = Image.fromarray(photo.to_image().mean(axis=2, dtype=np.float32))
    scaled = grey.resize((width, height), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(scaled, dtype=np.float32), 0, 1)


def blend(before: NDArray[Any], after: NDArray[Any], mask: NDArray[np.float32]) -> NDArray[Any]:
    """Take one picture where the mask is 0, another where it is 1, and a mixture between.

    Parameters
    ----------
    before, after : ndarray
        (H, W, C), both uint8, uint16 or float32.
    mask : ndarray of float32
        (H, W) in [0, 1].

    Returns
    -------
    ndarray
        A new array of their type; integers are rounded.

    Examples
    --------
    >>> dark, bright = np.zeros((1, 3, 1), np.uint8), np.full((1, 3, 1), 200, np.uint8)
    >>> blend(dark, bright, np.array([[0, 0.5, 1]], np.float32))[0, :, 0].tolist()
    [0, 100, 200]
    """
    result = np.empty_like(before)
    for top in range(0, before.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        old, new = before[rows].astype(np.float32), after[rows].astype(np.float32)
        mixed = old + mask[rows, :, np.newaxis] * (new - old)
        result[rows] = np.rint(mixed) if before.dtype.kind == "u" else mixed
    return result
