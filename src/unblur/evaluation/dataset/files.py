"""The files of a made data set: settings, manifest, PSFs and pictures."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from unblur.degradation import PSF, as_psf
from unblur.errors import ArgumentError, ConfigurationError, PSFError
from unblur.evaluation.dataset.manifest import MANIFEST, Entry, read_entries
from unblur.evaluation.dataset.settings import DatasetSettings
from unblur.evaluation.paired.finding import FOLDERS, SHARP_FOLDER
from unblur.images.atomic import atomic_file
from unblur.images.color import to_dtype
from unblur.images.files import write_photo
from unblur.images.photo import Photo
from unblur.origin import fingerprint, package_version

__all__ = ["DatasetFiles", "read_psfs", "read_settings"]

_SETTINGS, _PSFS = "dataset.json", "psfs.npz"

Image = NDArray[np.float32]


@dataclass(frozen=True)
class DatasetFiles:
    """A data set that is being made.

    Attributes
    ----------
    folder : path
        Where it is.
    settings : DatasetSettings
        What it is made by.
    entries : dict of str to Entry
        Scenes that are done.
    """

    folder: Path
    settings: DatasetSettings
    entries: dict[str, Entry]

    @classmethod
    def open(
        cls, folder: Path, settings: DatasetSettings, sources: Sequence[str], *, overwrite: bool
    ) -> DatasetFiles:
        """Begin a data set, or go on with it.

        Parameters
        ----------
        folder : path
            Where it goes; made if it is missing.
        settings : DatasetSettings
            What it is made by.
        sources : sequence of str
            Names of the sharp pictures.
        overwrite : bool
            Whether a data set that is there already is removed first.

        Returns
        -------
        DatasetFiles
            With the scenes that an earlier run finished.

        Raises
        ------
        ArgumentError
            If the folder holds a data set of other settings or sources, or something else.
        ConfigurationError
            If its settings or manifest are damaged.
        """
        version, names = package_version(), fingerprint(sorted(sources))
        wanted = {"unblur": version, "sources": names, **settings.to_dict()}
        present = read_settings(folder)
        if present is not None and overwrite:
            _remove(folder, present)
            present = None
        if present is None:
            _require_empty(folder)
            folder.mkdir(parents=True, exist_ok=True)
            with atomic_file(folder / _SETTINGS) as file:
                file.write(json.dumps(wanted, indent=2).encode() + b"\n")
        elif other := [key for key in wanted if present.get(key) != wanted[key]]:
            raise ArgumentError(
                f"{folder}: holds a data set made with another {', '.join(other)}: "
                "choose another folder or allow overwriting"
            )
        for name in _folders(settings.kinds):
            (folder / name).mkdir(exist_ok=True)
        entries = read_entries(folder)
        files = cls(folder, settings, {entry.scene: entry for entry in entries})
        files._write_manifest(entries)  # without a line that was cut off
        return files

    def finished(self, scene: str) -> Entry | None:
        """Return a scene's entry if all its pictures are there."""
        entry = self.entries.get(scene)
        there = entry is not None and all((self.folder / name).is_file() for name in entry.files)
        return entry if there else None

    def write_picture(self, name: str, image: Image) -> None:
        """Write an image, float in [0, 1], with 8 bits; what a broken run left is replaced."""
        photo = Photo(np.asarray(to_dtype(image, np.uint8)))
        write_photo(photo, self.folder / name, overwrite=True)

    def note(self, entry: Entry) -> None:
        """Write a scene whose pictures are all there into the manifest, at once."""
        self.entries[entry.scene] = entry
        with (self.folder / MANIFEST).open("ab") as file:
            file.write(entry.to_line())

    def close(self, entries: Sequence[Entry]) -> None:
        """Write the manifest in order, and all PSFs."""
        self._write_manifest(entries)
        psfs = {
            Path(version.file).stem: self.settings.draw(entry.scene, kind).camera.psf
            for entry in entries
            for kind, version in zip(self.settings.kinds, entry.blurred, strict=True)
        }
        with atomic_file(self.folder / _PSFS, overwrite=True) as file:
            np.savez_compressed(file, **psfs)  # type: ignore[arg-type]  # names are the user's

    def _write_manifest(self, entries: Sequence[Entry]) -> None:
        with atomic_file(self.folder / MANIFEST, overwrite=True) as file:
            file.writelines(entry.to_line() for entry in entries)


def read_psfs(folder: Path) -> dict[str, PSF]:
    """Read the PSFs of a data set.

    Parameters
    ----------
    folder : path
        A data set.

    Returns
    -------
    dict
        From the name of each blurred picture, without suffix, to its PSF; empty where the folder
        has none.

    Raises
    ------
    PSFError
        If the file of PSFs cannot be read.

    Examples
    --------
    >>> read_psfs(Path("no-such-folder"))
    {}
    """
    path = folder / _PSFS
    if not path.exists():
        return {}
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: as_psf(archive[name]) for name in archive}
    except (OSError, EOFError, ValueError, BadZipFile) as error:
        raise PSFError(f"{path}: holds no PSFs ({error}): make the data set again") from error


def _folders(kinds: Sequence[str]) -> list[str]:
    return [SHARP_FOLDER, *(FOLDERS[kind] for kind in kinds)]


def read_settings(folder: Path) -> dict[str, Any] | None:
    """Read what the data set in a folder was made by.

    Parameters
    ----------
    folder : path
        A folder.

    Returns
    -------
    dict or None
        The settings and more; None where `unblur dataset make` did not make the folder.

    Raises
    ------
    ConfigurationError
        If the file is damaged.

    Examples
    --------
    >>> read_settings(Path("no-such-folder")) is None
    True
    """
    path = folder / _SETTINGS
    if not path.exists():
        return None
    try:
        values = json.loads(path.read_bytes())
        _folders(values["kinds"])
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"{path}: is damaged ({error}): remove the folder") from error
    return dict(values)


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArgumentError(f"{folder}: holds something else than a data set: name a new folder")


def _remove(folder: Path, present: dict[str, Any]) -> None:
    """Remove a data set, and nothing that was not part of it."""
    own = re.compile(r"\d{4,}_.*_[A-Z]\.png")
    for name in _folders(present["kinds"]):
        for path in (folder / name).glob("*.png"):
            if own.fullmatch(path.name):
                path.unlink()
        with contextlib.suppress(OSError):  # not there, or the user keeps something in it
            (folder / name).rmdir()
    for name in (_PSFS, MANIFEST, _SETTINGS):
        (folder / name).unlink(missing_ok=True)
