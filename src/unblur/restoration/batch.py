"""The loop over files behind ``unblur restore``: it plans, restores and reports, and never prints.

`plan_batch` (in `planning`) says what is to be done without opening a picture; `restore_batch`
does it, one file at a time, and goes on after a bad one. Both give a `FileResult` for each file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from unblur.errors import ImageWriteError, UnblurError
from unblur.images.files import SUFFIXES, read_photo, write_photo

__all__ = [
    "EXISTS",
    "FileResult",
    "ImageRestorer",
    "Job",
    "Report",
    "restore_batch",
    "restore_photo",
]

EXISTS = "the result exists already: ask to overwrite it, or choose another output"

PSF = NDArray[np.float32]
Pixels = NDArray[Any]
Outcome = Literal["restored", "skipped", "failed"]
Progress = Callable[[int, int], None]


class Report(Protocol):
    """What a restorer tells of one picture; a `RestorationReport` is one."""

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold."""
        ...


class ImageRestorer(Protocol):
    """What the loop needs of a restorer; a `Restorer` is one."""

    def restore_with_report(
        self,
        image: Pixels,
        psf: PSF | None = None,
        *,
        strength: float = 1.0,
        linear: bool = True,
        progress: Progress | None = None,
    ) -> tuple[Pixels, Report]:
        """Restore pixels (H, W, C), uint8, uint16 or float, into ones of the same type."""
        ...


@dataclass(frozen=True)
class Job:
    """One picture to restore, and where its result goes.

    Parameters
    ----------
    source : Path
        The picture.
    target : Path
        Where its result goes.
    """

    source: Path
    target: Path


@dataclass(frozen=True)
class FileResult:
    """What became of one file.

    Parameters
    ----------
    source : Path
        The picture, as it was found.
    target : Path or None
        Where its result is, or would be; None when the source was not even found.
    outcome : {"restored", "skipped", "failed"}
        A picture is skipped when its result exists, or when it is a result itself.
    report : Report, optional
        What the restorer said; only of restored pictures.
    error : Exception, optional
        Why it failed. Anything but an `UnblurError` is a fault in unblur.
    notes : tuple of str
        Why it was skipped, or what had to change on the way in (of several frames only the first
        was taken, say), each in one sentence.
    seconds : float
        For reading, restoring and writing.
    """

    source: Path
    target: Path | None
    outcome: Outcome
    report: Report | None = None
    error: Exception | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def reason(self) -> str:
        """One line: the file, why it failed and the way out; empty if it did not."""
        if self.error is None:
            return ""
        text = " ".join(str(self.error).split())
        if isinstance(self.error, MemoryError):
            text = "too large for the free memory: close other programs or scale it down"
        elif not isinstance(self.error, UnblurError):
            text = f"{type(self.error).__name__}: {text} (a fault in unblur: please report it)"
        return text if str(self.source) in text else f"{self.source}: {text}"

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold: paths as text, the report as nested dictionary."""
        return {
            "source": str(self.source),
            "target": None if self.target is None else str(self.target),
            "outcome": self.outcome,
            "reason": self.reason or None,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "report": None if self.report is None else self.report.to_dict(),
        }


def restore_batch(
    jobs: Iterable[Job],
    restorer: ImageRestorer,
    *,
    psf: PSF | None = None,
    strength: float = 1.0,
    linear: bool = True,
    overwrite: bool = False,
    strip: bool = False,
    progress: Progress | None = None,
) -> Iterator[FileResult]:
    """Restore file after file, and go on when one fails.

    Parameters
    ----------
    jobs : iterable of Job
        From `plan_batch`.
    restorer : ImageRestorer
        Used for all of them.
    psf : ndarray of float32, optional
        (K, K), the blur of every picture; found for each when left out.
    strength : float
        0 leaves the pictures as they are, 1 restores fully.
    linear : bool
        Whether the blur happened in linear light, as in a camera, or on the encoded values.
    overwrite : bool
        Replace results that exist; otherwise such a file is skipped.
    strip : bool
        Leave the metadata out.
    progress : callable, optional
        Called with the tiles done and all tiles of the picture at hand, as by `Restorer.restore`.

    Yields
    ------
    FileResult
        One for each job, as soon as it is done. Nothing is raised but what stops the program.

    Examples
    --------
    >>> import unblur
    >>> jobs = unblur.plan_batch(["no-such-photo.jpg"]).jobs
    >>> list(restore_batch(jobs, unblur.Restorer(threads=1)))
    []
    """
    for job in jobs:
        if job.target.exists() and not overwrite:  # written since the plan was made
            yield FileResult(job.source, job.target, "skipped", notes=(EXISTS,))
            continue
        start = time.perf_counter()
        report, error = None, None
        notes: tuple[str, ...] = ()
        try:
            report, notes = restore_photo(
                job.source,
                job.target,
                restorer,
                psf=psf,
                strength=strength,
                linear=linear,
                overwrite=overwrite,
                strip=strip,
                progress=progress,
            )
        except Exception as problem:  # kept in the result: one bad file does not end a batch
            error = problem
        outcome: Outcome = "failed" if error else "restored"
        seconds = time.perf_counter() - start
        yield FileResult(job.source, job.target, outcome, report, error, notes, seconds)


def restore_photo(
    source: str | Path,
    target: str | Path,
    restorer: ImageRestorer,
    *,
    psf: PSF | None = None,
    strength: float = 1.0,
    linear: bool = True,
    overwrite: bool = False,
    strip: bool = False,
    progress: Progress | None = None,
) -> tuple[Report, tuple[str, ...]]:
    """Restore one file into another, which keeps depth, alpha and metadata.

    Parameters
    ----------
    source, target : str or Path
        The picture, and its result; missing folders on the way to it are made.
    restorer, psf, strength, linear, overwrite, strip, progress
        As for `restore_batch`.

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
    target = Path(target)
    if target.exists() and not overwrite:  # said before the work, not after it
        raise ImageWriteError(f"{target}: {EXISTS}")
    if target.suffix.lower() not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise ImageWriteError(f"{target}: no kind of picture: name the result with one of {known}")
    photo = read_photo(source)
    _make_folder(target.parent)
    # in their own type: as floats the pixels of a large photo would take four times the memory
    pixels, report = restorer.restore_with_report(
        photo.pixels, psf, strength=strength, linear=linear, progress=progress
    )
    write_photo(photo.with_pixels(pixels), target, overwrite=overwrite, strip=strip)
    return report, photo.notes


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageWriteError(
            f"{folder}: this folder cannot be made ({error.strerror}): choose another output"
        ) from error
