"""PNG files of 8 and 16 bits."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any, BinaryIO

import numpy as np
from PIL.Image import Image
from PIL.PngImagePlugin import PngImageFile, PngInfo

from unblur.errors import ImageReadError
from unblur.images.modes import Decoded, check_size, decode_pillow, encode_pillow, finish
from unblur.images.photo import Metadata, Photo
from unblur.images.png16 import decode_png16, encode_png16

__all__ = ["read_png", "write_png"]

COLOR_CHUNKS = ("cHRM", "gAMA", "sRGB", "cICP")
"""They say what the colours mean where there is no ICC profile, so `strip` keeps them."""

_TEXT_CHUNKS = ("tEXt", "zTXt", "iTXt")
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_RAW_PROFILE = b"Raw profile type"  # EXIF and others in an old disguise: decoded by Pillow
_INCH = 0.0254  # metres


def read_png(file: BinaryIO, max_pixels: int | None) -> Photo:
    """Read a still PNG of any bit depth."""
    width, height, bits, kind = _read_start(file)
    check_size(width, height, max_pixels)
    extras = _read_extras(file)
    file.seek(0)
    image = PngImageFile(file)
    deep = bits == 16 and kind != 0
    decoded = decode_png16(file, image, kind) if deep else decode_pillow(image)
    image.load()  # reads the chunks behind the pixels too
    metadata = Metadata(
        exif=_exif(image),
        icc=image.info.get("icc_profile"),
        dpi=image.info.get("dpi"),
        xmp=image.info.get("xmp"),
        extras=extras,
    )
    return finish(_with_depth(decoded, bits), metadata, format="PNG")


def write_png(photo: Photo, file: BinaryIO) -> None:
    """Write a PNG: 8 bits for 8 bits, 16 bits for 16 bits and float."""
    if photo.pixels.dtype != np.uint8:
        encode_png16(photo.as_dtype(np.uint16), file, _chunks(photo))
        return
    info = PngInfo()
    for name, data in _chunks(photo):
        if name not in (b"iCCP", b"eXIf", b"pHYs"):
            info.add(name, data)
    metadata = photo.metadata
    options: dict[str, Any] = {"dpi": metadata.dpi} if metadata.dpi else {}
    image = encode_pillow(photo)
    image.save(
        file,
        "PNG",
        compress_type=_search(image),
        pnginfo=info,
        exif=metadata.exif or b"",
        icc_profile=metadata.icc,
        **options,
    )


def _search(image: Image) -> int:
    """Say how zlib looks for repeats: not at all, where a few rows hardly gain by it.

    In photographs it finds none, and takes four times the time; in drawings it finds most.
    """
    top = max(0, image.height * 15 // 32 - 8)
    rows = image.crop((0, top, image.width, image.height - top))
    runs, repeats = (_size(rows, strategy) for strategy in (zlib.Z_RLE, zlib.Z_FILTERED))
    return zlib.Z_RLE if runs < 1.1 * repeats else zlib.Z_FILTERED


def _size(image: Image, strategy: int) -> int:
    with io.BytesIO() as file:
        image.save(file, "PNG", compress_type=strategy)
        return len(file.getvalue())


def _chunks(photo: Photo) -> list[tuple[bytes, bytes]]:
    """All chunks of metadata, in an order that the standard allows."""
    metadata = photo.metadata
    extras = metadata.extras if photo.format == "PNG" else ()
    chunks = []
    if metadata.icc:
        chunks.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc)))
    for name, data in extras:
        # a profile outranks sRGB, and both together are forbidden
        if name in COLOR_CHUNKS and not (name == "sRGB" and metadata.icc):
            chunks.append((name.encode(), data))
    if metadata.dpi:
        across, down = (int(value / _INCH + 0.5) for value in metadata.dpi)
        chunks.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    if metadata.exif:
        chunks.append((b"eXIf", metadata.exif))
    if metadata.xmp:
        chunks.append((b"iTXt", _XMP_KEYWORD + bytes(5) + metadata.xmp))
    chunks += [(name.encode(), data) for name, data in extras if name in _TEXT_CHUNKS]
    return chunks


def _read_start(file: BinaryIO) -> tuple[int, int, int, int]:
    file.seek(8)
    head = file.read(18)
    if len(head) < 18 or head[4:8] != b"IHDR":
        raise ImageReadError("it is damaged: it does not begin with an IHDR chunk")
    width, height, bits, kind = struct.unpack(">IIBB", head[8:])
    return width, height, bits, kind


def _read_extras(file: BinaryIO) -> tuple[tuple[str, bytes], ...]:
    extras = []
    end = file.seek(0, io.SEEK_END)
    file.seek(8)
    while len(head := file.read(8)) == 8:
        size, name = int.from_bytes(head[:4], "big"), head[4:].decode("latin-1")
        following = file.tell() + size + 4
        if name == "acTL":
            raise ImageReadError("it is an animation (APNG): take out single frames first")
        if following <= end and (name in COLOR_CHUNKS or name in _TEXT_CHUNKS):
            data = file.read(size)
            if not data.startswith((_XMP_KEYWORD, _RAW_PROFILE)):
                extras.append((name, data))
        file.seek(following)
    return tuple(extras)


def _exif(image: PngImageFile) -> bytes | None:
    if "Raw profile type exif" in image.info:
        return image.getexif().tobytes()
    exif = image.info.get("exif")
    return exif if isinstance(exif, bytes) else None


def _with_depth(decoded: Decoded, bits: int) -> Decoded:
    """Name the mode of 16-bit colour, for which Pillow has no word."""
    if bits != 16 or decoded.mode == "I;16":
        return decoded
    return Decoded(decoded.pixels, decoded.alpha, decoded.mode + ";16")
