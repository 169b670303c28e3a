"""``-`` as a file name: a picture from standard input, a picture to standard output."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from unblur.errors import ArgumentError, ImageReadError

__all__ = ["PIPE", "from_pipe", "through_pipes"]

PIPE = "-"

# how each format begins: a pipe has no suffix that could tell
_BEGINNINGS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"II+\x00", ".tif"),
    (b"MM\x00+", ".tif"),
    (b"BM", ".bmp"),
    (b"RIFF", ".webp"),
)


@contextlib.contextmanager
def from_pipe(paths: Sequence[str]) -> Iterator[list[str]]:
    """Stand in a temporary file for ``-`` among the paths.

    Parameters
    ----------
    paths : sequence of str
        As typed.

    Yields
    ------
    list of str
        Only files, folders and patterns; the temporary file goes when the body ends.

    Raises
    ------
    ImageReadError
        When standard input is empty.
    """
    if PIPE not in paths:
        yield list(paths)
        return
    with tempfile.TemporaryDirectory(prefix="unblur-") as folder:
        spooled = str(_spool(Path(folder)))
        yield [spooled if path == PIPE else path for path in paths]


@contextlib.contextmanager
def through_pipes(
    paths: Sequence[str], output: str | None, *, as_json: bool = False
) -> Iterator[tuple[list[str], str | None]]:
    """Stand in temporary files for ``-`` on both sides, so that the work between knows only files.

    Parameters
    ----------
    paths, output
        As typed. Standard input goes to standard output unless `output` says otherwise.
    as_json : bool
        Standard output is wanted for JSON, too.

    Yields
    ------
    tuple
        The paths and the output to use. When the body ends without an exception, the output's
        bytes are written to standard output.

    Raises
    ------
    ArgumentError
        For more than one picture, for JSON in the same pipe, or for a picture to a terminal.
    ImageReadError
        When standard input is empty.
    """
    if output != PIPE and (output is not None or PIPE not in paths):
        with from_pipe(paths) as files:
            yield files, output
        return
    _refuse(paths, as_json=as_json)
    with from_pipe(paths) as files, tempfile.TemporaryDirectory(prefix="unblur-") as folder:
        result = Path(folder, "standard-output").with_suffix(Path(files[0]).suffix)
        yield files, str(result)
        if result.exists():
            with result.open("rb") as data:
                shutil.copyfileobj(data, sys.stdout.buffer)
            sys.stdout.buffer.flush()


def _refuse(paths: Sequence[str], *, as_json: bool) -> None:
    if len(paths) > 1:
        raise ArgumentError("only one picture fits into a pipe: give one, or -o DIR")
    if as_json:
        raise ArgumentError("standard output cannot carry both picture and JSON: give -o FILE")
    if Path(paths[0]).is_dir():
        raise ArgumentError(f"{paths[0]}: a folder does not fit into a pipe: give -o DIR")
    if sys.stdout.isatty():
        raise ArgumentError("a picture is no text for a terminal: give -o FILE, or add > FILE")


def _spool(folder: Path) -> Path:
    """Save standard input under the suffix that its first bytes ask for."""
    raw = folder / "standard-input"
    with raw.open("wb") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
    with raw.open("rb") as copy:
        start = copy.read(132)
    if not start:
        raise ImageReadError("standard input is empty: send a picture, as in < photo.jpg")
    suffix = next((suffix for begin, suffix in _BEGINNINGS if start.startswith(begin)), ".png")
    if start.endswith(b"DICM"):
        suffix = ".dcm"
    return raw.rename(raw.with_suffix(suffix))
