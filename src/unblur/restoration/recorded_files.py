"""Files that a record names, found again by their digests."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from unblur.errors import ImageReadError, RecordError
from unblur.images.digest import FileDigest
from unblur.images.places import Place, RemotePath, place_of

__all__ = ["digest_place", "find_input", "kept_names"]


def digest_place(place: Place) -> FileDigest | None:
    """Digest what lies at a place; None if there is no file.

    Parameters
    ----------
    place : Path or RemotePath
        On this machine or elsewhere.

    Returns
    -------
    FileDigest or None
        Of its bytes now.
    """
    try:
        if isinstance(place, RemotePath):
            return FileDigest.of(place.read_bytes(), place)
        return FileDigest.of_file(place)
    except ImageReadError:
        return None


def find_input(wanted: FileDigest, beside: Path, elsewhere: Path | None) -> Place:
    """Find the very file that a record names.

    Parameters
    ----------
    wanted : FileDigest
        Of the file then.
    beside : Path
        Folder of the record, to which its path may be relative, or which it may have moved to.
    elsewhere : Path, optional
        A file, or a folder where it may lie anywhere, under any name.

    Returns
    -------
    Path or RemotePath
        A file of these bytes.

    Raises
    ------
    RecordError
        When there is none; told apart is whether it has changed or is missing.
    """
    changed = None
    for place in _candidates(wanted, beside, elsewhere):
        found = digest_place(place)
        if found is not None and found.same_bytes(wanted):
            return place
        changed = changed or (found and place)
    if changed is None:
        raise RecordError(f"{wanted.path}: is not there any more: say where it is now")
    raise RecordError(
        f"{changed}: has changed since: its SHA-256 was {wanted.sha256[:12]}...: "
        "say where the file of then is"
    )


def kept_names(outputs: Sequence[str]) -> list[Path]:
    """Name copies of recorded results by their places below the folder that all are in.

    Parameters
    ----------
    outputs : sequence of str
        Paths or URLs; a record comes from anywhere, so none may lead out of a folder.

    Returns
    -------
    list of Path
        Relative, without "..".

    Examples
    --------
    >>> [str(name) for name in kept_names(["out/a.jpg", "out/day/b.jpg"])]
    ['a.jpg', 'day/b.jpg']
    >>> [str(name) for name in kept_names(["/etc/a.jpg", "../../b.jpg"])]
    ['etc/a.jpg', 'b.jpg']
    """
    paths = [Path(output) for output in outputs]
    common = Path()
    with contextlib.suppress(ValueError):  # some absolute, some not: no folder has them all
        common = Path(os.path.commonpath([path.parent for path in paths]))
    below = [path.relative_to(common) if path.is_relative_to(common) else path for path in paths]
    return [
        Path(*(part for part in path.parts if part not in ("..", path.anchor))) for path in below
    ]


def _candidates(wanted: FileDigest, beside: Path, elsewhere: Path | None) -> Iterator[Place]:
    own = place_of(wanted.path)
    yield own
    if isinstance(own, Path):
        yield from (beside / own, beside / own.name)
    if elsewhere is not None:
        files = sorted(elsewhere.rglob("*")) if elsewhere.is_dir() else [elsewhere]
        yield from (each for each in files if each.is_file() and each.stat().st_size == wanted.size)
