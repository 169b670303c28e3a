"""Photographs that were blurred by life, each with a sharp one of the same scene, as a set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unblur.errors import ArgumentError, ArrayError
from unblur.evaluation.case import Case
from unblur.evaluation.paired.finding import Pair, find_pairs
from unblur.images.files import read_photo

__all__ = ["PairSet"]


@dataclass(frozen=True)
class PairSet:
    """Pairs of a really blurred and a sharp picture; nobody knows the PSF.

    Attributes
    ----------
    name : str
        Printed beside every score.
    pairs : tuple of Pair
        The files.
    """

    name: str
    pairs: tuple[Pair, ...]

    @classmethod
    def from_folder(cls, folder: Path | str, *, limit: int | None = None) -> PairSet:
        """Take the pairs of a folder, in any layout that `find_pairs` reads.

        Parameters
        ----------
        folder : path
            The folder; its name becomes the set's.
        limit : int or None
            Take this many pairs, spread evenly over the sorted list; None takes all.

        Returns
        -------
        PairSet
            The set.

        Raises
        ------
        ArgumentError
            If the limit is not positive.
        ImageReadError
            If the folder does not exist or holds no pair.
        """
        if limit is not None and limit < 1:
            raise ArgumentError(f"a limit of {limit} leaves no pair: give 1 or more")
        pairs = find_pairs(folder).pairs
        count = len(pairs) if limit is None else min(limit, len(pairs))
        chosen = (pairs[index * len(pairs) // count] for index in range(count))
        return cls(Path(folder).resolve().name, tuple(chosen))

    @property
    def protocol_name(self) -> str:
        """How the cases came about."""
        return "pairs"

    @property
    def seed(self) -> int:
        """Nothing is drawn."""
        return 0

    @property
    def knows_psf(self) -> bool:
        """Whether there is a true PSF to tell a method: never."""
        return False

    @property
    def count(self) -> int:
        """Number of cases."""
        return len(self.pairs)

    def cases(self) -> Iterator[Case]:
        """Yield the pairs, one at a time.

        Yields
        ------
        Case
            Without a PSF; the blur is taken to have happened in linear light.

        Raises
        ------
        ArrayError
            If the two pictures of a pair have different shapes.
        """
        for pair in self.pairs:
            sharp, blurred = (read_photo(path).to_image() for path in (pair.sharp, pair.blurred))
            if sharp.shape != blurred.shape:
                raise ArrayError(
                    f"{pair.blurred} is {blurred.shape}, its sharp partner {sharp.shape}: "
                    "align and crop them first"
                )
            yield Case(pair.name, pair.kind, sharp, blurred, None)
