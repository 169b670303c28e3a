"""BMP files."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL.BmpImagePlugin import BmpImageFile

from unblur.images.modes import check_size, decode_pillow, encode_pillow, finish
from unblur.images.photo import Metadata, Photo

__all__ = ["read_bmp", "write_bmp"]


def read_bmp(file: BinaryIO, max_pixels: int | None) -> Photo:
    """Read a BMP."""
    image = BmpImageFile(file)
    check_size(*image.size, max_pixels)
    image.load()
    return finish(decode_pillow(image), Metadata(dpi=image.info.get("dpi")), format="BMP")


def write_bmp(photo: Photo, file: BinaryIO) -> None:
    """Write a BMP of 8 bits a colour; it has no place for EXIF, ICC or XMP."""
    image = encode_pillow(photo.as_dtype(np.uint8))
    image = image.convert("RGBA") if image.mode == "LA" else image
    image.save(file, "BMP", dpi=photo.metadata.dpi or (96, 96))
