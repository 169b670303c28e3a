"""Finding the pictures that a person means by URLs of files, folders and patterns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from unblur.errors import ImageReadError
from unblur.images.finding import SUFFIXES
from unblur.images.places import RemotePath

__all__ = ["RemotePhoto", "find_remote", "walk_remote"]


@dataclass(frozen=True, order=True)
class RemotePhoto:
    """A picture to work on, as `FoundPhoto`.

    Attributes
    ----------
    path : RemotePath
        Where it is.
    relative : Path
        Where its result belongs below an output folder.
    """

    path: RemotePath
    relative: Path


def find_remote(place: RemotePath) -> list[RemotePhoto]:
    """List the pictures named by the URL of a file, a folder or a pattern.

    Raises
    ------
    ImageReadError
        When there is none, or the server does not tell.
    """
    if place.has_magic():
        return _match(place)
    if place.is_dir():
        photos = list(walk_remote(place))
        if not photos:
            raise ImageReadError(f"{place}: holds no pictures ({', '.join(SUFFIXES)})")
        return photos
    if not place.exists():
        raise ImageReadError(f"{place}: does not exist")
    return [RemotePhoto(place, Path(place.name))]


def walk_remote(folder: RemotePath, below: Path = Path()) -> Iterator[RemotePhoto]:
    """Find the pictures of a folder one by one, holding the names of one folder at a time.

    Parameters
    ----------
    folder : RemotePath
        Searched to the bottom for the suffixes in `SUFFIXES`; hidden names are skipped.
    below : Path, optional
        Put before what is found.

    Yields
    ------
    RemotePhoto
        Folder by folder, sorted.
    """
    entries = [(is_folder, name) for name, is_folder in folder.entries() if name[:1] != "."]
    for is_folder, name in sorted(entries):
        if is_folder:
            yield from walk_remote(folder / name, below / name)
        elif Path(name).suffix.lower() in SUFFIXES:
            yield RemotePhoto(folder / name, below / name)


def _match(pattern: RemotePath) -> list[RemotePhoto]:
    photos = [
        RemotePhoto(place, Path(relative))
        for place, relative in pattern.matches()
        if place.suffix.lower() in SUFFIXES and not _is_hidden(relative)
    ]
    if not photos:
        raise ImageReadError(f"{pattern}: matches no pictures ({', '.join(SUFFIXES)})")
    return photos


def _is_hidden(relative: PurePath) -> bool:
    return any(part.startswith(".") for part in relative.parts)
