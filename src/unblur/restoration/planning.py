"""What a batch has to do: which files, which targets, and what earlier runs have done already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unblur.errors import ArgumentError, ImageReadError
from unblur.images.files import SUFFIXES, FoundPhoto, find_photos
from unblur.restoration.batch import EXISTS, FileResult, Job

__all__ = ["RESULT_MARK", "BatchPlan", "plan_batch"]

RESULT_MARK = ".sharp"
"""Stands before the suffix of a result that is written beside its source."""

_IS_RESULT = "is the result of an earlier run: name it alone, by hand, to restore it again"


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
    paths: Sequence[str | Path], output: str | Path | None = None, *, overwrite: bool = False
) -> BatchPlan:
    """Find the pictures and decide where each result goes, without opening any.

    Parameters
    ----------
    paths : sequence of str or Path
        Files, glob patterns and folders; folders are searched to the bottom.
    output : str or Path, optional
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
    by_hand = {Path(path).expanduser().resolve() for path in paths}
    targets = {job.target.resolve(): job for job in jobs}
    sources, todo = [], []
    for job in jobs:
        if _is_result(job, targets, by_hand):
            settled.append(FileResult(job.source, job.target, "skipped", notes=(_IS_RESULT,)))
        else:
            sources.append(job)
    _refuse_collisions(sources, overwrite)
    for job in sources:
        if job.target.exists() and not overwrite:
            settled.append(FileResult(job.source, job.target, "skipped", notes=(EXISTS,)))
        else:
            todo.append(job)
    return BatchPlan(tuple(todo), tuple(settled))


def _find(paths: Sequence[str | Path]) -> tuple[list[FoundPhoto], list[FileResult]]:
    """All pictures, each once, and a failure for each path that leads nowhere."""
    found: dict[Path, FoundPhoto] = {}
    failures = []
    for path in paths:
        try:
            for photo in find_photos([path]):
                found.setdefault(photo.path.resolve(), photo)
        except ImageReadError as error:
            failures.append(FileResult(Path(path), None, "failed", error=error))
    return list(found.values()), failures


def _places(
    paths: Sequence[str | Path], found: Sequence[FoundPhoto], output: str | Path | None
) -> Callable[[FoundPhoto], Path]:
    """Return the function that says where the result of a picture goes."""
    if output is None:
        return lambda photo: photo.path.with_stem(photo.path.stem + RESULT_MARK)
    folder = Path(output)
    if not _means_file(output, found, paths):
        return lambda photo: folder / photo.relative
    if len(paths) > 1 or len(found) > 1:
        raise ArgumentError(f"{output}: several pictures do not fit into one file: give a folder")
    return lambda photo: folder


def _means_file(
    output: str | Path, found: Sequence[FoundPhoto], paths: Sequence[str | Path]
) -> bool:
    path = Path(output)
    if path.is_dir() or str(output).endswith(("/", "\\")):
        return False
    if path.suffix.lower() in SUFFIXES:
        return True
    single = len(paths) == 1 and [photo.path for photo in found] == [Path(paths[0])]
    if path.suffix and single and not path.exists():
        known = ", ".join(sorted(SUFFIXES))
        raise ArgumentError(
            f"{output}: not a kind of picture that can be written ({known}); "
            "if you mean a folder, add a slash"
        )
    return False


def _is_result(job: Job, targets: dict[Path, Job], by_hand: set[Path]) -> bool:
    source = job.source.resolve()
    if targets.get(source, job) is not job:  # another picture of this batch becomes this file
        return True
    return job.source.stem.endswith(RESULT_MARK) and source not in by_hand


def _refuse_collisions(jobs: Iterable[Job], overwrite: bool) -> None:
    taken: dict[Path, Path] = {}
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
