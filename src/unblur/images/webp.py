"""WebP files, lossless where they were."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from PIL.WebPImagePlugin import WebPImageFile

from unblur.errors import ImageReadError, ImageWriteError
from unblur.images.modes import check_size, decode_pillow, encode_pillow, finish
from unblur.images.photo import Metadata, Photo, WebPSettings
from unblur.images.profiles import is_grey_profile, to_srgb

__all__ = ["read_webp", "write_webp"]

LONGEST_SIDE = 16383
QUALITY = 90  # a lossy WebP does not tell its quality; this hides the second compression


def read_webp(file: BinaryIO, max_pixels: int | None) -> Photo:
    """Read a still WebP."""
    chunks = _chunk_names(file)
    if b"ANIM" in chunks:
        raise ImageReadError("it is an animation: take out single frames first")
    file.seek(0)
    image = WebPImageFile(file)
    check_size(*image.size, max_pixels)
    image.load()
    info = image.info
    metadata = Metadata(exif=info.get("exif"), icc=info.get("icc_profile"), xmp=info.get("xmp"))
    encoding = WebPSettings(lossless=b"VP8L" in chunks)
    return finish(decode_pillow(image), metadata, format="WEBP", encoding=encoding)


def write_webp(photo: Photo, file: BinaryIO) -> None:
    """Write a WebP of 8 bits: lossless unless the source was a lossy picture.

    Raises
    ------
    ImageWriteError
        When the picture is too large for WebP.
    """
    if max(photo.width, photo.height) > LONGEST_SIDE:
        raise ImageWriteError(f"a side of a WebP has at most {LONGEST_SIDE} pixels: write PNG")
    lossy = photo.format == "JPEG"
    if isinstance(photo.encoding, WebPSettings):
        lossy = not photo.encoding.lossless
    photo = photo.as_dtype(np.uint8)
    metadata = photo.metadata
    image = encode_pillow(photo)
    if is_grey_profile(metadata.icc):
        # WebP stores RGB, which a grey profile cannot describe
        grey, alpha = encode_pillow(replace(photo, alpha=None)), photo.alpha
        image, icc, _ = to_srgb(grey, metadata.icc)
        if alpha is not None:
            image.putalpha(encode_pillow(Photo(alpha[:, :, np.newaxis])))
        metadata = replace(metadata, icc=icc)
    image.save(
        file,
        "WEBP",
        lossless=not lossy,
        quality=QUALITY,
        exact=True,  # colours below transparent parts are pictures too
        exif=metadata.exif or b"",
        icc_profile=metadata.icc,
        xmp=metadata.xmp or b"",
    )


def _chunk_names(file: BinaryIO) -> set[bytes]:
    names: set[bytes] = set()
    file.seek(12)
    while len(head := file.read(8)) == 8:
        names.add(head[:4])
        size = int.from_bytes(head[4:], "little")
        file.seek(size + size % 2, io.SEEK_CUR)
    return names
