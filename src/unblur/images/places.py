"""Where pictures are: a path on this machine, or a URL in a bucket, an archive or the web.

Local files stay `pathlib.Path` and never come here; a `RemotePath` has the few methods of a path
that planning and restoring need, and fsspec (extra ``cloud``) behind them.
"""

from __future__ import annotations

import contextlib
import glob
import io
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar

from unblur.errors import ArgumentError, ImageReadError, ImageWriteError, MissingExtraError

__all__ = ["ATTEMPTS", "Place", "RemotePath", "is_url", "place_of", "remote_file"]

ATTEMPTS = 5
"""How often a request to a server is made before it counts as failed."""

# their clients try each request several times themselves
_PERSISTENT = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"}

_FIRST_PAUSE = 0.2  # seconds before the second attempt; doubled for each further one
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_READ_ONLY = ("http", "https", "zip", "tar")
# what no further attempt mends
_FINAL = (FileNotFoundError, PermissionError, FileExistsError, IsADirectoryError, ImportError)
T = TypeVar("T")


def is_url(text: str | os.PathLike[str] | RemotePath) -> bool:
    """Tell a URL such as ``s3://bucket/photo.jpg`` from a path on this machine.

    Examples
    --------
    >>> is_url("s3://bucket/photo.jpg"), is_url("C:/photo.jpg"), is_url("photo.jpg")
    (True, False, False)
    """
    return isinstance(text, RemotePath) or bool(_URL.match(os.fspath(text)))


def place_of(text: str | os.PathLike[str] | RemotePath) -> Place:
    """Return a `RemotePath` for a URL, else a `Path`.

    Examples
    --------
    >>> place_of("s3://bucket/photo.jpg").name
    'photo.jpg'
    >>> place_of("shots/photo.jpg").name
    'photo.jpg'
    """
    if isinstance(text, RemotePath):
        return text
    return RemotePath(os.fspath(text)) if is_url(text) else Path(text)


@dataclass(frozen=True, order=True)
class RemotePath:
    """A place that fsspec reaches.

    Parameters
    ----------
    url : str
        ``s3://bucket/folder/photo.jpg``, ``gs://...``, ``az://...``, ``https://...``, or, inside of
        an archive, ``zip://folder/photo.jpg::s3://bucket/shots.zip``.

    Examples
    --------
    >>> place = RemotePath("s3://bucket/shots") / "day" / "one.jpg"
    >>> str(place), place.suffix, str(place.with_stem("one.sharp"))
    ('s3://bucket/shots/day/one.jpg', '.jpg', 's3://bucket/shots/day/one.sharp.jpg')
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, below: str | os.PathLike[str]) -> RemotePath:
        return self._at("/".join(filter(None, (self._path.rstrip("/"), Path(below).as_posix()))))

    @property
    def protocol(self) -> str:
        """What stands before ``://``."""
        return self.url.partition("://")[0].lower()

    @property
    def _path(self) -> str:
        """What stands between the protocol and the query, or the archive that it lies in."""
        return self._split[0]

    @property
    def _split(self) -> tuple[str, str]:
        path, chain, outer = self.url.partition("://")[2].partition("::")
        around = chain + outer
        if self.protocol in ("http", "https"):
            path, mark, query = path.partition("?")
            around = mark + query + around
        return path, around

    def _at(self, path: str) -> RemotePath:
        return RemotePath(f"{self.protocol}://{path}{self._split[1]}")

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self._path).name

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self._path).stem

    @property
    def suffix(self) -> str:
        """The name from its last dot on."""
        return PurePosixPath(self._path).suffix

    @property
    def parent(self) -> RemotePath:
        """The folder."""
        return self._at(self._path.rstrip("/").rpartition("/")[0])

    def with_stem(self, stem: str) -> RemotePath:
        """Another name in the same folder."""
        return self.parent / f"{stem}{self.suffix}"

    def has_magic(self) -> bool:
        """Whether it is a pattern (``*``, ``?``, ``[...]``) rather than a name."""
        return self.protocol not in ("http", "https") and glob.has_magic(self._path)

    def matches(self) -> list[tuple[RemotePath, PurePosixPath]]:
        """Each file that fits the pattern, and its place below the part without wildcards.

        Raises
        ------
        ImageReadError
            When the server does not tell.
        """
        parts = PurePosixPath(self._path).parts
        fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
        base = PurePosixPath(*parts[:fixed])
        names = sorted(self._ask(lambda system, path: system.glob(path)))
        found = (PurePosixPath(name.strip("/")) for name in names)
        return [(self._at(str(name)), name.relative_to(base)) for name in found]

    def expanduser(self) -> RemotePath:
        """Return the place itself: a URL knows no home folder."""
        return self

    def resolve(self) -> RemotePath:
        """Return the place itself: a URL has no links."""
        return self

    def exists(self) -> bool:
        """Whether there is a file or folder."""
        return self._ask(lambda system, path: bool(system.exists(path)))

    def is_dir(self) -> bool:
        """Whether there are files below."""
        if self.protocol in ("http", "https"):
            return False
        return self._ask(lambda system, path: bool(system.isdir(path)))

    def read_bytes(self, first: int | None = None) -> bytes:
        """Read the whole file, or the first bytes of it.

        Raises
        ------
        ImageReadError
            When it does not exist or the server does not give it, all attempts used up.
        """
        return self._ask(lambda system, path: bytes(system.cat_file(path, end=first)))

    def write_bytes(self, data: bytes) -> None:
        """Write the whole file: it appears at once or not at all, as such stores do.

        Raises
        ------
        ImageWriteError
            When the server does not take it, all attempts used up.
        ArgumentError
            When such places can only be read.
        """
        self.check_writable()
        try:
            self._try(lambda system, path: system.pipe_file(path, data))
        except _errors() as error:
            raise ImageWriteError(f"{self}: cannot be written: {_in_words(error)}") from error

    def check_writable(self) -> None:
        """Refuse what can only be read.

        Raises
        ------
        ArgumentError
            For the web and for archives.
        """
        if self.protocol in _READ_ONLY:
            raise ArgumentError(
                f"{self}: results cannot be written to {self.protocol}://: give a folder or bucket"
            )

    def entries(self) -> list[tuple[str, bool]]:
        """Name of each file and folder directly below, and whether it is a folder, sorted.

        Raises
        ------
        ImageReadError
            When the server does not tell.
        """
        found = self._ask(lambda system, path: _list(system.ls, path))
        return sorted({(name, item["type"] == "directory") for name, item in found})

    def versions(self) -> dict[str, str]:
        """Place of each file below, to the bottom, and a word that changes with its content.

        Raises
        ------
        ImageReadError
            When the server does not tell.
        """

        def find(path: str, detail: bool) -> list[dict[str, Any]]:
            return list(system.find(path, detail=detail).values())

        system, _ = _file_system(self.url)
        return {name: _version(item) for name, item in self._ask(lambda _, path: _list(find, path))}

    def _ask(self, question: Callable[[Any, str], T]) -> T:
        try:
            return self._try(question)
        except FileNotFoundError:
            raise ImageReadError(f"{self}: does not exist") from None
        except _errors() as error:
            raise ImageReadError(f"{self}: cannot be read: {_in_words(error)}") from error

    def _try(self, request: Callable[[Any, str], T]) -> T:
        """Ask the server, several times if need be."""
        system, path = _file_system(self.url)
        for attempt in range(1, 2 if self.protocol in _PERSISTENT else ATTEMPTS):
            try:
                return request(system, path)
            except _FINAL:
                raise
            except _errors():
                time.sleep(_FIRST_PAUSE * 2 ** (attempt - 1))
        return request(system, path)


