"""Finding the pictures that a person means by files, patterns and folders."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from unblur.errors import ImageReadError

__all__ = ["SUFFIXES", "FoundPhoto", "find_photos", "walk_photos"]

SUFFIXES: dict[str, str] = {
    ".bmp": "BMP",
    ".dcm": "DICOM",
    ".dib": "BMP",
    ".dicom": "DICOM",
    ".jfif": "JPEG",
    ".jpe": "JPEG",
    ".jpeg": "JPEG",
    ".jpg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
"""File suffixes, in lower case, and the format that each is written in."""


@dataclass(frozen=True, order=True)
class FoundPhoto:
    """A picture to work on.

    Attributes
    ----------
    path : Path
        Where it is.
    relative : Path
        Where its result belongs below an output folder: its place below the folder that was
        searched, or its bare name when it was named itself.
    """

    path: Path
    relative: Path


def find_photos(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> list[FoundPhoto]:
    """List the pictures named by files, glob patterns and folders.

    Parameters
    ----------
    paths : path or iterable of path
        A file is taken whatever its suffix. A folder is searched with all folders below it for
        the suffixes in `SUFFIXES`; hidden files and folders are skipped, links to folders are not
        followed. A pattern (``*``, ``?``, ``[...]``, ``**``) counts only where no file has that
        very name.

    Returns
    -------
    list of FoundPhoto
        In the order given, folders sorted; each file once, by its real place.

    Raises
    ------
    ImageReadError
        When a path does not exist, or a folder or pattern holds no picture.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "trip").mkdir()
    >>> (folder / "trip" / "sea.JPG").touch()
    >>> [found.relative.as_posix() for found in find_photos(folder)]
    ['trip/sea.JPG']
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    found: dict[Path, FoundPhoto] = {}
    for path in paths:
        for photo in _expand(os.fspath(path)):
            found.setdefault(photo.path.resolve(), photo)
    return list(found.values())


def _expand(name: str) -> list[FoundPhoto]:
    path = Path(name).expanduser()
    if path.is_dir():
        photos = list(_walk(path, path))
        if not photos:
            raise ImageReadError(f"{path}: holds no pictures ({', '.join(SUFFIXES)})")
        return photos
    if path.exists() or path.is_symlink():
        return [FoundPhoto(path, Path(path.name))]
    if not glob.has_magic(name):
        raise ImageReadError(f"{path}: does not exist")
    return _match(path)


def _match(pattern: Path) -> list[FoundPhoto]:
    photos: list[FoundPhoto] = []
    for name in sorted(glob.glob(str(pattern), recursive=True)):
        path = Path(name)
        if path.is_dir():
            # the folder's own name tells results of several matched folders apart
            photos += _walk(path, path.parent)
        elif _is_picture(path):
            photos.append(FoundPhoto(path, _below_pattern(path, pattern)))
    if not photos:
        raise ImageReadError(f"{pattern}: matches no pictures ({', '.join(SUFFIXES)})")
    return photos


def _below_pattern(path: Path, pattern: Path) -> Path:
    """Keep the tree below the part of the pattern that has no wildcards."""
    fixed = Path()
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        fixed /= part
    return path.relative_to(fixed)


def walk_photos(folder: str | os.PathLike[str]) -> Iterator[FoundPhoto]:
    """Find the pictures of a folder one by one, holding the names of one folder at a time.

    Parameters
    ----------
    folder : path
        Searched as by `find_photos`.

    Yields
    ------
    FoundPhoto
        In the same order. A link to a picture that lies in the folder, too, is left out.
    """
    top = Path(folder)
    real: Path | None = None
    for photo in _walk(top, top):
        if photo.path.is_symlink():
            real = real or top.resolve()
            if photo.path.resolve().is_relative_to(real):
                continue
        yield photo


def _walk(folder: Path, base: Path) -> Iterator[FoundPhoto]:
    with os.scandir(folder) as entries:
        found = sorted((entry.is_dir(), entry.name, entry.is_symlink()) for entry in entries)
    for is_folder, name, is_link in found:
        if name.startswith("."):
            continue
        path = folder / name
        if is_folder:
            if not is_link:
                yield from _walk(path, base)
        elif _is_picture(path):
            yield FoundPhoto(path, path.relative_to(base))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()
