"""The manifest of a made data set: what was done to each scene, one JSON object a line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from unblur.errors import ConfigurationError

__all__ = ["MANIFEST", "Entry", "Version", "read_entries"]

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class Version:
    """One blurred picture of a scene.

    Attributes
    ----------
    kind : str
        Kind of its PSF.
    file : str
        Where it is in the data set; its name without suffix is that of its PSF.
    noise : float
        Standard deviation, on encoded values.
    jpeg : int or None
        Quality of the JPEG whose traces it has.
    seed : int
        Of the noise.
    """

    kind: str
    file: str
    noise: float
    jpeg: int | None
    seed: int


@dataclass(frozen=True)
class Entry:
    """One scene: a line of the manifest.

    Attributes
    ----------
    name : str
        What the names of its pictures begin with.
    scene : str
        Sharp picture and number of the crop, from which all draws derive.
    source : str
        The sharp picture, below its folder.
    frame : tuple of int
        Part of it that was taken: top, left, height, width.
    sharp : str
        Where the sharp square is in the data set.
    blurred : tuple of Version
        Its blurred versions.
    """

    name: str
    scene: str
    source: str
    frame: tuple[int, ...]
    sharp: str
    blurred: tuple[Version, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """All pictures of the scene."""
        return (self.sharp, *(version.file for version in self.blurred))

    def to_line(self) -> bytes:
        """Return the line of the manifest."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Entry:
        """Make an entry of a line of the manifest.

        Parameters
        ----------
        values : dict
            What `dataclasses.asdict` returned.

        Returns
        -------
        Entry
            The entry.

        Raises
        ------
        TypeError, KeyError
            If a field is missing or unknown.
        """
        versions = tuple(Version(**version) for version in values["blurred"])
        return cls(**{**values, "frame": tuple(values["frame"]), "blurred": versions})


def read_entries(folder: Path) -> tuple[Entry, ...]:
    """Read the manifest of a data set.

    Parameters
    ----------
    folder : path
        A data set.

    Returns
    -------
    tuple of Entry
        Its scenes; empty where there is no manifest. What follows the last newline was cut off
        while it was written and is passed over.

    Raises
    ------
    ConfigurationError
        If a line is no entry.

    Examples
    --------
    >>> read_entries(Path("no-such-folder"))
    ()
    """
    path = folder / MANIFEST
    if not path.exists():
        return ()
    lines = path.read_bytes().split(b"\n")[:-1]
    try:
        return tuple(Entry.from_dict(json.loads(line)) for line in lines)
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"{path}: is no manifest ({error}): remove the folder") from error
