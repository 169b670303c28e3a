"""``--record FILE.json``: the same on every command that restores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from unblur.cli.engines import Device
from unblur.cli.talk import complain

if TYPE_CHECKING:
    from unblur import FileDigest, FileResult, Making

__all__ = ["BatchRecord", "RecordOption", "device_for", "making_of", "record_file"]

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


def making_of(command: str, parameters: Mapping[str, Any], model: str | None) -> Making:
    """Say for a record how a command makes its results; see `unblur.Making`."""
    from unblur import Making, digest_model

    return Making(command, parameters, None if model is None else digest_model(model))


def device_for(record: Path | None, device: Device) -> Device:
    """Return what runs the networks: with a record the CPU, whose results are the same bit for bit.

    Another device is used if it was asked for by name, and said of it what that means.
    """
    if record is None or device == "cpu":
        return device
    if device != "auto":
        complain(f"{record}: --device {device} may give other last digits each time: use cpu")
        return device
    return "cpu"


def record_file(
    record: Path,
    making: Making,
    source: FileDigest,
    output: Path,
    *,
    found: Mapping[str, Any],
    pixels: str | None = None,
    notes: Iterable[str] = (),
) -> None:
    """Record one result that was made from one file and now has its name."""
    from unblur import FileDigest, Record

    with Record(record) as told:
        digest = FileDigest.of_file(output)
        told.add(making.entry([source], digest, found=found, pixels=pixels, notes=notes))


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
