"""Photographs as the bytes of a file, of any kind that is read and written.

What is kept is listed in `Photo`; what can not be kept is said in its notes or refused.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from PIL import Image

from unblur.errors import ImageKindError, ImageReadError, ImageSizeError, ImageWriteError
from unblur.images.bmp import read_bmp, write_bmp
from unblur.images.dicom import read_dicom, write_dicom
from unblur.images.jpeg import read_jpeg, write_jpeg
from unblur.images.kinds import unsupported_kind
from unblur.images.photo import DicomSettings, Metadata, Photo, TiffSettings
from unblur.images.png import COLOR_CHUNKS, read_png, write_png
from unblur.images.tiff import read_tiff
from unblur.images.tiff_writer import write_tiff
from unblur.images.webp import read_webp, write_webp

__all__ = ["MAX_PIXELS", "decode", "decode_photo", "encode", "encode_photo"]

MAX_PIXELS = 300_000_000
"""Pictures with more pixels are refused unless asked for: 300 megapixels, 0.9 GB of RGB."""

Reader = Callable[[BinaryIO, int | None], Photo]
Writer = Callable[[Photo, BinaryIO], None]


@dataclass(frozen=True)
class _Format:
    name: str
    signatures: tuple[bytes, ...]
    read: Reader
    write: Writer
    offset: int = 0
    """Where in the file the signature stands."""


_FORMATS = (
    _Format("JPEG", (b"\xff\xd8\xff",), read_jpeg, write_jpeg),
    _Format("PNG", (b"\x89PNG\r\n\x1a\n",), read_png, write_png),
    _Format("TIFF", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), read_tiff, write_tiff),
    _Format("WEBP", (b"RIFF",), read_webp, write_webp),
    _Format("BMP", (b"BM",), read_bmp, write_bmp),
    _Format("DICOM", (b"DICM",), read_dicom, write_dicom, offset=128),
)

# what decoders of damaged files are known to raise
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)


def decode_photo(data: bytes, *, max_pixels: int | None = MAX_PIXELS) -> Photo:
    """Read a photograph from the bytes of its file.

    Parameters
    ----------
    data : bytes
        What `read_photo` would find in the file.
    max_pixels : int or None, optional
        As for `read_photo`.

    Returns
    -------
    Photo
        As from `read_photo`.

    Raises
    ------
    ImageReadError, ImageKindError, ImageSizeError
        As by `read_photo`; the message names no file.

    Examples
    --------
    >>> import numpy as np
    >>> decode_photo(encode_photo(Photo(np.zeros((4, 6, 1), np.uint8)), "WEBP")).format
    'WEBP'
    """
    return decode(io.BytesIO(data), max_pixels)


def encode_photo(photo: Photo, format: str, *, strip: bool = False) -> bytes:
    """Put a photograph into the bytes of a file.

    Parameters
    ----------
    photo : Photo
        As for `write_photo`.
    format : str
        ``"JPEG"``, ``"PNG"``, ``"TIFF"``, ``"WEBP"``, ``"BMP"``, or, for a photo that came from
        one, ``"DICOM"``.
    strip : bool, optional
        As for `write_photo`.

    Returns
    -------
    bytes
        What `write_photo` would have written.

    Raises
    ------
    ImageWriteError
        When there is no such format, or it cannot hold the picture.

    Examples
    --------
    >>> import numpy as np
    >>> encode_photo(Photo(np.zeros((4, 6, 1), np.uint8)), "PNG")[1:4]
    b'PNG'
    """
    file = io.BytesIO()
    encode(photo, format, file, strip)
    return file.getvalue()


def _recognise(file: BinaryIO) -> _Format:
    start = file.read(132)
    if not start:
        raise ImageKindError("is empty")
    # a DICOM may begin as another kind does: its first 128 bytes are free
    for form in sorted(_FORMATS, key=lambda form: -form.offset):
        if start.startswith(form.signatures, form.offset) and (
            form.name != "WEBP" or start[8:12] == b"WEBP"
        ):
            return form
    names = ", ".join(form.name for form in _FORMATS)
    if kind := unsupported_kind(start):
        raise ImageKindError(f"is {kind}, which is not supported: convert it to one of {names}")
    raise ImageKindError(f"is not a picture of a known kind ({names})")


def encode(photo: Photo, name: str, file: BinaryIO, strip: bool) -> None:
    """Write a photograph in the format of this name into an open file."""
    form = next((item for item in _FORMATS if item.name == name), None)
    if form is None:
        names = ", ".join(item.name for item in _FORMATS)
        raise ImageWriteError(f"cannot be written as {name}: use one of {names}")
    try:
        if photo.further and name != "DICOM":
            raise ImageWriteError(f"it has {len(photo.frames)} frames, which only DICOM can hold")
        if strip and name == "DICOM":
            raise ImageWriteError(
                "a DICOM is not stripped here: use a tool made for taking out a patient's data"
            )
        form.write(_strip(photo) if strip else photo, file)
    except ImageWriteError as error:
        raise ImageWriteError(f"cannot be written: {error}") from error
    except (ValueError, MemoryError, struct.error) as error:
        raise ImageWriteError(f"cannot be written as {name}: {error}") from error


def decode(file: BinaryIO, max_pixels: int | None) -> Photo:
    """Read the photograph that an open file holds, whatever its format."""
    form = _recognise(file)
    file.seek(0)
    try:
        return form.read(file, max_pixels)
    except ImageReadError as error:
        raise type(error)(f"cannot be read as {form.name}: {error}") from error
    except Image.DecompressionBombError as error:
        # some of Pillow's decoders have a limit of their own, which holds for the whole process
        raise ImageSizeError(
            f"cannot be read as {form.name}: it is too large for this decoder: "
            "save it as PNG, or as TIFF with LZW or no compression"
        ) from error
    except _DECODER_ERRORS as error:
        reason = str(error) or type(error).__name__
        raise ImageReadError(
            f"cannot be read as {form.name}: it is truncated or damaged ({reason})"
        ) from error


def _strip(photo: Photo) -> Photo:
    colours = tuple(item for item in photo.metadata.extras if item[0] in COLOR_CHUNKS)
    encoding = photo.encoding
    if isinstance(encoding, TiffSettings):
        encoding = replace(encoding, tags=())
    if isinstance(encoding, DicomSettings):
        encoding = None
    metadata = Metadata(icc=photo.metadata.icc, extras=colours)
    return replace(photo, metadata=metadata, encoding=encoding)
