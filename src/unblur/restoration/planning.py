"""What a batch has to do: which files, which targets, and what earlier runs have done already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unblur.errors import ArgumentError, ImageReadError
from unblur.images.files import SUFFIXES, FoundPhoto, find_photos
from unblur.images.places import Place, RemotePath, place_of
from unblur.images.remote_finding import RemotePhoto, find_remote
from unblur.restoration.job import EXISTS, FileResult, Job

__all__ = ["IS_RESULT", "RESULT_MARK", "AnyPhoto", "BatchPlan", "means_file", "plan_batch"]

AnyPhoto = FoundPhoto | RemotePhoto

RESULT_MARK = ".sharp"
"""Stands before the suffix of a result that is written beside its source."""

IS_RESULT = "is the result of an earlier run: name it alone, by hand, to restore it again"


@dataclass(frozen=True)
class BatchPlan:
    """What is to be done, and what needs no work.

    Parameters
    ----------
    jobs : tuple of Job
        The pictures to restore.
    settled : tuple of FileResult
        Skipped files, and paths that lead nowhere.
    """

    jobs: tuple[Job, ...]
    settled: tuple[FileResult, ...]

    @property
    def found(self) -> bool:
        """Whether any path led to a picture."""
        return bool(self.jobs) or any(result.target is not None for result in self.settled)


def plan_batch(
    paths: Sequence[str | Path | RemotePath],
    output: str | Path | RemotePath | None = None,
    *,
    overwrite: bool = False,
) -> BatchPlan:
    """Find the pictures and decide where each result goes, without opening any.

    Parameters
    ----------
    paths : sequence of str, Path or RemotePath
        Files, glob patterns and folders, which are searched to the bottom; URLs too, see
        `RemotePath`.
    output : str, Path or RemotePath, optional
        A folder, in which the tree below each searched folder is kept; or, for a single file, a
        file, which is told by the suffix of a picture. When left out, ``photo.jpg`` becomes
        ``photo.sharp.jpg`` beside it.
    overwrite : bool
        Restore again what has a result already.

    Returns
    -------
    BatchPlan
        Earlier results among the pictures are left alone: files that another picture of this
        batch is going to write, and ``*.sharp.*`` unless named by hand.

    Raises
    ------
    ArgumentError
        When two pictures would be written to one file, a picture over itself (without
        `overwrite`), or several into one file.

    Examples
    --------
    >>> plan = plan_batch(["no-such-photo.jpg"])
    >>> plan.jobs, plan.settled[0].outcome
    ((), 'failed')
    """
    found, settled = _find(paths)
    place = _places(paths, found, output)
    jobs = [Job(photo.path, place(photo)) for photo in found]
    by_hand = {place_of(path).expanduser().resolve() for path in paths}
    targets = {job.target.resolve(): job for job in jobs}
    sources, todo = [], []
    for job in jobs:
        if _is_result(job, targets, by_hand):
            settled.append(FileResult(job.source, job.target, "skipped", notes=(IS_RESULT,)))
        else:
            sources.append(job)
    _refuse_collisions(sources, overwrite)
    for job in sources:
        if job.target.exists() and not overwrite:
            settled.append(FileResult(job.source, job.target, "skipped", notes=(EXISTS,)))
        else:
            todo.append(job)
    return BatchPlan(tuple(todo), tuple(settled))


def _find(
    paths: Sequence[str | Path | RemotePath],
) -> tuple[list[AnyPhoto], list[FileResult]]:
    """All pictures, each once, and a failure for each path that leads nowhere."""
    found: dict[Place, AnyPhoto] = {}
    failures = []
    for path in map(place_of, paths):
        try:
            photos = find_remote(path) if isinstance(path, RemotePath) else find_photos([path])
            for photo in photos:
                found.setdefault(photo.path.resolve(), photo)
        except ImageReadError as error:
            failures.append(FileResult(path, None, "failed", error=error))
    return list(found.values()), failures


def _places(
    paths: Sequence[str | Path | RemotePath],
    found: Sequence[AnyPhoto],
    output: str | Path | RemotePath | None,
) -> Callable[[AnyPhoto], Place]:
    """Return the function that says where the result of a picture goes."""
    if output is None:
        return lambda photo: photo.path.with_stem(photo.path.stem + RESULT_MARK)
    folder = place_of(output)
    if not means_file(output, found, paths):
        return lambda photo: folder / photo.relative
    if len(paths) > 1 or len(found) > 1:
        raise ArgumentError(f"{output}: several pictures do not fit into one file: give a folder")
    return lambda photo: folder


def means_file(
    output: str | Path | RemotePath,
    found: Sequence[AnyPhoto],
    paths: Sequence[str | Path | RemotePath],
) -> bool:
    """Tell whether the output is a file rather than a folder.

    Raises
    ------
    ArgumentError
        When it has the suffix of no picture that can be written.
    """
    path = place_of(output)
    if str(output).endswith(("/", "\\")) or path.is_dir():
        return False
    if path.suffix.lower() in SUFFIXES:
        return True
    single = len(paths) == 1 and [photo.path for photo in found] == [place_of(paths[0])]
    if path.suffix and single and not path.exists():
        known = ", ".join(sorted(SUFFIXES))
        raise ArgumentError(
            f"{output}: not a kind of picture that can be written ({known}); "
            "if you mean a folder, add a slash"
        )
    return False


def _is_result(job: Job, targets: dict[Place, Job], by_hand: set[Place]) -> bool:
    source = job.source.resolve()
    if targets.get(source, job) is not job:  # another picture of this batch becomes this file
        return True
    return job.source.stem.endswith(RESULT_MARK) and source not in by_hand


def _refuse_collisions(jobs: Iterable[Job], overwrite: bool) -> None:
    taken: dict[Place, Place] = {}
    for job in jobs:
        target = job.target.resolve()
        if target == job.source.resolve() and not overwrite:
            raise ArgumentError(
                f"{job.source}: would be written over itself: choose another output, "
                "or ask to overwrite"
            )
        first = taken.setdefault(target, job.source)
        if first != job.source:
            raise ArgumentError(
                f"{first} and {job.source} would both become {job.target}: restore them into "
                "different folders"
            )
