"""Methods x pictures x kinds of blur: the one loop behind every published score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from unblur.errors import ArgumentError
from unblur.evaluation.case import Case, CaseSet
from unblur.evaluation.gallery import Gallery
from unblur.evaluation.memory import peak_memory
from unblur.evaluation.methods import INPUT, Method
from unblur.evaluation.provenance import Provenance
from unblur.evaluation.records import Row, append_row, read_rows
from unblur.evaluation.scoring import score

__all__ = ["Benchmark", "Step"]


class Step(NamedTuple):
    """One finished row, for a progress display.

    Attributes
    ----------
    done, total : int
        Rows so far, and in all.
    row : Row
        The newest one.
    fresh : bool
        False if it was there from an earlier run.
    """

    done: int
    total: int
    row: Row
    fresh: bool


@dataclass(frozen=True)
class Benchmark:
    """Some methods on some sets of pictures.

    Attributes
    ----------
    methods : tuple of Method
        What to compare; the blurred input itself always comes first and need not be named.
    sets : tuple of PictureSet or PairSet
        What to compare on. Where nobody knows the PSF, only blind methods run.
    threads : int or None
        Threads that the methods were told to use, for the record.
    memory : bool
        Run each method once more on the first case of each set, in a process of its own, and keep
        the most memory that it took.
    gallery : Gallery or None
        Keeps a crop of some results for a page.

    Raises
    ------
    ArgumentError
        If two methods or two sets with one protocol have the same name.
    """

    methods: tuple[Method, ...]
    sets: tuple[CaseSet, ...]
    threads: int | None = None
    memory: bool = False
    gallery: Gallery | None = None

    def __post_init__(self) -> None:
        others = tuple(method for method in self.methods if method is not INPUT)
        object.__setattr__(self, "methods", (INPUT, *others))
        _require_unique([method.name for method in self.methods], "method")
        _require_unique([f"{each.name}/{each.protocol_name}" for each in self.sets], "set")

    @property
    def total(self) -> int:
        """Number of rows."""
        return sum(each.count * len(self._runnable(each)) for each in self.sets)

    def run(
        self, record: Path | None = None, *, progress: Callable[[Step], None] | None = None
    ) -> Iterator[Row]:
        """Score every method on every case.

        Parameters
        ----------
        record : path or None
            File of JSON lines. Rows that it holds for the same method, settings and pixels are
            taken from it; new ones are written to it as they come.
        progress : callable or None
            Told of every row.

        Yields
        ------
        Row
            One for each case and method, cases first.

        Raises
        ------
        ConfigurationError
            If the record holds something else than rows.
        ArrayError
            If a method returns a picture of another shape, or with numbers that are not finite.
        """
        known = {} if record is None else read_rows(record)
        provenance = Provenance.here(threads=self.threads)
        warm: set[str] = set()
        done = 0
        for pictures in self.sets:
            methods = self._runnable(pictures)
            weighed: set[str] = set()
            for case, method in ((c, m) for c in pictures.cases() for m in methods):
                key = (pictures.name, pictures.protocol_name, case.picture, case.kind, method.name)
                row = known.get(key)
                fresh = row is None or not _is_current(row, method, case)
                if row is None or fresh:
                    _warm_up(method, case, warm)
                    row = score(method, case, pictures, provenance, gallery=self.gallery)
                    if self.memory and method is not INPUT and method.name not in weighed:
                        row = replace(row, peak_bytes=peak_memory(method, case))
                    if record is not None:
                        append_row(record, row)
                weighed.add(method.name)
                done += 1
                if progress is not None:
                    progress(Step(done, self.total, row, fresh))
                yield row

    def _runnable(self, pictures: CaseSet) -> list[Method]:
        return [method for method in self.methods if method.blind or pictures.knows_psf]


def _is_current(row: Row, method: Method, case: Case) -> bool:
    return (row.method_fingerprint, row.case) == (method.fingerprint, case.fingerprint)


def _warm_up(method: Method, case: Case, warm: set[str]) -> None:
    """Run a method once before it is timed, so that its first time does not count its loading."""
    if method.name not in warm:
        warm.add(method.name)
        method.run(case.observed(blind=method.blind))


def _require_unique(names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(f"two {what}s are called {name!r}: give each a name of its own")
