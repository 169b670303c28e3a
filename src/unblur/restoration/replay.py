"""Results made again as a record tells, and compared with what they were."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from unblur.errors import ImageReadError, RecordError, UnblurError
from unblur.images.color import to_float
from unblur.images.digest import FileDigest
from unblur.images.files import new_file, read_photo
from unblur.images.places import Place, place_of
from unblur.origin import instruction_sets, machine_name
from unblur.restoration.batch import make_folder
from unblur.restoration.making import RecordEntry, Software, digest_model
from unblur.restoration.record import read_record
from unblur.restoration.recorded_files import digest_place, find_input, kept_names
from unblur.restoration.remaking import Again, remake

__all__ = ["Difference", "Replay", "replay_record"]

Verdict = Literal["same", "same pixels", "different", "failed"]
OnDisk = Literal["as recorded", "changed", "missing", "replaced"]


@dataclass(frozen=True)
class Difference:
    """How far the pixels of two pictures of one size are apart.

    Parameters
    ----------
    largest : float
        The largest difference of any value, where the whole range is 1.
    share : float
        Of the values that differ at all, from 0 to 1.
    """

    largest: float
    share: float


@dataclass(frozen=True)
class Replay:
    """What came of making a result again.

    Parameters
    ----------
    entry : RecordEntry
        What the record tells.
    verdict : {"same", "same pixels", "different", "failed"}
        "same" is byte for byte; "same pixels" in a file that was compressed or laid out otherwise;
        "failed" when it could not be made again at all.
    reason : str
        Why it failed, in one line.
    changes : tuple of str
        What is not as it was when the result was made: versions, code, machine.
    on_disk : {"as recorded", "changed", "missing", "replaced"}
        The result of then, at its place; "replaced" where a later entry is of the same file.
    difference : Difference, optional
        From the result of then, where that is still there and differs.
    """

    entry: RecordEntry
    verdict: Verdict
    reason: str = ""
    changes: tuple[str, ...] = ()
    on_disk: OnDisk = "missing"
    difference: Difference | None = None

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold."""
        apart = self.difference
        return {
            "command": self.entry.command,
            "output": self.entry.output.path,
            "sha256": self.entry.output.sha256,
            "verdict": self.verdict,
            "reason": self.reason or None,
            "changes": list(self.changes),
            "on_disk": self.on_disk,
            "difference": apart and {"largest": apart.largest, "share": apart.share},
        }


def replay_record(
    path: str | Path,
    *,
    output: str | Path | None = None,
    inputs: str | Path | None = None,
    model: str | None = None,
    threads: int | None = None,
    overwrite: bool = False,
) -> Iterator[Replay]:
    """Make every result of a record again, and say of each whether it is the same.

    Parameters
    ----------
    path : str or Path
        The record.
    output : str or Path, optional
        A folder for what is made, whose tree is kept; nothing is kept if left out.
    inputs : str or Path, optional
        A folder or file where to look for inputs that are no longer where they were: they are known
        by their digests, whatever their names.
    model : str, optional
        Where the model is now.
    threads : int, optional
        Processor threads; all that the process may use if not given.
    overwrite : bool
        Replace files in `output`.

    Yields
    ------
    Replay
        For each entry, as soon as it is done.

    Raises
    ------
    RecordError
        When the record cannot be read.
    ImageWriteError
        When what is made cannot be kept.

    Examples
    --------
    >>> from unblur import FileDigest, Making, Record
    >>> path = Path(tempfile.mkdtemp()) / "record.json"
    >>> before, after = FileDigest.of(b"blurred", "a.jpg"), FileDigest.of(b"sharp", "b.jpg")
    >>> with Record(path) as record:
    ...     record.add(Making("restore", {"strength": 1.0}).entry([before], after))
    >>> [(each.verdict, each.reason) for each in replay_record(path)]
    [('failed', 'a.jpg: is not there any more: say where it is now')]
    """
    path, output = Path(path), None if output is None else Path(output)
    entries = read_record(path)
    places = _Places(path.parent, None if inputs is None else Path(inputs), model)
    names = kept_names([entry.output.path for entry in entries])
    last = {entry.output.path: number for number, entry in enumerate(entries)}
    with tempfile.TemporaryDirectory(prefix="unblur-") as scratch:
        for number, entry in enumerate(entries):
            target = Path(scratch, f"{number}{Path(entry.output.path).suffix}")
            replay = _replay(entry, target, places, threads)
            if number < last[entry.output.path]:
                replay = replace(replay, on_disk="replaced")
            elif output is not None and target.exists():
                _keep(target, output / names[number], overwrite)
            target.unlink(missing_ok=True)
            yield replay


@dataclass(frozen=True)
class _Places:
    """Where things are now."""

    beside: Path
    inputs: Path | None
    model: str | None


def _replay(entry: RecordEntry, target: Path, places: _Places, threads: int | None) -> Replay:
    on_disk = _on_disk(entry.output)
    try:
        found = [find_input(each, places.beside, places.inputs) for each in entry.inputs]
        _check_model(entry, places.model)
        output, pixels = remake(Again(entry, found, target, places.model, threads))
    except UnblurError as error:
        return Replay(entry, "failed", " ".join(str(error).split()), on_disk=on_disk)
    done = Replay(entry, "same", changes=_changes(entry), on_disk=on_disk)
    if output.same_bytes(entry.output):
        return done
    if pixels is not None and pixels == entry.pixels:
        return replace(done, verdict="same pixels")
    apart = _difference(target, place_of(entry.output.path)) if on_disk == "as recorded" else None
    return replace(done, verdict="different", difference=apart)


def _check_model(entry: RecordEntry, model: str | None) -> None:
    if entry.model is None:
        return
    name = model or entry.model.name
    here = {each.path: each for each in digest_model(name).files}
    then = {each.path: each for each in entry.model.files}
    for part in sorted(here.keys() | then.keys()):
        if part not in here or part not in then or not here[part].same_bytes(then[part]):
            raise RecordError(
                f"{name}: the model has changed since, in {part}: "
                f"install unblur {entry.software.unblur}, or say where the model of then is"
            )


def _changes(entry: RecordEntry) -> tuple[str, ...]:
    """What is not as it was."""
    then, here = entry.software, Software.here(tuple(entry.software.packages))
    pairs = [("unblur", then.unblur, here.unblur)]
    if then.unblur == here.unblur:  # else it says nothing new
        pairs.append(("code of unblur", then.code, here.code))
    pairs.append(("Python", then.python, here.python))
    pairs += [(name, old, here.packages[name]) for name, old in sorted(then.packages.items())]
    pairs.append(("machine", entry.machine, machine_name()))
    pairs.append(("instruction sets", entry.instructions, instruction_sets()))
    return tuple(f"{name}: {old} then, {new} now" for name, old, new in pairs if old != new)


def _on_disk(output: FileDigest) -> OnDisk:
    now = digest_place(place_of(output.path))
    if now is None:
        return "missing"
    return "as recorded" if now.same_bytes(output) else "changed"


def _difference(new: Place, old: Place) -> Difference | None:
    """Compare the pixels of two files; None where they are no pictures of one size and type."""
    try:
        one, other = (read_photo(path).pixels for path in (new, old))
    except ImageReadError:
        return None
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        return None
    apart = np.abs(to_float(one) - to_float(other))
    return Difference(float(apart.max()), float((one != other).mean()))


def _keep(made: Path, place: Path, overwrite: bool) -> None:
    make_folder(place)
    with made.open("rb") as source, new_file(place, overwrite=overwrite) as file:
        shutil.copyfileobj(source, file)
