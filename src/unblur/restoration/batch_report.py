"""The report on a batch: a file that is whole after each picture, whatever ends the program.

What closes the file is written again after each picture, in one call with its line, so that an
interruption keeps all that was told; a later run of the same batch goes on in the same file.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

from unblur.errors import ArgumentError, ImageWriteError
from unblur.restoration.job import FileResult
from unblur.restoration.report_layout import LAYOUTS, report_row

__all__ = ["BatchReport"]


class BatchReport:
    """Writes a report picture by picture; a context manager around the batch.

    Of each picture it holds a number of 64 bits, to leave out what an earlier run has told already.

    Parameters
    ----------
    path : str or Path
        Its suffix says what it becomes: ``.html``, ``.json`` or ``.csv``. A report that exists is
        continued.
    fresh : bool
        Start anew instead.

    Raises
    ------
    ArgumentError
        For another suffix, or when a file that is no report has that name.
    ImageWriteError
        When it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "report.csv"
    >>> with BatchReport(path) as report:
    ...     report.add(FileResult(Path("a.jpg"), None, "failed"))
    >>> path.read_text().splitlines()[1]
    'a.jpg,,failed,,,,,,,,,0.0,,'
    """

    def __init__(self, path: str | Path, *, fresh: bool = False) -> None:
        self._path = Path(path)
        layout = LAYOUTS.get(self._path.suffix.lower())
        if layout is None:
            raise ArgumentError(f"{path}: name the report with one of {', '.join(LAYOUTS)}")
        self._layout = layout
        self._fresh = fresh
        self._told: set[int] = set()
        self._counts = {"restored": 0, "skipped": 0, "failed": 0}

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._fresh and self._path.exists() and self._path.stat().st_size:
                self._end = self._read_on()
                self._file = self._path.open("r+b", buffering=0)
            else:
                self._end = len(self._layout.begin.encode())
                self._file = self._path.open("w+b", buffering=0)
                self._file.write(self._layout.begin.encode() + self._closing())
        except OSError as error:
            raise self._failed(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, result: FileResult) -> None:
        """Tell of one picture; a skipped one that is told of already is left out.

        Parameters
        ----------
        result : FileResult
            From `restore_batch`.

        Raises
        ------
        ImageWriteError
            When the disk is full, say.
        """
        mark = _mark(str(result.source))
        if result.outcome == "skipped" and mark in self._told:
            return
        between = self._layout.between if self._told else ""
        line = (between + self._layout.line(report_row(result))).encode(errors="backslashreplace")
        self._note(mark, result.outcome)
        try:
            self._file.seek(self._end)
            # in one call: a kill comes before it or after it
            self._file.write(line + self._closing())
            self._file.truncate()
        except OSError as error:
            raise self._failed(error) from error
        self._end += len(line)

    def _note(self, mark: int, outcome: str) -> None:
        self._told.add(mark)
        self._counts[outcome] = self._counts.get(outcome, 0) + 1

    def _closing(self) -> bytes:
        return self._layout.end(self._counts).encode()

    def _read_on(self) -> int:
        """Take note of what is told already; return where the next picture belongs."""
        begin = self._layout.begin.encode()
        with self._path.open("rb") as file:
            if file.read(len(begin)) != begin:
                raise ArgumentError(
                    f"{self._path}: exists and is no such report: choose another name for it"
                )
            end = position = len(begin)
            mark = self._layout.between.strip().encode()
            for line in file:
                text = line.rstrip(b"\r\n").removesuffix(mark)
                if told := self._layout.read(text.decode(errors="replace")):
                    self._note(_mark(told[0]), told[1])
                    end = position + len(text)
                position += len(line)
        return end

    def _failed(self, error: OSError) -> ImageWriteError:
        return ImageWriteError(
            f"{self._path}: the report cannot be written ({error.strerror}): choose another place"
        )


def _mark(source: str) -> int:
    data = source.encode(errors="backslashreplace")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