Place = Path | RemotePath


@contextmanager
def remote_file(place: RemotePath, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Collect a file in memory and write it to its place when the block ends without an error.

    Parameters
    ----------
    place : RemotePath
        Where it shall stand.
    overwrite : bool
        Whether it may replace a file.

    Yields
    ------
    binary file
        To write to.

    Raises
    ------
    ImageWriteError
        When the name is taken, or the server does not take it.
    ArgumentError
        When such places can only be read.
    """
    place.check_writable()
    if not overwrite and place.exists():
        raise ImageWriteError(f"{place}: exists already: choose another name or allow overwriting")
    with io.BytesIO() as file:
        yield file
        place.write_bytes(file.getvalue())


def _list(ask: Callable[..., list[dict[str, Any]]], path: str) -> list[tuple[str, dict[str, Any]]]:
    """What a store lists below a path, each by its place below it."""
    try:
        found = ask(path, detail=True)
    except FileNotFoundError:
        return []
    own = PurePosixPath("/", path)
    named = ((PurePosixPath("/", item["name"]), item) for item in found)
    return [(str(name.relative_to(own)), item) for name, item in named if name != own]


def _version(item: dict[str, Any]) -> str:
    """A store's own mark of the content, else size and time."""
    marks = (item.get(name) for name in ("ETag", "etag", "md5Hash", "content_md5", "CRC"))
    times = (item.get(name) for name in ("LastModified", "last_modified", "updated", "mtime"))
    mark = next((mark for mark in (*marks, *times) if mark), "")
    return f"{item.get('size')} {mark}".strip()


def _file_system(url: str) -> tuple[Any, str]:
    """Fsspec's file system for a URL, which it keeps and shares, and the path in it."""
    protocol = url.partition("://")[0].lower()
    try:
        import fsspec

        # a listing that is kept would hide what this batch or another writes meanwhile
        options = {} if protocol in _READ_ONLY else {protocol: {"use_listings_cache": False}}
        system, path = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        needed = str(error).split()[-1] if "Install" in str(error) else "fsspec"
        raise MissingExtraError(f"{needed} (for {protocol}://)", "cloud") from error
    except ValueError as error:
        raise ArgumentError(
            f"{url}: {error}: use s3://, gs://, az://, https:// or zip://"
        ) from error
    except OSError as error:
        raise ImageReadError(f"{url}: cannot be opened: {_in_words(error)}") from error
    return system, path


def _errors() -> tuple[type[Exception], ...]:
    """What clients of stores are known to raise when a request fails."""
    found: list[type[Exception]] = [OSError, TimeoutError, EOFError]
    with contextlib.suppress(ImportError):
        from aiohttp import ClientError

        found.append(ClientError)
    with contextlib.suppress(ImportError):
        from botocore.exceptions import BotoCoreError
        from botocore.exceptions import ClientError as StoreError

        found += [BotoCoreError, StoreError]
    with contextlib.suppress(ImportError):
        from azure.core.exceptions import AzureError

        found.append(AzureError)
    return tuple(found)


def _in_words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
