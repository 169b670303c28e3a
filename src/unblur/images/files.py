"""Reading and writing photographs: the door to all file formats.

What is kept is listed in `Photo`; what can not be kept is said in its notes or refused.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from unblur.errors import (
    ImageKindError,
    ImageReadError,
    ImageSizeError,
    ImageWriteError,
)
from unblur.images.atomic import atomic_file
from unblur.images.bmp import read_bmp, write_bmp
from unblur.images.finding import SUFFIXES, FoundPhoto, find_photos
from unblur.images.jpeg import read_jpeg, write_jpeg
from unblur.images.kinds import unsupported_kind
from unblur.images.photo import Metadata, Photo, TiffSettings
from unblur.images.places import Place, RemotePath, place_of, remote_file
from unblur.images.png import COLOR_CHUNKS, read_png, write_png
from unblur.images.tiff import read_tiff
from unblur.images.tiff_writer import write_tiff
from unblur.images.webp import read_webp, write_webp

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "FoundPhoto",
    "decode_file",
    "decode_photo",
    "encode_file",
    "encode_photo",
    "find_photos",
    "new_file",
    "read_bytes",
    "read_photo",
    "write_photo",
]

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


_FORMATS = (
    _Format("JPEG", (b"\xff\xd8\xff",), read_jpeg, write_jpeg),
    _Format("PNG", (b"\x89PNG\r\n\x1a\n",), read_png, write_png),
    _Format("TIFF", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), read_tiff, write_tiff),
    _Format("WEBP", (b"RIFF",), read_webp, write_webp),
    _Format("BMP", (b"BM",), read_bmp, write_bmp),
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


def read_photo(
    path: str | os.PathLike[str] | RemotePath, *, max_pixels: int | None = MAX_PIXELS
) -> Photo:
    """Read a photograph with everything that is needed to write it as it was.

    Parameters
    ----------
    path : path or URL
        A JPEG, PNG, TIFF, WebP or BMP, recognised by its content. Palettes are expanded, bilevel
        becomes grey, CMYK is converted to sRGB by its ICC profile (which the sRGB profile then
        replaces), a double-precision TIFF becomes single: the notes of the photo say so.
    max_pixels : int or None, optional
        Larger pictures are refused before they are decoded; None takes any.

    Returns
    -------
    Photo
        Upright: the orientation of EXIF is applied and reset.

    Raises
    ------
    ImageReadError
        When the file is missing, a folder, unreadable, truncated, damaged, an animation, or of
        several pages.
    ImageKindError
        When it is empty, no picture, or one of a kind that is not supported.
    ImageSizeError
        When it has more than `max_pixels`.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "grey.png"
    >>> write_photo(Photo(np.full((4, 6, 1), 40000, np.uint16)), path)
    >>> photo = read_photo(path)
    >>> photo.format, photo.pixels.shape, photo.pixels.dtype.name, int(photo.pixels.max())
    ('PNG', (4, 6, 1), 'uint16', 40000)
    """
    place = place_of(path)
    if isinstance(place, RemotePath):
        return decode_file(place.read_bytes(), place, max_pixels=max_pixels)
    with _open(place) as file:
        return _read(file, place, max_pixels)


def read_bytes(place: Place) -> bytes:
    """Return a whole file, for `decode_file`.

    Raises
    ------
    ImageReadError
        When the file is missing, a folder, or unreadable.
    """
    if isinstance(place, RemotePath):
        return place.read_bytes()
    try:
        with _open(place) as file:
            return file.read()
    except OSError as error:
        raise ImageReadError(f"{place}: cannot be read: {error.strerror or error}") from error


def decode_file(data: bytes, place: Place, *, max_pixels: int | None = MAX_PIXELS) -> Photo:
    """Read a photograph from the bytes of a file whose place is known.

    Parameters
    ----------
    data : bytes
        All of the file.
    place : Path or RemotePath
        Where it came from, for errors and notes.
    max_pixels : int or None, optional
        As for `read_photo`.

    Returns
    -------
    Photo
        As `read_photo` returns it.

    Raises
    ------
    ImageReadError
        As by `read_photo`.
    """
    return _read(io.BytesIO(data), place, max_pixels)


def _read(file: BinaryIO, place: Place, max_pixels: int | None) -> Photo:
    try:
        photo = _decode(file, max_pixels)
    except ImageReadError as error:
        raise type(error)(f"{place}: {error}") from error.__cause__
    expected = SUFFIXES.get(place.suffix.lower())
    if expected not in (None, photo.format):
        note = f"its name says {expected}, its content is {photo.format}"
        photo = replace(photo, notes=(*photo.notes, note))
    return photo


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
    return _decode(io.BytesIO(data), max_pixels)


def encode_photo(photo: Photo, format: str, *, strip: bool = False) -> bytes:
    """Put a photograph into the bytes of a file.

    Parameters
    ----------
    photo : Photo
        As for `write_photo`.
    format : str
        ``"JPEG"``, ``"PNG"``, ``"TIFF"``, ``"WEBP"`` or ``"BMP"``.
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
    _encode(photo, format, file, strip)
    return file.getvalue()


