"""What a person is told on standard error: a bar and a line a file on a terminal, errors always.

Standard output stays free for data: JSON, tables, or a picture.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import typer

from unblur.errors import UnblurError

if TYPE_CHECKING:
    from rich.progress import Progress

    from unblur import FileResult, Job

__all__ = ["BatchTalk", "blur_in_words", "complain", "done_in_words", "printable"]


def complain(text: str) -> None:
    """Write one line, red on a terminal, to standard error."""
    typer.secho(printable(text), fg=typer.colors.RED, err=True)


def printable(text: object) -> str:
    """Escape what would move the cursor or break the line: file names can hold anything."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text))


class BatchTalk:
    """Counts results and tells of them as they come; a context manager around the batch.

    Parameters
    ----------
    count : callable
        Counts all pictures of the batch; called in a thread, since that can take a while.
    as_json : bool
        The results go to standard output, one JSON object a line.
    """

    def __init__(self, count: Callable[[], int], *, as_json: bool) -> None:
        self._as_json = as_json
        self._data = sys.stdout  # an engine may lead what others print away from it
        # a bar would run through JSON lines on the same screen
        self._talks = sys.stderr.isatty() and not (as_json and sys.stdout.isatty())
        self._progress: Progress | None = None
        self._total: int | None = None
        self._under_way: dict[Job, float] = {}
        self._worked = 0
        self._start = time.perf_counter()
        self._failures: list[FileResult] = []
        self.counts = {"restored": 0, "skipped": 0, "failed": 0}
        self.found = False
        self._counter = threading.Thread(target=self._count, args=(count,), daemon=True)

    def __enter__(self) -> Self:
        self._counter.start()
        if self._talks:
            self._progress = _bar()
            self._task = self._progress.add_task("", total=None, rate="")
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
        if kind is not None and issubclass(kind, Exception):
            return  # that error says all there is to say
        self._list_failures()
        if self._talks:
            typer.echo(self._summary(), err=True)
        if kind is not None:
            left = "" if self._total is None else f" with {self._total - self._told} to go"
            complain(f"stopped{left}: the same command goes on where this one ended")

    @property
    def _told(self) -> int:
        return sum(self.counts.values())

    def tell(self, result: FileResult) -> None:
        """Take note of one result, and move the bar."""
        self.counts[result.outcome] += 1
        self.found = self.found or result.target is not None
        if result.error is not None:
            self._failures.append(result)
            if not isinstance(result.error, UnblurError | MemoryError):
                traceback.print_exception(result.error)
        if self._as_json:
            typer.echo(json.dumps(result.to_dict()), file=self._data)
        if result.outcome != "skipped":
            self._worked += 1
        self._under_way = {
            job: part for job, part in self._under_way.items() if job.source != result.source
        }
        if result.outcome == "restored" and not self._as_json:
            self._say(_line(result), *(f"  {note}" for note in result.notes))
        self._move()

    def tell_tiles(self, job: Job, done: int, tiles: int) -> None:
        """Move the bar by the part of a picture that is done."""
        self._under_way[job] = done / tiles
        self._move()

    def _move(self) -> None:
        if self._progress is None:
            return
        names = ", ".join(printable(job.source.name) for job in list(self._under_way)[:3])
        minutes = (time.perf_counter() - self._start) / 60
        self._progress.update(
            self._task,
            completed=self._told + sum(self._under_way.values()),
            total=self._total,
            description=names,
            rate=f"{self._worked / minutes:.0f}/min" if self._worked else "",
        )

    def _count(self, count: Callable[[], int]) -> None:
        with contextlib.suppress(UnblurError, OSError):  # the batch meets it, too, and tells it
            self._total = count()

    def _say(self, *lines: str) -> None:
        """Print above the bar."""
        if self._progress is not None:
            text = "\n".join(map(printable, lines))
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _list_failures(self) -> None:
        if self._failures:
            complain(f"not restored ({len(self._failures)}):")
        for result in self._failures:
            complain(f"  {result.reason}")

    def _summary(self) -> str:
        counts = ", ".join(f"{number} {outcome}" for outcome, number in self.counts.items())
        hint = "; --overwrite restores skipped ones again" if self.counts["skipped"] else ""
        return f"{counts} in {time.perf_counter() - self._start:.1f} s{hint}"


def _bar() -> Progress:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}", markup=False),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # standard output may be a pipe that wants its data
    )


def _line(result: FileResult) -> str:
    report: Mapping[str, Any] = result.report.to_dict() if result.report else {}
    found = f"  {done_in_words(report)}" if isinstance(report.get("blur"), Mapping) else ""
    return f"{result.source} -> {result.target}{found}  {result.seconds:.1f} s"


def done_in_words(report: Mapping[str, Any]) -> str:
    """Say which blur was taken out; one that was found but not believed is none."""
    tiles, kept, direct = (report.get(name, 0) for name in ("tiles", "tiles_kept", "tiles_direct"))
    if direct and direct + kept == tiles:
        return "blur that no PSF explains"
    words = blur_in_words(report["blur"])
    if tiles and kept == tiles and report["blur"].get("kind") != "none":
        return "left as it was"
    return f"{words}, in part no PSF" if direct else words


def blur_in_words(blur: Mapping[str, Any]) -> str:
    """Say kind, extent and angle of a `BlurReport` dictionary in a few words."""
    words = str(blur.get("kind", ""))
    if (extent := blur.get("extent")) and words != "none":
        words += f" {extent:.1f} px"
        if (angle := blur.get("angle")) is not None:
            words += f" at {angle:.0f}°"
    return words or "unknown"
