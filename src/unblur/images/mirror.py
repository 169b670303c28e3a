"""A folder of a bucket, copied to this machine file by file, as they are needed or before.

What was copied stays for the next run, and is copied anew only where the bucket has another version
of it. Several processes may share the copy: a file in it is whole or not there.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from unblur.errors import ConfigurationError, ImageReadError
from unblur.images.atomic import atomic_file
from unblur.images.places import RemotePath

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows: two processes that begin at once may both list the bucket
    fcntl = None

__all__ = ["Mirror", "default_cache"]

CONNECTIONS = 16
"""Files that are fetched at once."""

VERSIONS = ".versions.json"


def default_cache() -> Path:
    """Folder of copies where none is named: ``unblur`` in the user's cache folder.

    Examples
    --------
    >>> default_cache().name
    'unblur'
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "unblur"


class Mirror:
    """The files below a URL, and their copies.

    Parameters
    ----------
    url : RemotePath
        A folder in a bucket, or an archive.
    cache : path, optional
        Folder of all copies; `default_cache` when left out.

    Raises
    ------
    ImageReadError
        When the server does not tell what there is, or there is nothing.
    ConfigurationError
        When the folder of copies cannot be made.
    """

    def __init__(self, url: RemotePath, cache: str | Path | None = None) -> None:
        self.url = url
        digest = blake2b(str(url).encode(), digest_size=6).hexdigest()
        self.folder = Path(cache or default_cache()) / f"{url.name or 'root'}-{digest}"
        versions = url.versions()
        self.versions = {name: versions[name] for name in sorted(versions) if _is_plain(name)}
        if not self.versions:
            raise ImageReadError(f"{url}: holds no files: give a folder of pictures in a bucket")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{self.folder}: cannot be made ({error.strerror}); name another cache folder"
            ) from error
        with self.held():
            self._forget_others()

    def fetch(self, name: str) -> Path:
        """Copy a file unless its copy is there.

        Parameters
        ----------
        name : str
            One of `versions`.

        Returns
        -------
        Path
            The copy.

        Raises
        ------
        ImageReadError
            When the server does not give it.
        ImageWriteError
            When there is no room, say.
        """
        target = self.folder / name
        if not target.exists():
            data = (self.url / name).read_bytes()
            target.parent.mkdir(parents=True, exist_ok=True)
            # another process may have been faster, with the same bytes
            with atomic_file(target, overwrite=True) as file:
                file.write(data)
        return target

    def fetch_all(self) -> Path:
        """Copy everything that is missing; return the folder of the copies."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for _ in pool.map(self.fetch, self.versions):
                pass
        return self.folder

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Copy what is missing meanwhile; what fails is left to who needs it."""
        names = list(self.versions)
        random.Random(os.getpid()).shuffle(names)  # processes of one machine seldom meet
        left, ended = iter(names), threading.Event()
        taking = threading.Lock()

        def work() -> None:
            while not ended.is_set():
                with taking:
                    name = next(left, None)
                if name is None:
                    return
                with contextlib.suppress(Exception):
                    self.fetch(name)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes of this machine out of the block."""
        with (self.folder / ".lock").open("wb") as file:
            if fcntl is not None:
                with contextlib.suppress(OSError):  # a file system without locks
                    fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _forget_others(self) -> None:
        """Remove copies of other versions."""
        index = self.folder / VERSIONS
        try:
            known = json.loads(index.read_bytes())
        except (OSError, ValueError):
            known = {}
        if known == self.versions:
            return
        for name in known | self.versions:
            if self.versions.get(name) != known.get(name):
                (self.folder / name).unlink(missing_ok=True)
        with atomic_file(index, overwrite=True) as file:
            file.write(json.dumps(self.versions).encode())


def _is_plain(name: str) -> bool:
    """Leave out hidden files, which a copy has of its own, and what leads out of the folder."""
    return not any(part.startswith(".") for part in Path(name).parts)
