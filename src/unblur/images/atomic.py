"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from unblur.errors import ImageWriteError

__all__ = ["atomic_file"]


@contextmanager
def atomic_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a file that takes its name only when everything is on the disk.

    The bytes go to a hidden file in the same folder (``.NAME.XXXXXXXX.part``), which is flushed
    to the disk and then renamed; after a failure it is removed and `path` is as it was. A link at
    `path` is replaced, never followed, so the file that it points to stays.

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
        When the name is taken, there is no such folder, no permission or no room.
    """
    target = Path(path)
    _check_target(target, overwrite)
    # the hidden name stays below the 255 bytes that most file systems allow
    part = target.with_name(f".{target.name[:60]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(part, target, overwrite)
    except OSError as error:
        raise ImageWriteError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


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
