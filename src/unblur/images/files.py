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

from unblur.errors import ImageReadError, ImageWriteError
from unblur.images.atomic import atomic_file
from unblur.images.bmp import read_bmp, write_bmp
from unblur.images.finding import SUFFIXES, FoundPhoto, find_photos
from unblur.images.jpeg import read_jpeg, write_jpeg
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
    "decode_photo",
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

_UNSUPPORTED = (
    # offset, bytes there, what it is
    (0, b"GIF8", "a GIF"),
    (0, b"%PDF", "a PDF"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"gimp xcf", "a GIMP document"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (0, b"\xff\x0a", "a JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (0, b"v/1\x01", "an OpenEXR"),
    (0, b"FUJIFILM", "a camera raw"),
    (0, b"IIRO", "a camera raw"),
    (0, b"IIU\0", "a camera raw"),
    (4, b"ftypavif", "an AVIF"),
    (4, b"ftypavis", "an AVIF"),
    (4, b"ftypcrx", "a camera raw"),
    (4, b"ftyphei", "a HEIC"),
    (4, b"ftyphev", "a HEIC"),
    (4, b"ftypmif1", "a HEIC"),
    (4, b"ftyp", "a video"),
    (0, b"<svg", "a drawing (SVG)"),
    (128, b"DICM", "a DICOM"),
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
        When the file is missing, a folder, empty, unreadable, truncated, damaged, too large,
        an animation, of several pages, or of a kind that is not supported.

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
        return decode_photo(place.read_bytes(), place, max_pixels=max_pixels)
    with _open(place) as file:
        return _read(file, place, max_pixels)


def read_bytes(place: Place) -> bytes:
    """Return a whole file, for `decode_photo`.

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


def decode_photo(data: bytes, place: Place, *, max_pixels: int | None = MAX_PIXELS) -> Photo:
    """Read a photograph from the bytes of its file.

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
        As for `read_photo`.
    """
    return _read(io.BytesIO(data), place, max_pixels)


def _read(file: BinaryIO, place: Place, max_pixels: int | None) -> Photo:
    try:
        form = _recognise(file)
        file.seek(0)
        photo = _decode(form, file, max_pixels)
    except ImageReadError as error:
        raise ImageReadError(f"{place}: {error}") from error.__cause__
    expected = SUFFIXES.get(place.suffix.lower())
    if expected not in (None, form.name):
        note = f"its name says {expected}, its content is {form.name}"
        photo = replace(photo, notes=(*photo.notes, note))
    return photo


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
    form = _format_of(place)
    with new_file(place, overwrite=overwrite) as file:
        _write(photo, file, form, place, strip)


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


def encode_photo(photo: Photo, place: Place, *, strip: bool = False) -> bytes:
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
        _write(photo, file, _format_of(place), place, strip)
        return file.getvalue()


def _format_of(place: Place) -> _Format:
    name = SUFFIXES.get(place.suffix.lower())
    if name is None:
        raise ImageWriteError(f"{place}: cannot be written: use one of {', '.join(SUFFIXES)}")
    return next(item for item in _FORMATS if item.name == name)


def _write(photo: Photo, file: BinaryIO, form: _Format, place: Place, strip: bool) -> None:
    try:
        form.write(_strip(photo) if strip else photo, file)
    except ImageWriteError as error:
        raise ImageWriteError(f"{place}: cannot be written: {error}") from error
    except (ValueError, MemoryError, struct.error) as error:
        raise ImageWriteError(f"{place}: cannot be written as {form.name}: {error}") from error


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
        raise ImageReadError("is empty")
    for form in _FORMATS:
        if start.startswith(form.signatures) and (form.name != "WEBP" or start[8:12] == b"WEBP"):
            return form
    names = ", ".join(form.name for form in _FORMATS)
    for offset, signature, kind in _UNSUPPORTED:
        if start[offset:].startswith(signature):
            raise ImageReadError(f"is {kind}, which is not supported: convert it to one of {names}")
    raise ImageReadError(f"is not a picture of a known kind ({names})")


def _decode(form: _Format, file: BinaryIO, max_pixels: int | None) -> Photo:
    try:
        return form.read(file, max_pixels)
    except ImageReadError as error:
        raise ImageReadError(f"cannot be read as {form.name}: {error}") from error
    except Image.DecompressionBombError as error:
        # some of Pillow's decoders have a limit of their own, which holds for the whole process
        raise ImageReadError(
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
