"""What a person is told on standard error: a bar and a line a file on a terminal, errors always.

Standard output stays free for data: JSON, tables, or a picture.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import typer

from unblur.errors import UnblurError

if TYPE_CHECKING:
    from rich.progress import Progress

    from unblur import FileResult, Job

__all__ = ["BatchTalk", "complain", "printable"]


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
    jobs : sequence of Job
        What is going to be worked on, in this order.
    as_json : bool
        The results go to standard output, one JSON object a line.
    """

    def __init__(self, jobs: Sequence[Job], *, as_json: bool) -> None:
        self._jobs = jobs
        self._as_json = as_json
        # a bar would run through JSON lines on the same screen
        self._talks = sys.stderr.isatty() and not (as_json and sys.stdout.isatty())
        self._progress: Progress | None = None
        self._worked = 0
        self._start = time.perf_counter()
        self._failures: list[FileResult] = []
        self.counts = {"restored": 0, "skipped": 0, "failed": 0}

    def __enter__(self) -> Self:
        if self._talks and self._jobs:
            self._progress = _bar()
            self._task = self._progress.add_task(self._current(), total=len(self._jobs))
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
            left = len(self._jobs) - self._worked
            complain(f"stopped with {left} to go: the same command goes on where this one ended")

    def tell(self, result: FileResult, *, worked: bool = True) -> None:
        """Take note of one result, and move the bar if the picture was worked on."""
        self.counts[result.outcome] += 1
        if result.error is not None:
            self._failures.append(result)
            if not isinstance(result.error, UnblurError | MemoryError):
                traceback.print_exception(result.error)
        if self._as_json:
            typer.echo(json.dumps(result.to_dict()))
        if worked:
            self._worked += 1
        if self._progress is not None:
            if result.outcome == "restored" and not self._as_json:
                self._say(_line(result), *(f"  {note}" for note in result.notes))
            self._progress.update(self._task, completed=self._worked, description=self._current())

    def tell_tiles(self, done: int, tiles: int) -> None:
        """Move the bar by the part of the present picture that is done."""
        if self._progress is not None:
            self._progress.update(self._task, completed=self._worked + done / tiles)

    def _say(self, *lines: str) -> None:
        """Print above the bar."""
        if self._progress is not None:
            text = "\n".join(map(printable, lines))
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _current(self) -> str:
        if self._worked >= len(self._jobs):
            return ""
        return printable(self._jobs[self._worked].source.name)

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
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # standard output may be a pipe that wants its data
    )


def _line(result: FileResult) -> str:
    blur = result.report.to_dict().get("blur") if result.report else None
    found = f"  {blur_in_words(blur)}" if isinstance(blur, Mapping) else ""
    return f"{result.source} -> {result.target}{found}  {result.seconds:.1f} s"


def blur_in_words(blur: Mapping[str, Any]) -> str:
    """Say kind, extent and angle of a `BlurReport` dictionary in a few words."""
    words = str(blur.get("kind", ""))
    if (extent := blur.get("extent")) and words != "none":
        words += f" {extent:.1f} px"
        if (angle := blur.get("angle")) is not None:
            words += f" at {angle:.0f}°"
    return words or "unknown"
