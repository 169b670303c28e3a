"""What a batch has to do, found while it is done: for folders too large to be listed first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from unblur.errors import ArgumentError, ImageReadError
from unblur.images.atomic import sweep_folder
from unblur.images.finding import SUFFIXES, walk_photos
from unblur.images.places import Place, RemotePath, place_of
from unblur.images.remote_finding import walk_remote
from unblur.restoration.job import EXISTS, FileResult, Job
from unblur.restoration.planning import (
    IS_RESULT,
    RESULT_MARK,
    AnyPhoto,
    means_file,
    plan_batch,
)

__all__ = ["BatchWalk", "walk_batch"]

Items = Iterable[Job | FileResult]


class BatchWalk:
    """The jobs and settled files of a batch, found anew by each iteration.

    Parameters
    ----------
    items : callable
        Finds them, one by one.
    """

    def __init__(self, items: Callable[[], Items]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Job | FileResult]:
        swept: set[Place] = set()
        for item in self._items():
            folder = None if item.target is None else item.target.parent
            if isinstance(folder, Path) and folder not in swept:
                swept.add(folder)
                sweep_folder(folder)
            yield item

    def count(self) -> int:
        """Walk once and count the pictures, done or not."""
        return sum(1 for _ in self._items())


def walk_batch(
    paths: Sequence[str | Path | RemotePath],
    output: str | Path | RemotePath | None = None,
    *,
    overwrite: bool = False,
) -> BatchWalk:
    """Find pictures as `plan_batch` does, but a single folder while it is worked on.

    Of a single folder, on this machine or in a bucket, only the names in one of its folders are
    held at a time; several paths and patterns are planned first. What a killed run left
    half-written in the folders of the results is removed on the way.

    Parameters
    ----------
    paths, output, overwrite
        As for `plan_batch`.

    Returns
    -------
    BatchWalk
        Yields a `Job` for each picture to restore, and a `FileResult` for one that needs no work.

    Raises
    ------
    ArgumentError
        As `plan_batch`.

    Examples
    --------
    >>> [item.outcome for item in walk_batch(["no-such-folder"])]
    ['failed']
    """
    folder = place_of(paths[0]).expanduser() if len(paths) == 1 else None
    if folder is None or not _is_folder(folder) or _one_file(output, paths):
        plan = plan_batch(paths, output, overwrite=overwrite)
        return BatchWalk(lambda: chain(plan.settled, plan.jobs))
    target = None if output is None else place_of(output)
    if target is not None and not overwrite and target.resolve() == folder.resolve():
        raise ArgumentError(
            f"{folder}: would be written over itself: choose another output, or ask to overwrite"
        )
    return BatchWalk(lambda: _walk_folder(folder, target, overwrite))


def _is_folder(place: Place) -> bool:
    if isinstance(place, RemotePath) and place.has_magic():
        return False
    return place.is_dir()


def _one_file(
    output: str | Path | RemotePath | None, paths: Sequence[str | Path | RemotePath]
) -> bool:
    return output is not None and means_file(output, (), paths)


def _walk_folder(folder: Place, output: Place | None, overwrite: bool) -> Items:
    own = _Own(folder, output)
    exists = _Existing()
    photos: Iterable[AnyPhoto]
    photos = walk_remote(folder) if isinstance(folder, RemotePath) else walk_photos(folder)
    empty = True
    for photo in photos:
        empty = False
        job = Job(photo.path, _target(photo, output))
        if own.is_result(photo):
            yield FileResult(job.source, job.target, "skipped", notes=(IS_RESULT,))
        elif not overwrite and exists(job.target):
            yield FileResult(job.source, job.target, "skipped", notes=(EXISTS,))
        else:
            yield job
    if empty:
        error = ImageReadError(f"{folder}: holds no pictures ({', '.join(SUFFIXES)})")
        yield FileResult(folder, None, "failed", error=error)


def _target(photo: AnyPhoto, output: Place | None) -> Place:
    if output is None:
        return photo.path.with_stem(photo.path.stem + RESULT_MARK)
    return output / photo.relative


class _Own:
    """Knows results of earlier runs among the pictures, where they lie in the same folder."""

    def __init__(self, folder: Place, output: Place | None) -> None:
        self._folder = folder
        self._inside: str | None = None
        if output is not None and type(output) is type(folder):
            inside, _, below = str(output.resolve()).partition(f"{folder.resolve()}/")
            self._inside = None if inside else f"{below.rstrip('/')}/"

    def is_result(self, photo: AnyPhoto) -> bool:
        if photo.path.stem.endswith(RESULT_MARK):
            return True
        if self._inside is None or not photo.relative.as_posix().startswith(self._inside):
            return False
        return (self._folder / photo.relative.as_posix().removeprefix(self._inside)).exists()


class _Existing:
    """Tells whether a result exists; a store is asked once for each folder."""

    def __init__(self) -> None:
        self._folder: RemotePath | None = None
        self._names: set[str] = set()

    def __call__(self, target: Place) -> bool:
        if isinstance(target, Path):
            return target.exists()
        if target.parent != self._folder:
            self._folder = target.parent
            self._names = {name for name, is_folder in self._folder.entries() if not is_folder}
        return target.name in self._names
