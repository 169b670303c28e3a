"""Reading and writing photographs where they are: on this machine, or elsewhere."""

from __future__ import annotations

import io
import os
import stat
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from unblur.errors import ImageReadError, ImageWriteError
from unblur.images.atomic import atomic_file
from unblur.images.codecs import MAX_PIXELS, decode, encode
from unblur.images.digest import FileDigest
from unblur.images.finding import SUFFIXES, FoundPhoto, find_photos
from unblur.images.photo import Photo
from unblur.images.places import Place, RemotePath, place_of, remote_file

__all__ = [
    "SUFFIXES",
    "FoundPhoto",
    "find_photos",
    "new_file",
    "read_photo",
    "read_with_digest",
    "write_photo",
    "write_with_digest",
]


def read_photo(
    path: str | os.PathLike[str] | RemotePath, *, max_pixels: int | None = MAX_PIXELS
) -> Photo:
    """Read a photograph with everything that is needed to write it as it was.

    Parameters
    ----------
    path : path or URL
        A JPEG, PNG, TIFF, WebP, BMP or DICOM (extra ``dicom``), recognised by its content. Palettes
        are expanded, bilevel becomes grey, CMYK is converted to sRGB by its ICC profile (which the
        sRGB profile then replaces), a double-precision TIFF becomes single: the notes say so.
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
    return read_with_digest(place_of(path), max_pixels=max_pixels)[0]


def read_with_digest(
    place: Place, *, max_pixels: int | None = MAX_PIXELS
) -> tuple[Photo, FileDigest]:
    """Read a photograph, and digest the very bytes that it was read from.

    Parameters
    ----------
    place : Path or RemotePath
        As for `read_photo`.
    max_pixels : int or None, optional
        As for `read_photo`.

    Returns
    -------
    photo : Photo
        As `read_photo` returns it.
    digest : FileDigest
        Of its file.

    Raises
    ------
    ImageReadError
        As by `read_photo`.
    """
    with io.BytesIO(place.read_bytes()) if isinstance(place, RemotePath) else _open(place) as file:
        photo = _read(file, place, max_pixels)
        return photo, FileDigest.of(file, place)


def _read(file: BinaryIO, place: Place, max_pixels: int | None) -> Photo:
    try:
        photo = decode(file, max_pixels)
    except ImageReadError as error:
        raise type(error)(f"{place}: {error}") from error.__cause__
    expected = SUFFIXES.get(place.suffix.lower())
    if expected not in (None, photo.format):
        note = f"its name says {expected}, its content is {photo.format}"
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
        compression that of a TIFF source. A DICOM is written only from a DICOM.
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
    write_with_digest(photo, place_of(path), overwrite=overwrite, strip=strip)


def write_with_digest(
    photo: Photo, place: Place, *, overwrite: bool = False, strip: bool = False
) -> FileDigest:
    """Write a photograph, and digest what was written before it takes its name.

    Parameters
    ----------
    photo, place, overwrite, strip
        As for `write_photo`.

    Returns
    -------
    FileDigest
        Of the file.

    Raises
    ------
    ImageWriteError
        As by `write_photo`.
    """
    _format_of(place)
    with new_file(place, overwrite=overwrite) as file:
        _write(photo, file, place, strip)
        return FileDigest.of(file, place)


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
        encode(photo, name, file, strip)
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
