"""``--record FILE.json``: the same on every command that restores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from unblur.cli.talk import complain

if TYPE_CHECKING:
    from unblur import FileResult, Making

__all__ = ["BatchRecord", "RecordOption", "making_of"]

RecordOption = Annotated[
    Path | None,
    typer.Option(
        "--record",
        metavar="FILE.json",
        rich_help_panel="Where results go",
        help="Also write down what each result was made from, how and by what, with digests, so "
        "that 'unblur replay' can make it again; a record that exists is added to.",
    ),
]


def making_of(
    command: str, parameters: Mapping[str, Any], model: str | None, packages: tuple[str, ...] = ()
) -> Making:
    """Say for a record how a command makes its results; see `unblur.Making`."""
    from unblur import Making, digest_model

    return Making(command, parameters, None if model is None else digest_model(model), packages)


class BatchRecord:
    """The record of a batch; a context manager around it.

    Parameters
    ----------
    path : Path
        Of the record.
    """

    def __init__(self, path: Path) -> None:
        from unblur import Record

        self._path = path
        self._record = Record(path)
        self._untold = 0

    def __enter__(self) -> Self:
        self._record.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._record.__exit__(kind, error, trace)
        if self._untold:
            complain(
                f"{self._path}: tells nothing of {self._untold} skipped, whose results were made "
                "without it: --overwrite makes them again"
            )

    def add(self, result: FileResult) -> None:
        """Take the entry of one result, if it has one."""
        if result.entry is not None:
            self._record.add(result.entry)
        elif result.outcome == "skipped" and result.target is not None:
            self._untold += result.target not in self._record and result.target.exists()
