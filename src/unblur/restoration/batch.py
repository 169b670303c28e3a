"""The loop over files behind ``unblur restore``: it restores and reports, and never prints.

`plan_batch` and `walk_batch` (in `planning`, `walking`) say what is to be done without opening a
picture; `restore_batch` does it, and goes on after a bad one. All give a `FileResult` for a file.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from unblur.degradation.physical import PhysicalPSF
from unblur.errors import ImageWriteError
from unblur.images.digest import FileDigest, digest_pixels
from unblur.images.files import SUFFIXES, read_with_digest, write_with_digest
from unblur.images.photo import Photo
from unblur.images.places import Place, RemotePath, place_of
from unblur.restoration.frames import restore_pixels
from unblur.restoration.job import (
    EXISTS,
    PSF,
    FileResult,
    ImageRestorer,
    Job,
    JobProgress,
    Progress,
    Report,
    Settings,
)
from unblur.restoration.making import Making, RecordEntry
from unblur.restoration.pipeline import Gate, Work, run_side_by_side, stop_without_room
from unblur.runtime.session import default_threads

__all__ = [
    "LOOKAHEAD",
    "make_folder",
    "restore_batch",
    "restore_job",
    "restore_photo",
    "share_threads",
]

LOOKAHEAD = 2
"""Pictures that are read or written while others are restored."""


def restore_batch(
    jobs: Iterable[Job | FileResult],
    restorer: ImageRestorer,
    *,
    psf: PSF | PhysicalPSF | None = None,
    strength: float = 1.0,
    linear: bool = True,
    overwrite: bool = False,
    strip: bool = False,
    at_once: int | None = None,
    progress: JobProgress | None = None,
    making: Making | None = None,
) -> Iterator[FileResult]:
    """Restore file after file, or several at once, and go on when one fails.

    Parameters
    ----------
    jobs : iterable of Job or FileResult
        From `plan_batch` or `walk_batch`; taken one by one. A result comes out as it is.
    restorer : ImageRestorer
        Used for all of them.
    psf : ndarray of float32 or PhysicalPSF, optional
        (K, K), the blur of every picture, or the same in millimetres; found for each when left out.
    strength : float
        0 leaves the pictures as they are, 1 restores fully.
    linear : bool
        Whether the blur happened in linear light, as in a camera, or on the encoded values.
    overwrite : bool
        Replace results that exist; otherwise such a file is skipped.
    strip : bool
        Leave the metadata out.
    at_once : int, optional
        Restore so many pictures at once, each by the restorer's threads, while others are read and
        written; results come in any order. If left out, one after the other, in this thread.
    progress : callable, optional
        Called in this thread with a job, its tiles done and all of its tiles.
    making : Making, optional
        Let each result carry an entry for a record that says so.

    Returns
    -------
    iterator of FileResult
        One for each job, as soon as it is done. Nothing is raised but what stops the program.

    Raises
    ------
    NoRoomError
        When the disk is full, after the result of the picture that found it so.

    Examples
    --------
    >>> import unblur
    >>> jobs = unblur.plan_batch(["no-such-photo.jpg"]).jobs
    >>> list(restore_batch(jobs, unblur.Restorer(threads=1)))
    []
    """
    settings = Settings(psf, strength, linear, overwrite, strip, making)
    gate = Gate(at_once or 1)

    def work(job: Job, tell: Progress) -> FileResult:
        return restore_job(job, restorer, settings, gate, progress=tell)

    if at_once is None:
        return _one_by_one(jobs, work, progress or _quiet)
    return run_side_by_side(jobs, work, workers=at_once + LOOKAHEAD, progress=progress)


def share_threads(pictures: int, threads: int | None = None) -> tuple[int, int]:
    """Share processor threads among the pictures of a batch.

    A thread for each picture does more than several for one, as long as there are enough pictures.

    Parameters
    ----------
    pictures : int
        How many there are at least.
    threads : int, optional
        How many there are to share; all that the process may use if not given.

    Returns
    -------
    at_once : int
        Pictures to restore at once.
    each : int
        Threads for each.

    Examples
    --------
    >>> share_threads(1000, 8), share_threads(3, 8), share_threads(1, 8)
    ((8, 1), (3, 2), (1, 8))
    """
    threads = threads or default_threads()
    at_once = max(1, min(pictures, threads))
    return at_once, threads // at_once


def _one_by_one(
    jobs: Iterable[Job | FileResult], work: Work, progress: JobProgress
) -> Iterator[FileResult]:
    for job in jobs:
        result = job if isinstance(job, FileResult) else work(job, partial(progress, job))
        yield result
        stop_without_room(result)


def _quiet(job: Job, done: int, tiles: int) -> None:
    """Tell nobody."""


def restore_job(
    job: Job,
    restorer: ImageRestorer,
    settings: Settings,
    gate: Gate,
    *,
    progress: Progress | None = None,
) -> FileResult:
    """Restore one picture of a batch; whatever is wrong with it stands in the result.

    Parameters
    ----------
    job : Job
        The picture and its target.
    restorer : ImageRestorer
        What restores it.
    settings : Settings
        How.
    gate : Gate
        Passed to restore, not to read or write.
    progress : callable, optional
        As for `Restorer.restore`.

    Returns
    -------
    FileResult
        Restored, failed, or skipped because its result exists.
    """
    start = time.perf_counter()
    try:
        if not settings.overwrite and job.target.exists():  # written since the plan was made
            return FileResult(job.source, job.target, "skipped", notes=(EXISTS,))
        result = _restore(job, restorer, settings, gate, progress)
    except Exception as problem:  # kept in the result: one bad file does not end a batch
        result = FileResult(job.source, job.target, "failed", error=problem)
    return replace(result, seconds=time.perf_counter() - start)


def restore_photo(
    source: str | Path | RemotePath,
    target: str | Path | RemotePath,
    restorer: ImageRestorer,
    *,
    psf: PSF | PhysicalPSF | None = None,
    strength: float = 1.0,
    linear: bool = True,
    overwrite: bool = False,
    strip: bool = False,
    progress: Progress | None = None,
) -> tuple[Report, tuple[str, ...]]:
    """Restore one file into another, which keeps depth, alpha and metadata.

    Parameters
    ----------
    source, target : str, Path or RemotePath
        The picture, and its result; missing folders on the way to it are made.
    restorer, psf, strength, linear, overwrite, strip
        As for `restore_batch`.
    progress : callable, optional
        As for `Restorer.restore`.

    Returns
    -------
    Report
        What the restorer said.
    tuple of str
        What had to change on the way in, see `Photo`.

    Raises
    ------
    ImageReadError
        When the source is no picture that can be read.
    ImageWriteError
        When the target exists and `overwrite` is false, has the suffix of no picture, or cannot
        be written.
    """
    job = Job(place_of(source), place_of(target))
    if job.target.exists() and not overwrite:  # said before the work, not after it
        raise ImageWriteError(f"{target}: {EXISTS}")
    settings = Settings(psf, strength, linear, overwrite, strip)
    result = _restore(job, restorer, settings, Gate(1), progress)
    assert result.report is not None
    return result.report, result.notes


def _restore(
    job: Job,
    restorer: ImageRestorer,
    settings: Settings,
    gate: Gate,
    progress: Progress | None,
) -> FileResult:
    _check_suffix(job.target)
    photo, before = read_with_digest(job.source)
    make_folder(job.target)
    with gate.passed(photo.width * photo.height * len(photo.frames)):
        photo, report = restore_pixels(photo, restorer, settings, progress=progress)
    after = write_with_digest(photo, job.target, overwrite=settings.overwrite, strip=settings.strip)
    entry = _entry_of(photo, before, after, report, settings)
    return FileResult(job.source, job.target, "restored", report, notes=photo.notes, entry=entry)


def _entry_of(
    photo: Photo, before: FileDigest, after: FileDigest, report: Report, settings: Settings
) -> RecordEntry | None:
    """Return what a record tells of a restored photo, if one is wanted."""
    if settings.making is None:
        return None
    return settings.making.entry(
        [before],
        after,
        pixels=digest_pixels(photo),
        found=report.to_record(),
        notes=photo.notes,
    )


def _check_suffix(target: Place) -> None:
    """Refuse a name that tells no kind of picture.

    Raises
    ------
    ImageWriteError
        Naming those that do.
    """
    if target.suffix.lower() not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise ImageWriteError(f"{target}: no kind of picture: name the result with one of {known}")


def make_folder(target: Place) -> None:
    """Make the folder of a result, where such places have folders.

    Raises
    ------
    ImageWriteError
        When it cannot be made.
    """
    if isinstance(target, RemotePath):
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageWriteError(
            f"{target.parent}: this folder cannot be made ({error.strerror}): choose another output"
        ) from error
