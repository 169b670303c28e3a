"""Pairs of files as cases to score on: read, resized, aligned, with the PSF where it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from unblur.errors import ArrayError
from unblur.evaluation.case import Case
from unblur.evaluation.dataset.truth import Truth, read_truth
from unblur.evaluation.paired.alignment import (
    Alignment,
    align_pair,
    measure_offset,
    usual_tolerance,
)
from unblur.evaluation.paired.finding import Pair, PairedFolder
from unblur.images.files import read_photo

__all__ = ["AlignedCase", "PairedCases", "needed_alignment"]

Image = NDArray[np.float32]

_SAMPLE = 5
_ROUNDING = 1 / 255 / 12**0.5  # what storing 8 bits adds to the noise


@dataclass(frozen=True, eq=False)
class AlignedCase:
    """A case, and what its alignment reached.

    Attributes
    ----------
    pair : Pair
        The files.
    case : Case
        The part of them that is scored.
    correlation : float or None
        Of the alignment; None where there was none.
    """

    pair: Pair
    case: Case
    correlation: float | None


@dataclass(frozen=True)
class PairedCases:
    """Pairs to score on.

    Attributes
    ----------
    pairs : tuple of Pair
        The files.
    alignment : {"none", "shift", "homography"}
        What is undone between the sharp and the blurred picture first.
    size : int or None
        Resize both to so many rows and columns first, nearest pixel, aspect not kept.
    truths : dict of str to Truth
        How pictures were blurred, by the name of the blurred file without suffix.
    """

    pairs: tuple[Pair, ...]
    alignment: Alignment = "none"
    size: int | None = None
    truths: dict[str, Truth] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        paired: PairedFolder,
        pairs: Sequence[Pair],
        *,
        alignment: Alignment | None = None,
        size: int | None = None,
    ) -> PairedCases:
        """Make cases of some pairs of a folder.

        Parameters
        ----------
        paired : PairedFolder
            Says where the data set's manifest is.
        pairs : sequence of Pair
            Those to score on.
        alignment : {"none", "shift", "homography"} or None
            None measures a few pairs and decides, see `needed_alignment`.
        size : int or None
            Resize to so many rows and columns.

        Returns
        -------
        PairedCases
            The cases. Where pictures are moved or resized, no PSF is known.
        """
        truths = read_truth(paired.root)
        if alignment is None:
            alignment = "none" if truths else needed_alignment(pairs)
        return cls(tuple(pairs), alignment, size, {} if size or alignment != "none" else truths)

    def __iter__(self) -> Iterator[AlignedCase]:
        """Yield one case after the other.

        Yields
        ------
        AlignedCase
            With the true PSF where the data set tells it.

        Raises
        ------
        ArrayError
            If the pictures of a pair have different sizes and are not aligned.
        ImageReadError
            If a picture cannot be read.
        """
        for pair in self.pairs:
            sharp, blurred = (self._read(path) for path in (pair.sharp, pair.blurred))
            try:
                aligned = align_pair(sharp, blurred, self.alignment)
            except ArrayError as error:
                raise ArrayError(f"{pair.blurred}: {error}") from error
            truth = self.truths.get(pair.blurred.stem)
            case = Case(
                pair.name,
                pair.kind,
                aligned.sharp,
                aligned.blurred,
                None if truth is None else truth.psf,
                linear=truth is None or truth.linear,
                noise=None if truth is None else float(np.hypot(truth.noise, _ROUNDING)),
            )
            yield AlignedCase(pair, case, aligned.correlation)

    def sharp(self) -> Iterator[Image]:
        """Yield the sharp picture of every pair, not aligned.

        Yields
        ------
        ndarray of float32, shape (H, W, C)
            In [0, 1].
        """
        for pair in self.pairs:
            yield self._read(pair.sharp)

    def _read(self, path: Path) -> Image:
        image = np.clip(read_photo(path).to_image(), 0, 1)
        if self.size is None:
            return image
        channels = (PillowImage.fromarray(image[..., c]) for c in range(image.shape[2]))
        size, way = (self.size, self.size), PillowImage.Resampling.NEAREST
        return np.stack([np.asarray(each.resize(size, way)) for each in channels], axis=2)


def needed_alignment(pairs: Sequence[Pair]) -> Alignment:
    """Tell from a few pairs whether a set has to be aligned before it is scored.

    Parameters
    ----------
    pairs : sequence of Pair
        The set; up to five of them, spread evenly, are measured.

    Returns
    -------
    {"none", "homography"}
        "none" if most of them are aligned already.

    Raises
    ------
    ImageReadError
        If a picture cannot be read.
    """
    count = min(_SAMPLE, len(pairs))
    chosen = [pairs[index * len(pairs) // count] for index in range(count)]
    verdicts = []
    for pair in chosen:
        sharp, blurred = (read_photo(path).to_image() for path in (pair.sharp, pair.blurred))
        same = sharp.shape == blurred.shape
        verdicts.append(same and _aligned(sharp, blurred))
    return "none" if not verdicts or median(verdicts) > 0 else "homography"


def _aligned(sharp: Image, blurred: Image) -> bool:
    try:
        found = measure_offset(sharp, blurred)
    except ArrayError:  # too small to tell
        return True
    return found.is_aligned(usual_tolerance(blurred.shape))
