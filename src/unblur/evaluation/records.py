"""One score of one method on one case, and the file that keeps such rows."""

from __future__ import annotations

import json
import os
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from unblur.errors import ConfigurationError
from unblur.evaluation.provenance import Provenance

__all__ = ["Row", "append_row", "read_rows"]

Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Row:
    """What a method scored on one case.

    Attributes
    ----------
    pictures, protocol : str
        Names of the set of pictures and of the protocol that blurred them.
    seed : int
        Of the protocol.
    picture, kind : str
        The case: name of the picture and kind of blur.
    case : str
        Fingerprint of the case's pixels.
    method, method_fingerprint : str
        Name of the method, and a digest of all its settings.
    blind : bool
        Whether the method was not given the PSF.
    height, width : int
        Size of the scored picture in pixels.
    mse, psnr, ssim : float
        Against the true picture; PSNR in dB, at most 100.
    accuracy : float or None
        Channel-argmax accuracy; None for a grey picture.
    kept : float
        PSNR of the output against its own input, in dB, at most 100: how much was left alone.
    aligned_psnr, aligned_ssim : float or None
        The same at the best shift; None for a method that knows the PSF.
    seconds : float
        Time the method took.
    provenance : Provenance
        Version, machine, date.
    parameters : int
        Numbers that the method learned.
    extent : float or None
        Of the true PSF in px, see `Case.extent`; None where nobody knows it.
    peak_bytes : int or None
        The most memory that a process of its own took to load the method and to restore this case,
        interpreter and libraries included; measured for the first case of a set only.
    """

    pictures: str
    protocol: str
    seed: int
    picture: str
    kind: str
    case: str
    method: str
    method_fingerprint: str
    blind: bool
    height: int
    width: int
    mse: float
    psnr: float
    ssim: float
    accuracy: float | None
    kept: float
    aligned_psnr: float | None
    aligned_ssim: float | None
    seconds: float
    provenance: Provenance
    parameters: int = 0
    extent: float | None = None
    peak_bytes: int | None = None

    @property
    def key(self) -> Key:
        """What the row is about: a later row of the same key replaces it."""
        return (self.pictures, self.protocol, self.picture, self.kind, self.method)

    @property
    def seconds_per_megapixel(self) -> float:
        """Time per million pixels."""
        return self.seconds / (self.height * self.width / 1e6)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as a dictionary that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Row:
        """Make a row of what `to_dict` returned.

        Parameters
        ----------
        values : dict
            The fields of a row; those with a default may be missing.

        Returns
        -------
        Row
            The row.

        Raises
        ------
        ConfigurationError
            If a field is missing or unknown.
        """
        known = {item.name for item in fields(cls)}
        needed = {item.name for item in fields(cls) if item.default is MISSING}
        if wrong := (needed - values.keys()) | (values.keys() - known):
            raise ConfigurationError(f"missing or unknown field {', '.join(sorted(wrong))}")
        return cls(**{**values, "provenance": Provenance(**values["provenance"])})


def read_rows(path: Path) -> dict[Key, Row]:
    """Read the rows in a file of JSON lines, the last one of each key.

    Parameters
    ----------
    path : path
        File that `append_row` wrote; it need not exist.

    Returns
    -------
    dict
        From key to row. A last line that was cut off in the middle is passed over.

    Raises
    ------
    ConfigurationError
        If another line is not a row.

    Examples
    --------
    >>> read_rows(Path("no-such-folder") / "rows.jsonl")
    {}
    """
    if not path.exists():
        return {}
    # Whatever follows the last newline was cut off while it was written.
    lines = path.read_bytes().split(b"\n")[:-1]
    rows = (_parse(path, number, line) for number, line in enumerate(lines, 1) if line)
    return {row.key: row for row in rows}


def append_row(path: Path, row: Row) -> None:
    """Write a row at the end of a file of JSON lines, at once.

    Parameters
    ----------
    path : path
        The file; it and its folder are made if they are missing. A last line that was cut off in
        the middle is removed first.
    row : Row
        The row to keep.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(row.to_dict(), allow_nan=False).encode() + b"\n"
    with path.open("ab+") as file:
        _drop_unfinished_line(file)
        file.write(line)


def _drop_unfinished_line(file: BinaryIO) -> None:
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
    if size and file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def _parse(path: Path, number: int, line: bytes) -> Row:
    try:
        return Row.from_dict(json.loads(line))
    except (ValueError, TypeError, KeyError, AttributeError, ConfigurationError) as error:
        raise ConfigurationError(
            f"{path}, line {number}, is not a row of a benchmark ({error}): "
            "remove the file or choose another folder"
        ) from error
