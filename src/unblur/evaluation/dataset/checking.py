"""What is wrong with a paired data set, before anybody trains or scores on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unblur.errors import ArrayError, ImageReadError
from unblur.evaluation.dataset.duplicates import Print, doubles, make_print
from unblur.evaluation.paired.alignment import Offset, measure_offset, usual_tolerance
from unblur.evaluation.paired.finding import Pair, PairedFolder, find_pairs
from unblur.images.files import find_photos, read_photo

__all__ = ["CheckStep", "CheckedPair", "DatasetCheck", "Fault", "check_dataset"]

Image = NDArray[np.float32]


class CheckStep(NamedTuple):
    """One finished pair, for a progress display.

    Attributes
    ----------
    done, total : int
        Pairs so far, and in all.
    name : str
        Of the newest one.
    """

    done: int
    total: int
    name: str


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong.

    Attributes
    ----------
    what : str
        "unreadable", "missing partner", "size", "duplicate", "leak", "misaligned", or
        "near-duplicate", which is a hint rather than a fault: frames of a video look alike.
    path : path
        The picture.
    reason : str
        In words.
    """

    what: str
    path: Path
    reason: str

    @property
    def is_hint(self) -> bool:
        """Whether the data set may be right all the same."""
        return self.what == "near-duplicate"

    def to_dict(self) -> dict[str, str]:
        """Return the fault as a dictionary that JSON can hold."""
        return {"what": self.what, "path": str(self.path), "reason": self.reason}


@dataclass(frozen=True)
class CheckedPair:
    """A pair, and how far its pictures are apart.

    Attributes
    ----------
    pair : Pair
        The pair.
    offset : Offset
        What was measured.
    """

    pair: Pair
    offset: Offset

    def to_dict(self) -> dict[str, Any]:
        """Return name, kind and offset as a dictionary that JSON can hold."""
        return {"name": self.pair.name, "kind": self.pair.kind, **asdict(self.offset)}


@dataclass(frozen=True)
class DatasetCheck:
    """The result of a check.

    Attributes
    ----------
    paired : PairedFolder
        What the data set holds.
    faults : tuple of Fault
        What is wrong, and hints, sorted.
    offsets : tuple of CheckedPair
        Misalignment of every pair that could be measured.
    """

    paired: PairedFolder
    faults: tuple[Fault, ...]
    offsets: tuple[CheckedPair, ...]

    @property
    def is_right(self) -> bool:
        """Whether there are at most hints."""
        return all(fault.is_hint for fault in self.faults)


def check_dataset(
    folder: str | os.PathLike[str],
    validation: str | os.PathLike[str] | None = None,
    *,
    tolerance: float | None = None,
    progress: Callable[[CheckStep], None] | None = None,
) -> DatasetCheck:
    """Look for everything that spoils training or scores.

    Pictures without a partner or that cannot be read, pairs of two sizes or out of alignment,
    pictures that are there twice (by their pixels) or nearly so (sharp ones, by a perceptual
    hash), and sharp ones that are also among those kept for validation.

    Parameters
    ----------
    folder : path
        The data set, in any layout that `find_pairs` reads.
    validation : path, optional
        Pictures that must not be in it: another data set, or any folder of pictures.
    tolerance : float, optional
        Pixels by which a pair may be shifted; `usual_tolerance` of its size when left out.
    progress : callable, optional
        Told of every pair.

    Returns
    -------
    DatasetCheck
        What was found.

    Raises
    ------
    ImageReadError
        If a folder does not exist or holds no pairs.
    """
    paired = find_pairs(folder)
    kept = [] if validation is None else _sharp_files(validation)
    check = _Checking(tolerance)
    for missing in paired.missing:
        check.add("missing partner", missing.path, f"no partner in {missing.where}")
    for number, pair in enumerate(paired.pairs, 1):
        check.pair(pair)
        if progress is not None:
            progress(CheckStep(number, len(paired.pairs), pair.name))
    held = [found for path in kept if (found := check.print_of(path)) is not None]
    check.look_for_doubles(held)
    return DatasetCheck(paired, tuple(sorted(check.faults)), tuple(check.offsets))


class _Checking:
    """Faults so far, and the prints of the pictures seen."""

    def __init__(self, tolerance: float | None) -> None:
        self.tolerance = tolerance
        self.faults: list[Fault] = []
        self.offsets: list[CheckedPair] = []
        self._prints: dict[Path, Print] = {}
        self._sharp: dict[Path, Print] = {}
        self._unreadable: set[Path] = set()

    def add(self, what: str, path: Path, reason: str) -> None:
        self.faults.append(Fault(what, path, reason))

    def pair(self, pair: Pair) -> None:
        """Read both pictures and compare them."""
        sharp, blurred = (self._read(path) for path in (pair.sharp, pair.blurred))
        for path, image, side in ((pair.sharp, sharp, self._sharp), (pair.blurred, blurred, None)):
            if image is not None and path not in self._prints:
                self._prints[path] = make_print(path, image)
                if side is not None:
                    side[path] = self._prints[path]
        if sharp is None or blurred is None:
            return
        if sharp.shape != blurred.shape:
            sizes = f"{_size(blurred)}, but {_size(sharp)} is its sharp partner {pair.sharp.name}"
            self.add("size", pair.blurred, sizes)
        else:
            self._measure(pair, sharp, blurred)

    def print_of(self, path: Path) -> Print | None:
        """Read a picture and take its print, or note why that cannot be done."""
        image = self._read(path)
        return None if image is None else make_print(path, image)

    def look_for_doubles(self, held: list[Print]) -> None:
        """Compare all prints, and those of the sharp pictures with what is held out."""
        for path, other, bits in doubles(list(self._sharp.values()), held):
            how = "the same pixels" if bits is None else f"looks the same, {bits} of 63 bits differ"
            self.add("leak", path, f"also in the validation as {other} ({how})")
        for path, other, bits in doubles(list(self._sharp.values())):
            if bits is not None:
                reason = f"looks like {other.name}, {bits} of 63 bits differ"
                self.add("near-duplicate", path, reason)
        for path, other in _exact(self._prints):
            self.add("duplicate", path, f"has the same pixels as {other}")

    def _measure(self, pair: Pair, sharp: Image, blurred: Image) -> None:
        try:
            offset = measure_offset(sharp, blurred)
        except ArrayError:  # too small to tell
            return
        self.offsets.append(CheckedPair(pair, offset))
        usual = usual_tolerance(blurred.shape)
        if not offset.is_aligned(usual if self.tolerance is None else self.tolerance):
            down, right = offset.shift
            reason = (
                f"shifted by {down:+.1f} down and {right:+.1f} right; "
                f"a homography moves a corner by {offset.displacement:.1f} px"
            )
            self.add("misaligned", pair.blurred, reason)

    def _read(self, path: Path) -> Image | None:
        try:
            return read_photo(path).to_image()
        except ImageReadError as error:
            if path not in self._unreadable:
                self.add("unreadable", path, str(error).removeprefix(f"{path}: "))
            self._unreadable.add(path)
            return None


def _exact(prints: dict[Path, Print]) -> Iterator[tuple[Path, Path]]:
    """Yield every picture whose pixels were there before, with the first that had them."""
    first: dict[str, Path] = {}
    for path, each in prints.items():
        if first.setdefault(each.exact, path) != path:
            yield path, first[each.exact]


def _sharp_files(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the sharp pictures of a data set, or all pictures of any other folder."""
    try:
        return sorted({pair.sharp for pair in find_pairs(folder).pairs})
    except ImageReadError:
        return [photo.path for photo in find_photos(folder)]


def _size(image: Image) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"
