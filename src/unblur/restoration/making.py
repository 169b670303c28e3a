"""How results come about, so that each can be told exactly and made again."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unblur.errors import ImageReadError, ModelError
from unblur.images.digest import FileDigest
from unblur.origin import instruction_sets, machine_name, package_version, source_digest
from unblur.restoration.model import PSF_MODEL, model_folder

__all__ = ["Making", "ModelDigest", "RecordEntry", "Software", "digest_model", "exact_psf"]

# what can change a pixel, and what cannot
_CODE = ("images", "degradation", "classical", "estimation", "runtime", "restoration")
_PACKAGES = ("numpy", "scipy", "onnxruntime", "pillow")
_EXTRAS = ("av", "openvino", "pydicom", "tifffile", "torch")  # these if they took part


@dataclass(frozen=True)
class ModelDigest:
    """A model, and what tells whether it is still the same.

    Parameters
    ----------
    name : str
        As it was named: a shipped model, a folder or a file.
    files : tuple of FileDigest
        Its networks and their cards, by their names alone.
    """

    name: str
    files: tuple[FileDigest, ...]


@dataclass(frozen=True)
class Software:
    """The programs that made a result.

    Parameters
    ----------
    unblur : str
        Version.
    code : str
        Digest of all code of `unblur` that can change a pixel.
    python : str
        Version.
    packages : mapping of str to str
        Version of each package that takes part.
    """

    unblur: str
    code: str
    python: str
    packages: Mapping[str, str]

    @classmethod
    def here(cls, packages: Iterable[str] = ()) -> Software:
        """Describe what runs in this process.

        Parameters
        ----------
        packages : iterable of str
            Names of packages beside those that are always there or are loaded now.

        Returns
        -------
        Software
            Of this process.
        """
        loaded = (name for name in _EXTRAS if name in sys.modules)
        names = dict.fromkeys((*_PACKAGES, *loaded, *packages))
        versions = {name: package_version(name) for name in names}
        return cls(package_version(), _code_digest(), platform.python_version(), versions)


@dataclass(frozen=True)
class RecordEntry:
    """One result: what it was made from, how, by what and when.

    Parameters
    ----------
    command : str
        Of the program, which knows how to make it again.
    date : str
        In UTC, to the second.
    inputs : tuple of FileDigest
        In the order in which they were given.
    output : FileDigest
        The result.
    pixels : str or None
        `digest_pixels` of the result before it was compressed, where it is one picture; of a
        video, the SHA-256 of those of all its frames, a line each.
    parameters : mapping
        All that it takes to make it again.
    model : ModelDigest or None
        None where no model took part.
    found : mapping
        What was found and done, see `RestorationReport`.
    notes : tuple of str
        What had to change on the way in.
    software : Software
        What made it.
    machine : str
        Processor, cores and operating system; no host or user name.
    instructions : str
        The processor's instruction sets that were used.
    """

    command: str
    date: str
    inputs: tuple[FileDigest, ...]
    output: FileDigest
    pixels: str | None
    parameters: Mapping[str, Any]
    model: ModelDigest | None
    found: Mapping[str, Any]
    notes: tuple[str, ...]
    software: Software
    machine: str
    instructions: str


@dataclass(frozen=True)
class Making:
    """How a command makes its results.

    Parameters
    ----------
    command : str
        Its name.
    parameters : mapping
        All that it takes to make a result again from its inputs, as JSON can hold it; numbers of
        a given PSF by `exact_psf`.
    model : ModelDigest, optional
        From `digest_model`.

    Examples
    --------
    >>> making = Making("restore", {"strength": 1.0}, digest_model("default"))
    >>> before, after = FileDigest.of(b"blurred", "a.jpg"), FileDigest.of(b"sharp", "b.jpg")
    >>> making.entry([before], after).output.path
    'b.jpg'
    """

    command: str
    parameters: Mapping[str, Any]
    model: ModelDigest | None = None

    def entry(
        self,
        inputs: Iterable[FileDigest],
        output: FileDigest,
        *,
        pixels: str | None = None,
        found: Mapping[str, Any] | None = None,
        notes: Iterable[str] = (),
    ) -> RecordEntry:
        """Tell of one result, made here and now.

        Parameters
        ----------
        inputs, output, pixels, found, notes
            As in `RecordEntry`.

        Returns
        -------
        RecordEntry
            For `Record.add`.
        """
        return RecordEntry(
            command=self.command,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            inputs=tuple(inputs),
            output=output,
            pixels=pixels,
            parameters=self.parameters,
            model=self.model,
            found=found or {},
            notes=tuple(notes),
            software=Software.here(),
            machine=machine_name(),
            instructions=instruction_sets(),
        )


def exact_psf(psf: NDArray[np.float32] | None) -> list[Any] | None:
    """Turn a PSF into rows of numbers that give the same float32 again, in the fewest digits.

    Parameters
    ----------
    psf : ndarray of float32 or None
        (K, K) or (D, K, K).

    Returns
    -------
    nested lists of float, or None
        As JSON can hold it.

    Examples
    --------
    >>> import numpy as np
    >>> exact_psf(np.full((1, 1), 1 / 3, np.float32))
    [[0.33333334]]
    """
    if psf is None:
        return None
    if psf.ndim > 1:
        return [exact_psf(part) for part in psf]
    return [float(str(value)) for value in psf]


def digest_model(model: str | Path) -> ModelDigest:
    """Digest a model's files.

    Parameters
    ----------
    model : str or Path
        As for `Restorer`.

    Returns
    -------
    ModelDigest
        Of what lies there now.

    Raises
    ------
    ModelError
        If there is no such model.

    Examples
    --------
    >>> digest_model("default").files[0].path
    'direct-autoencoder.json'
    """
    path = Path(model)
    if path.is_file():
        card = path.with_suffix(".json")
        files = [path, card] if path.suffix.lower() == ".onnx" and card.is_file() else [path]
    else:
        direct = path.is_dir() and not (path / PSF_MODEL).is_file()
        folder = path if direct else model_folder(model)
        files = sorted(each for each in folder.iterdir() if each.suffix in (".onnx", ".json"))
    try:
        digests = tuple(replace(FileDigest.of_file(each), path=each.name) for each in files)
    except ImageReadError as error:
        raise ModelError(str(error)) from error
    return ModelDigest(str(model), digests)


@cache
def _code_digest() -> str:
    return source_digest(*(f"unblur.{package}" for package in _CODE))
