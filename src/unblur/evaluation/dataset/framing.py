"""From a photograph of any size to the square that a data set keeps of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from unblur.errors import ArrayError
from unblur.evaluation.dataset.settings import DatasetSettings

__all__ = ["Frame", "cut_square"]

Image = NDArray[np.float32]


class Frame(NamedTuple):
    """Which part of a photograph was taken.

    Attributes
    ----------
    top, left, height, width : int
        In the photograph's pixels.
    """

    top: int
    left: int
    height: int
    width: int


def cut_square(
    photo: Image, settings: DatasetSettings, rng: np.random.Generator
) -> tuple[Image, Frame]:
    """Take the square that is blurred, in colour.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, C)
        Grey or RGB, in [0, 1]; values outside are clipped.
    settings : DatasetSettings
        Size, and whether to resize the whole or to cut a crop.
    rng : numpy.random.Generator
        Draws the place of a crop.

    Returns
    -------
    square : ndarray of float32, shape (N, N, 3)
        N is the settings' `source_size`.
    frame : Frame
        What it shows.

    Raises
    ------
    ArrayError
        If the photograph has fewer than N rows or columns.

    Examples
    --------
    >>> photo = np.zeros((200, 300, 1), np.float32)
    >>> square, frame = cut_square(photo, DatasetSettings(), np.random.default_rng(0))
    >>> square.shape, frame.width
    ((144, 144, 3), 300)
    """
    size = settings.source_size
    height, width = photo.shape[:2]
    if min(height, width) < size:
        raise ArrayError(f"{width}x{height} pixels, {size}x{size} are needed")
    photo = np.clip(photo, 0, 1)
    if settings.framing == "crop":
        top, left = (int(rng.integers(extent - size, endpoint=True)) for extent in (height, width))
        frame = Frame(top, left, size, size)
        square = photo[top : top + size, left : left + size]
    else:
        frame = Frame(0, 0, height, width)
        square = _resize(photo, size, settings.resample)
    return np.ascontiguousarray(np.broadcast_to(square, (size, size, 3))), frame


def _resize(photo: Image, size: int, resample: str) -> Image:
    channels = (PillowImage.fromarray(photo[:, :, index]) for index in range(photo.shape[2]))
    way = PillowImage.Resampling[resample.upper()]
    resized = [np.asarray(channel.resize((size, size), way)) for channel in channels]
    return np.asarray(np.clip(np.stack(resized, axis=2), 0, 1))
