"""What a batch is made of: a picture and its target, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from unblur.degradation.physical import PhysicalPSF
from unblur.errors import UnblurError
from unblur.images.places import Place
from unblur.restoration.making import Making, RecordEntry

__all__ = ["EXISTS", "FileResult", "ImageRestorer", "Job", "JobProgress", "Report", "Settings"]

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

    def to_record(self) -> dict[str, object]:
        """The same with all details, for a record."""
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


@dataclass(frozen=True, eq=False)
class Settings:
    """How every picture of a batch is restored and written.

    Parameters
    ----------
    psf : ndarray of float32 or PhysicalPSF, optional
        (K, K), the blur of every picture, or the same in millimetres; found for each when left out.
    strength : float
        0 leaves the pictures as they are, 1 restores fully.
    linear : bool
        Whether the blur happened in linear light, as in a camera, or on the encoded values.
    overwrite : bool
        Replace results that exist; otherwise such a picture is skipped.
    strip : bool
        Leave the metadata out.
    making : Making, optional
        Make an entry for a record of each result.
    """

    psf: PSF | PhysicalPSF | None = None
    strength: float = 1.0
    linear: bool = True
    overwrite: bool = False
    strip: bool = False
    making: Making | None = None


@dataclass(frozen=True)
class Job:
    """One picture to restore, and where its result goes.

    Parameters
    ----------
    source : Path or RemotePath
        The picture.
    target : Path or RemotePath
        Where its result goes.
    """

    source: Place
    target: Place


JobProgress = Callable[[Job, int, int], None]


@dataclass(frozen=True)
class FileResult:
    """What became of one file.

    Parameters
    ----------
    source : Path or RemotePath
        The picture, as it was found.
    target : Path or RemotePath or None
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
    entry : RecordEntry, optional
        For a record, if one was asked for.
    """

    source: Place
    target: Place | None
    outcome: Outcome
    report: Report | None = None
    error: Exception | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    entry: RecordEntry | None = None

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
