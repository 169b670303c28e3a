"""JPEG files, compressed again with the tables and subsampling that they came with."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import numpy as np
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from unblur.errors import ImageWriteError
from unblur.images.modes import check_size, decode_pillow, encode_pillow, finish
from unblur.images.photo import JpegSettings, Metadata, Photo

__all__ = ["read_jpeg", "write_jpeg"]

LONGEST_SIDE = 65500
_SEGMENT = 65533  # bytes that fit a segment besides its own length
_COPIED = {"APP13": 0xED, "APP1": 0xE1}  # IPTC and Photoshop; continuations of XMP
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"


def read_jpeg(file: BinaryIO, max_pixels: int | None) -> Photo:
    """Read a JPEG; of several pictures in one file (MPO) the first."""
    image = JpegImageFile(file)
    check_size(*image.size, max_pixels)
    image.load()
    info = image.info
    extras = [
        (name, data)
        for name, data in image.applist
        if name == "APP13" or (name == "APP1" and data.startswith(_XMP_EXTENSION))
    ]
    if "comment" in info:
        extras.append(("COM", bytes(info["comment"])))
    metadata = Metadata(
        exif=info.get("exif"),
        icc=info.get("icc_profile"),
        dpi=info.get("dpi"),
        xmp=info.get("xmp"),
        extras=tuple(extras),
    )
    notes = ("further pictures in the file (MPO) were left out",) if "mp" in info else ()
    encoding = None if image.mode == "CMYK" else _settings(image)
    return finish(decode_pillow(image), metadata, format="JPEG", encoding=encoding, notes=notes)


def write_jpeg(photo: Photo, file: BinaryIO) -> None:
    """Write a JPEG of 8 bits, by default with quality 95 and full colour resolution.

    Raises
    ------
    ImageWriteError
        When the picture is too large for JPEG, has transparent parts, or its metadata do not fit.
    """
    if max(photo.width, photo.height) > LONGEST_SIDE:
        raise ImageWriteError(f"a side of a JPEG has at most {LONGEST_SIDE} pixels: write PNG")
    photo = photo.as_dtype(np.uint8)
    if photo.alpha is not None and photo.alpha.min() < 255:
        raise ImageWriteError("JPEG cannot hold transparency: write PNG, WebP or TIFF")
    metadata = photo.metadata
    extras = metadata.extras if photo.format == "JPEG" else ()
    exif = b"Exif\0\0" + metadata.exif if metadata.exif else b""
    for name, data in [("EXIF", exif), ("XMP", (metadata.xmp or b"") + bytes(29))]:
        if len(data) > _SEGMENT:
            raise ImageWriteError(
                f"{len(data)} bytes of {name} do not fit a JPEG: write PNG or TIFF, "
                "or strip the metadata"
            )
    settings = photo.encoding if isinstance(photo.encoding, JpegSettings) else None
    options: dict[str, Any] = {
        "quality": -1 if settings else 95,
        "qtables": [list(table) for table in settings.tables] if settings else None,
        "subsampling": settings.subsampling if settings else 0,
        "exif": exif,
        "icc_profile": metadata.icc,
        "xmp": metadata.xmp,
        "dpi": metadata.dpi or (0, 0),
        "comment": dict(extras).get("COM", b""),
        "extra": b"".join(_segment(_COPIED[k], v) for k, v in extras if k in _COPIED),
    }
    image = encode_pillow(Photo(photo.pixels))
    try:
        progressive = settings is not None and settings.progressive
        image.save(file, "JPEG", progressive=progressive, optimize=True, **options)
    except OSError as error:
        if error.errno is not None:
            raise
        # the encoder's buffer is too small for several passes over mere noise: one pass needs none
        file.seek(0)
        file.truncate()
        image.save(file, "JPEG", **options)


def _settings(image: JpegImageFile) -> JpegSettings:
    tables = tuple(tuple(table) for _, table in sorted(image.quantization.items()))
    # rare layouts (4:4:0, 4:1:1) cannot be written: full colour resolution loses nothing
    return JpegSettings(tables, max(get_sampling(image), 0), bool(image.info.get("progressive")))


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
