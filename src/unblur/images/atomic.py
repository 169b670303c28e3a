"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from unblur.errors import ImageWriteError, NoRoomError

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed anyway
    fcntl = None

__all__ = ["atomic_file", "remove_unfinished", "sweep_folder"]

_PART = re.compile(r"\..+\.[0-9a-f]{8}\.part")
_NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}

# hidden files that writers of this process hold now
_unfinished: set[Path] = set()
_guard = threading.Lock()


@contextmanager
def atomic_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a file that takes its name only when everything is on the disk.

    The bytes go to a hidden file in the same folder (``.NAME.XXXXXXXX.part``), which is flushed
    to the disk and then renamed; after a failure it is removed and `path` is as it was. A link at
    `path` is replaced, never followed, so the file that it points to stays. Only a kill leaves the
    hidden file, for `sweep_folder` to find.

    Parameters
    ----------
    path : path
        Where the file shall stand.
    overwrite : bool, optional
        Whether it may replace a file, whose permissions it then takes over.

    Yields
    ------
    binary file
        To write to.

    Raises
    ------
    ImageWriteError
        When the name is taken, there is no such folder or no permission.
    NoRoomError
        When the disk is full, or the user's share of it.
    """
    target = Path(path)
    _check_target(target, overwrite)
    # the hidden name stays below the 255 bytes that most file systems allow
    part = target.with_name(f".{target.name[:60]}.{secrets.token_hex(4)}.part")
    with _guard:
        _unfinished.add(part)
    try:
        with _open_held(part) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(part, target, overwrite)
    except OSError as error:
        kind = NoRoomError if error.errno in _NO_ROOM else ImageWriteError
        raise kind(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
        with _guard:
            _unfinished.discard(part)


def remove_unfinished() -> None:
    """Remove the hidden files of writers in other threads, for a program that ends without them.

    A writer that goes on all the same fails when it wants to give its file the name.
    """
    with _guard:
        parts = list(_unfinished)
    for part in parts:
        with contextlib.suppress(OSError):
            part.unlink()


def sweep_folder(folder: str | os.PathLike[str]) -> int:
    """Remove hidden files that killed programs left in a folder; those of living ones stay.

    Parameters
    ----------
    folder : path
        Where `atomic_file` has written; folders below are not visited.

    Returns
    -------
    int
        How many were removed.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / ".photo.jpg.0123abcd.part").touch()
    >>> sweep_folder(folder), list(folder.iterdir())
    (1, [])
    """
    removed = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _PART.fullmatch(entry.name):
                removed += _remove_orphan(Path(entry.path))
    return removed


def _remove_orphan(part: Path) -> bool:
    """Remove a hidden file unless somebody holds it."""
    with contextlib.suppress(OSError), part.open("rb") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink()  # under the lock, so that its writer cannot have it and lose it
        return True
    return False


@contextmanager
def _open_held(part: Path) -> Iterator[BinaryIO]:
    """Open a new file and hold it: the lock tells others that its writer lives."""
    file = part.open("x+b")
    if _lost(file):
        file.close()
        part.unlink(missing_ok=True)
        file = part.open("x+b")
        _lost(file)
    with file:
        yield file


def _lost(file: BinaryIO) -> bool:
    """Lock a file; tell whether a sweep took it in the moment before."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:  # a file system without locks: a sweep cannot lock it either
        return False
    return os.fstat(file.fileno()).st_nlink == 0


def _check_target(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise ImageWriteError(f"{target}: is a folder: name a file in it")
    if not target.parent.is_dir():
        raise ImageWriteError(f"{target}: cannot be written: there is no folder {target.parent}")
    if not overwrite and (target.exists() or target.is_symlink()):
        raise _taken(target)


def _taken(target: Path) -> ImageWriteError:
    return ImageWriteError(f"{target}: exists already: choose another name or allow overwriting")


def _publish(part: Path, target: Path, overwrite: bool) -> None:
    if overwrite:
        with contextlib.suppress(OSError):
            part.chmod(target.stat().st_mode & 0o777)
        part.replace(target)
    else:
        _link(part, target)
    _sync_folder(target.parent)


def _link(part: Path, target: Path) -> None:
    """Give the file its name unless somebody took it meanwhile."""
    try:
        target.hardlink_to(part)
    except FileExistsError:
        raise _taken(target) from None
    except OSError:
        # a file system without hard links (FAT, some network shares)
        if target.exists():
            raise _taken(target) from None
        part.rename(target)


def _sync_folder(folder: Path) -> None:
    # only POSIX can flush a folder; where it fails the file itself is safe all the same
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