def encode_file(photo: Photo, place: Place, *, strip: bool = False) -> bytes:
    """Return what `write_photo` would write.

    Parameters
    ----------
    photo : Photo
        As for `write_photo`.
    place : Path or RemotePath
        Its suffix decides on the format.
    strip : bool, optional
        As for `write_photo`.

    Returns
    -------
    bytes
        The whole file.

    Raises
    ------
    ImageWriteError
        When the suffix is unknown or the format cannot hold the picture.
    """
    with io.BytesIO() as file:
        _write(photo, file, place, strip)
        return file.getvalue()


def write_photo(
    photo: Photo,
    path: str | os.PathLike[str] | RemotePath,
    *,
    overwrite: bool = False,
    strip: bool = False,
) -> None:
    """Write a photograph, whole or not at all.

    It is written beside `path` under a temporary name and renamed when it is safely on the disk.

    Parameters
    ----------
    photo : Photo
        Depth, alpha and metadata are kept as far as the format allows. JPEG, WebP and BMP hold
        8 bits, PNG 16 bits, TIFF anything; JPEG compression is that of a JPEG source, TIFF
        compression that of a TIFF source.
    path : path or URL
        Its suffix decides on the format: one of `SUFFIXES`. A link is replaced, not followed.
    overwrite : bool, optional
        Whether an existing file may be replaced.
    strip : bool, optional
        Leave out EXIF, XMP, resolution, comments and texts. The ICC profile stays, because the
        colours depend on it.

    Raises
    ------
    ImageWriteError
        When the suffix is unknown, the file exists, the folder does not, there is no room or
        permission, or the format cannot hold the picture.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "grey.tif"
    >>> photo = Photo(np.full((4, 6, 1), 7, np.uint8))
    >>> write_photo(photo, path)
    >>> write_photo(photo, path)
    Traceback (most recent call last):
    ...
    unblur.errors.ImageWriteError: ...grey.tif: exists already: ...
    """
    place = place_of(path)
    _format_of(place)
    with new_file(place, overwrite=overwrite) as file:
        _write(photo, file, place, strip)


def new_file(place: Place, *, overwrite: bool = False) -> AbstractContextManager[BinaryIO]:
    """Open a file that appears whole or not at all, on this machine or elsewhere.

    Parameters
    ----------
    place : Path or RemotePath
        Where it shall stand.
    overwrite : bool, optional
        Whether it may replace a file.

    Returns
    -------
    context manager
        Gives a binary file to write to; see `atomic_file` and `remote_file` for errors.
    """
    if isinstance(place, RemotePath):
        return remote_file(place, overwrite=overwrite)
    return atomic_file(place, overwrite=overwrite)


def _format_of(place: Place) -> str:
    name = SUFFIXES.get(place.suffix.lower())
    if name is None:
        raise ImageWriteError(f"{place}: cannot be written: use one of {', '.join(SUFFIXES)}")
    return name


def _write(photo: Photo, file: BinaryIO, place: Place, strip: bool) -> None:
    name = _format_of(place)
    try:
        _encode(photo, name, file, strip)
    except ImageWriteError as error:
        raise ImageWriteError(f"{place}: {error}") from error.__cause__


def _open(path: Path) -> BinaryIO:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ImageReadError(f"{path}: is a folder, not a picture")
        if not stat.S_ISREG(mode):
            raise ImageReadError(f"{path}: is not a file")
        return path.open("rb")
    except FileNotFoundError:
        raise ImageReadError(f"{path}: does not exist") from None
    except OSError as error:
        raise ImageReadError(f"{path}: cannot be opened: {error.strerror or error}") from error


def _recognise(file: BinaryIO) -> _Format:
    start = file.read(132)
    if not start:
        raise ImageKindError("is empty")
    for form in _FORMATS:
        if start.startswith(form.signatures) and (form.name != "WEBP" or start[8:12] == b"WEBP"):
            return form
    names = ", ".join(form.name for form in _FORMATS)
    if kind := unsupported_kind(start):
        raise ImageKindError(f"is {kind}, which is not supported: convert it to one of {names}")
    raise ImageKindError(f"is not a picture of a known kind ({names})")


def _encode(photo: Photo, name: str, file: BinaryIO, strip: bool) -> None:
    form = next((item for item in _FORMATS if item.name == name), None)
    if form is None:
        names = ", ".join(item.name for item in _FORMATS)
        raise ImageWriteError(f"cannot be written as {name}: use one of {names}")
    try:
        form.write(_strip(photo) if strip else photo, file)
    except ImageWriteError as error:
        raise ImageWriteError(f"cannot be written: {error}") from error
    except (ValueError, MemoryError, struct.error) as error:
        raise ImageWriteError(f"cannot be written as {name}: {error}") from error


def _decode(file: BinaryIO, max_pixels: int | None) -> Photo:
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
    metadata = Metadata(icc=photo.metadata.icc, extras=colours)
    return replace(photo, metadata=metadata, encoding=encoding)
