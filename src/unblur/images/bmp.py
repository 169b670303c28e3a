"""BMP files."""

from __future__ import annotations

import struct
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
    photo = photo.as_dtype(np.uint8)
    dpi = photo.metadata.dpi or (96, 96)
    image = encode_pillow(photo)
    if photo.alpha is None:
        image.save(file, "BMP", dpi=dpi)
        return
    # Pillow's header does not tell that the fourth byte is alpha: that of Windows 95 does
    pixels = image.convert("RGBA").tobytes("raw", "BGRA", 0, -1)  # bottom row first
    across, down = (round(value / 0.0254) for value in dpi)
    header = struct.pack(
        "<IiiHHIIiiII", 108, photo.width, photo.height, 1, 32, 3, len(pixels), across, down, 0, 0
    )
    masks = struct.pack("<IIII4s", 0xFF0000, 0xFF00, 0xFF, 0xFF000000, b"BGRs")
    start = 14 + 108
    file.write(struct.pack("<2sIII", b"BM", start + len(pixels), 0, start))
    file.write((header + masks).ljust(108, b"\0") + pixels)
