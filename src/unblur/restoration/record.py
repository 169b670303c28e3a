"""Records: files that tell of each result what it was made from, how, by what and when.

A record is whole after each entry, whatever ends the program, and is only ever added to.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from unblur.errors import ArgumentError, ImageWriteError, RecordError
from unblur.images.digest import FileDigest
from unblur.restoration.making import ModelDigest, RecordEntry, Software

__all__ = ["VERSION", "Record", "read_record", "record_schema"]

VERSION = 1
"""Of the layout of a record; a program reads its own and all before."""

_KIND = "unblur-record"
_BEGIN = f'{{"kind": "{_KIND}", "version": {VERSION}, "entries": [\n'
_END = "\n]}\n"
_NUMBERS = re.compile(r"\[\s+([^\[\]{}\"]+?)\s+\]")


class Record:
    """Writes a record entry by entry; a context manager around the work.

    Parameters
    ----------
    path : str or Path
        Its suffix must be ``.json``. A record that exists is continued.

    Raises
    ------
    ArgumentError
        For another suffix.
    RecordError
        When a file that is no record has that name.
    ImageWriteError
        When it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from unblur import FileDigest, Making
    >>> path = Path(tempfile.mkdtemp()) / "record.json"
    >>> before, after = FileDigest.of(b"blurred", "a.jpg"), FileDigest.of(b"sharp", "b.jpg")
    >>> with Record(path) as record:
    ...     record.add(Making("restore", {"strength": 1.0}).entry([before], after))
    >>> [entry.output.path for entry in read_record(path)]
    ['b.jpg']
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        if self._path.suffix.lower() != ".json":
            raise ArgumentError(f"{path}: a record is JSON: give it a name that ends in .json")
        self._outputs: set[str] = set()

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size:
                self._outputs = {entry.output.path for entry in read_record(self._path)}
                self._end = self._find_end()
                self._file = self._path.open("r+b", buffering=0)
            else:
                self._file = self._path.open("w+b", buffering=0)
                self._file.write((_BEGIN + _END).encode())
                self._end = len(_BEGIN.encode())
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

    def __contains__(self, output: object) -> bool:
        """Whether there is an entry for an output of this name."""
        return str(output) in self._outputs

    def add(self, entry: RecordEntry) -> None:
        """Add one entry.

        Parameters
        ----------
        entry : RecordEntry
            From `Making.entry`, once the result has its name.

        Raises
        ------
        ImageWriteError
            When the disk is full, say.
        """
        text = (",\n" if self._outputs else "") + _in_json(entry)
        data = text.encode()
        try:
            self._file.seek(self._end)
            # in one call: a kill comes before it or after it
            self._file.write(data + _END.encode())
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from error
        self._end += len(data)
        self._outputs.add(entry.output.path)

    def _find_end(self) -> int:
        """Where the next entry belongs."""
        with self._path.open("rb") as file:
            end = file.seek(-len(_END), os.SEEK_END)
            closing = file.read()
        if closing != _END.encode():
            raise RecordError(
                f"{self._path}: another program has laid it out anew: choose another name"
            )
        return end

    def _failed(self, error: OSError) -> ImageWriteError:
        return ImageWriteError(
            f"{self._path}: the record cannot be written ({error.strerror}): choose another place"
        )


def read_record(path: str | Path) -> tuple[RecordEntry, ...]:
    """Read a record.

    Parameters
    ----------
    path : str or Path
        What `Record` wrote.

    Returns
    -------
    tuple of RecordEntry
        In the order in which they were added.

    Raises
    ------
    RecordError
        When the file cannot be read, is no record, is damaged, or is from a later version.

    Examples
    --------
    >>> read_record("no-such-record.json")
    Traceback (most recent call last):
    ...
    unblur.errors.RecordError: no-such-record.json: cannot be read: ...
    """
    try:
        whole = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RecordError(f"{path}: no record, or a damaged one: {error}") from error
    if not isinstance(whole, dict) or whole.get("kind") != _KIND:
        raise RecordError(f"{path}: is no record: give a file that --record wrote")
    if whole.get("version") != VERSION:
        raise RecordError(
            f"{path}: a record of version {whole.get('version')}, and this unblur reads {VERSION}: "
            "use the unblur that wrote it, or a later one"
        )
    entries = whole.get("entries")
    if not isinstance(entries, list):
        raise RecordError(f"{path}: damaged: it has no list of entries")
    return tuple(_entry(each, f"{path}: entry {number}") for number, each in enumerate(entries, 1))


def record_schema() -> str:
    """Return the JSON Schema (draft 2020-12) that every record follows.

    Returns
    -------
    str
        JSON.

    Examples
    --------
    >>> json.loads(record_schema())["title"]
    'unblur record'
    """
    folder = resources.files("unblur") / "restoration"
    return (folder / "record.schema.json").read_text(encoding="utf-8")


def _in_json(entry: RecordEntry) -> str:
    """An entry over many lines, each row of numbers on one of its own."""
    text = json.dumps(asdict(entry), indent=1)
    return _NUMBERS.sub(lambda row: f"[{' '.join(row[1].split())}]", text)


def _entry(values: Any, place: str) -> RecordEntry:
    """Check an entry as far as its types say; `place` names it in errors."""
    take = _Taker(values, place)
    return RecordEntry(
        command=take("command", str),
        date=take("date", str),
        inputs=tuple(_file(each, place) for each in take("inputs", list)),
        output=_file(take("output", dict), place),
        pixels=take("pixels", str | None),
        parameters=take("parameters", dict),
        model=_maybe(_model, take("model", dict | None), place),
        found=take("found", dict),
        notes=tuple(map(str, take("notes", list))),
        software=_software(take("software", dict), place),
        machine=take("machine", str),
        instructions=take("instructions", str),
    )


class _Taker:
    """Takes checked values out of an untrusted mapping."""

    def __init__(self, values: Any, place: str) -> None:
        self._values, self._place = values, place

    def __call__(self, name: str, kind: Any) -> Any:
        values = self._values
        if not isinstance(values, dict) or name not in values:
            raise RecordError(f"{self._place}: damaged: {name!r} is missing")
        if not isinstance(values[name], kind):
            raise RecordError(f"{self._place}: damaged: {name!r} is {str(values[name])[:40]!r}")
        return values[name]


def _maybe(make: Callable[[Any, str], ModelDigest], values: Any, place: str) -> ModelDigest | None:
    return None if values is None else make(values, place)


def _file(values: Any, place: str) -> FileDigest:
    take = _Taker(values, place)
    return FileDigest(take("path", str), take("size", int), take("sha256", str))


def _model(values: Any, place: str) -> ModelDigest:
    take = _Taker(values, place)
    return ModelDigest(take("name", str), tuple(_file(each, place) for each in take("files", list)))


def _software(values: Any, place: str) -> Software:
    take = _Taker(values, place)
    packages: Mapping[str, str] = take("packages", dict)
    return Software(take("unblur", str), take("code", str), take("python", str), packages)
