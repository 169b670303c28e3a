"""Sharp pictures to learn from: in memory as far as they fit, else decoded again when needed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt
from PIL import Image

from unblur.errors import ConfigurationError, ImageReadError
from unblur.images.atomic import atomic_file
from unblur.images.mirror import CONNECTIONS, Mirror
from unblur.images.places import place_of

__all__ = ["PictureSet", "Pixels", "decode", "load_pictures", "shapes_of"]

Pixels = npt.NDArray[np.uint8]
Shape = tuple[int, int]
SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"}
HEADER = 65536
"""Bytes of a file in a bucket that tell the size of most pictures."""

SHAPES = ".shapes.json"


def decode(path: str | Path) -> Pixels:
    """Decode one picture.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    ndarray of uint8
        (H, W, 3), as it is stored: not turned by its EXIF.

    Raises
    ------
    ImageReadError
        If it is no picture.
    """
    try:
        with Image.open(path) as file:
            return np.asarray(file.convert("RGB"))
    except _BAD as error:
        raise _unreadable(path, error) from error


_BAD = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def _unreadable(path: object, error: Exception) -> ImageReadError:
    return ImageReadError(f"{path}: not a readable picture ({error}); take it away")


@dataclass(frozen=True)
class _Source:
    """Rows and columns of one picture, and how to get at its file."""

    shape: Shape
    file: Callable[[], Path]

    @property
    def bytes(self) -> int:
        return 3 * self.shape[0] * self.shape[1]


class PictureSet(Sequence[Pixels]):
    """Pictures by number; those used last are kept decoded, as many as fit.

    Several threads may ask at once; each picture is decoded by one of them.

    Parameters
    ----------
    sources : iterable
        The pictures, of which nothing is read yet.
    memory : int
        Bytes of decoded pictures that are kept.
    filling : context manager
        Fetches files ahead of their use while it is entered.
    """

    def __init__(
        self,
        sources: Iterable[_Source],
        memory: int,
        filling: AbstractContextManager[None] | None = None,
    ) -> None:
        self._sources = list(sources)
        self._memory = memory
        self._held: OrderedDict[int, Future[Pixels]] = OrderedDict()
        self._guard = threading.Lock()
        self.shapes = [source.shape for source in self._sources]
        self.filling = filling or contextlib.nullcontext()

    def __len__(self) -> int:
        return len(self._sources)

    @overload
    def __getitem__(self, index: int) -> Pixels: ...
    @overload
    def __getitem__(self, index: slice) -> list[Pixels]: ...
    def __getitem__(self, index: int | slice) -> Pixels | list[Pixels]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        with self._guard:
            found = self._held.get(index)
            if found is not None:
                self._held.move_to_end(index)
            else:
                mine = self._held[index] = Future[Pixels]()
                self._make_room()
        if found is not None:
            return found.result()
        try:
            mine.set_result(decode(self._sources[index].file()))
        except BaseException as error:
            with self._guard:
                self._held.pop(index, None)
            mine.set_exception(error)
        return mine.result()

    def _make_room(self) -> None:
        held = sum(self._sources[index].bytes for index in self._held)
        while held > self._memory and len(self._held) > 1:
            index, _ = self._held.popitem(last=False)
            held -= self._sources[index].bytes

    def load_if_it_fits(self) -> None:
        """Decode all pictures, if that is no more than may be kept."""
        if sum(source.bytes for source in self._sources) <= self._memory:
            with ThreadPoolExecutor() as pool:
                for _ in pool.map(self.__getitem__, range(len(self))):
                    pass


def shapes_of(pictures: Sequence[Pixels]) -> list[Shape]:
    """Rows and columns of pictures, without decoding what need not be.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8
        (H, W, 3) each.

    Returns
    -------
    list of tuple of int
        (H, W) each.
    """
    if isinstance(pictures, PictureSet):
        return pictures.shapes
    return [(pixels.shape[0], pixels.shape[1]) for pixels in pictures]


def load_pictures(
    folder: str | Path, smallest: int, *, cache: str | Path | None = None, share: int = 1
) -> PictureSet:
    """Find every picture of a folder, leaving out those too small for a crop.

    Those of a folder on this machine are decoded at once if they fit into a part of the memory;
    others when they are needed. Of those in a bucket only the sizes are read here.

    Parameters
    ----------
    folder : path or str
        Folder of JPEG, PNG, TIFF, WebP or BMP files, or its URL; its subfolders are not looked
        into.
    smallest : int
        Rows and columns that a picture must have.
    cache : path, optional
        Folder for copies of what is in a bucket; that of the user when left out.
    share : int
        Processes on this machine that have pictures of their own in memory.

    Returns
    -------
    PictureSet
        (H, W, 3) each, sorted by file name.

    Raises
    ------
    ConfigurationError
        If there is no such folder, or no picture in it is large enough.
    ImageReadError
        If a file with the name of a picture is none, or the bucket does not answer.
    """
    place, filling = place_of(folder), None
    if isinstance(place, Path):
        sources = _on_this_machine(place)
    else:
        mirror = Mirror(place, cache)
        sources, filling = _in_a_bucket(mirror), mirror.filling()
    large = [source for source in sources if min(source.shape) >= smallest]
    if not large:
        raise ConfigurationError(
            f"{folder}: no picture of at least {smallest} x {smallest} pixels; "
            "give a folder of sharp pictures"
        )
    pictures = PictureSet(large, _memory() // share, filling)
    if filling is None:
        pictures.load_if_it_fits()
    return pictures


def _memory() -> int:
    """Bytes for decoded pictures: a third of the machine's."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 3
    except (AttributeError, ValueError, OSError):  # Windows does not tell
        return 4 << 30


def _on_this_machine(folder: Path) -> list[_Source]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: cannot be read ({error.strerror}); give a folder of sharp pictures"
        ) from error
    found = [path for path in paths if _is_picture(path.name)]
    return [_Source(_shape(path), partial(Path, path)) for path in found]


def _in_a_bucket(mirror: Mirror) -> list[_Source]:
    """Ask for the sizes that no earlier run has asked for."""
    names = [name for name in mirror.versions if "/" not in name and _is_picture(name)]
    index = mirror.folder / SHAPES
    with mirror.held():
        try:
            known = json.loads(index.read_bytes())
        except (OSError, ValueError):
            known = {}
        keys = {name: f"{name} {mirror.versions[name]}" for name in names}
        missing = [name for name in names if keys[name] not in known]
        with ThreadPoolExecutor(2 * CONNECTIONS) as pool:
            asked = pool.map(lambda name: _ask_shape(mirror, name), missing)
            shapes = dict(zip(missing, asked, strict=True))
        shapes |= {name: tuple(known[keys[name]]) for name in names if name not in shapes}
        if missing:
            with atomic_file(index, overwrite=True) as file:
                file.write(json.dumps({keys[name]: shapes[name] for name in names}).encode())
    return [_Source(shapes[name], partial(mirror.fetch, name)) for name in names]


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def _ask_shape(mirror: Mirror, name: str) -> Shape:
    if not (mirror.folder / name).exists():
        with contextlib.suppress(*_BAD):  # what tells the size may stand further down
            return _size(io.BytesIO((mirror.url / name).read_bytes(HEADER)))
    return _shape(mirror.fetch(name))


def _shape(path: Path) -> Shape:
    try:
        return _size(path)
    except _BAD as error:
        raise _unreadable(path, error) from error


def _size(file: Path | io.BytesIO) -> Shape:
    with Image.open(file) as picture:
        return picture.height, picture.width
