"""The sharp pictures of a benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unblur.errors import ArgumentError
from unblur.evaluation.case import Case
from unblur.evaluation.protocol import Protocol
from unblur.evaluation.protocols import VALIDATION
from unblur.images.files import find_photos, read_photo

__all__ = ["PictureSet"]


@dataclass(frozen=True)
class PictureSet:
    """Sharp pictures to blur, and the protocol to blur them by.

    Attributes
    ----------
    name : str
        Printed beside every score.
    paths : tuple of path
        The pictures' files, in the order they are run.
    protocol : Protocol
        How they are blurred.

    Raises
    ------
    ArgumentError
        If two files have the same name, by which PSF and noise are drawn.
    """

    name: str
    paths: tuple[Path, ...]
    protocol: Protocol = VALIDATION

    def __post_init__(self) -> None:
        names = [path.name for path in self.paths]
        for path in self.paths:
            if names.count(path.name) > 1:
                raise ArgumentError(f"{path} is not the only {path.name} of its set: rename one")

    @classmethod
    def from_folder(
        cls, folder: Path | str, *, limit: int | None = None, protocol: Protocol = VALIDATION
    ) -> PictureSet:
        """Take the pictures of a folder and its subfolders, sorted by name.

        Parameters
        ----------
        folder : path
            The folder; its name becomes the set's.
        limit : int or None
            Take this many, spread evenly over the sorted list; None takes all.
        protocol : Protocol
            How they are blurred.

        Returns
        -------
        PictureSet
            The set.

        Raises
        ------
        ArgumentError
            If the limit is not positive or two files have the same name.
        ImageReadError
            If the folder does not exist or holds no picture.
        """
        paths = sorted(found.path for found in find_photos(folder))
        if limit is not None and limit < 1:
            raise ArgumentError(f"a limit of {limit} leaves no picture: give 1 or more")
        count = len(paths) if limit is None else min(limit, len(paths))
        chosen = (paths[index * len(paths) // count] for index in range(count))
        return cls(Path(folder).resolve().name, tuple(chosen), protocol)

    @property
    def protocol_name(self) -> str:
        """Name of the protocol."""
        return self.protocol.name

    @property
    def seed(self) -> int:
        """Seed of the protocol."""
        return self.protocol.seed

    @property
    def knows_psf(self) -> bool:
        """Whether there is a true PSF to tell a method: always."""
        return True

    @property
    def count(self) -> int:
        """Number of cases."""
        return len(self.paths) * len(self.protocol.kinds)

    def cases(self) -> Iterator[Case]:
        """Yield every picture blurred in every way, one at a time.

        Yields
        ------
        Case
            All kinds of blur of the first picture, then of the next.
        """
        for path in self.paths:
            sharp = read_photo(path).to_image()
            for kind in self.protocol.kinds:
                yield self.protocol.case(path.name, sharp, kind)
