"""Pairs of a blurred and a sharp picture, found in the layouts that data sets come in."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unblur.errors import ArgumentError, ImageReadError
from unblur.images.files import SUFFIXES

__all__ = [
    "FOLDERS",
    "MARKERS",
    "SHARP_FOLDER",
    "SHARP_MARKER",
    "Missing",
    "Pair",
    "PairedFolder",
    "find_pairs",
]

SHARP_FOLDER, SHARP_MARKER = "sharp", "S"
FOLDERS = {
    "defocus": "defocused_blurred",
    "motion": "motion_blurred",
    "shake": "shake_blurred",
    "gaussian": "gaussian_blurred",
    "box": "box_blurred",
    "mixed": "mixed_blurred",
}
"""Kinds of blur and their folders; the first two are those of the paper's data."""
MARKERS = {"defocus": "F", "motion": "M", "shake": "H", "gaussian": "G", "box": "B", "mixed": "X"}
"""Letters that end the names of blurred pictures, after an underscore; "H" is for hand."""

_SHARP = {"clean", "clear", "groundtruth", "gt", "reference", "sharp", "target", "targets", "truth"}
_BLURRED = re.compile(r"blur.*|input.*|lq|degraded")
_KINDS = {folder: kind for kind, folder in FOLDERS.items()}


@dataclass(frozen=True, order=True)
class Pair:
    """A blurred picture and its sharp counterpart.

    Attributes
    ----------
    name : str
        Of the scene; all blurred versions of a scene share it.
    kind : str
        Kind of blur, as in `FOLDERS`; the folder's own name where that says nothing.
    sharp, blurred : path
        The two files.
    """

    name: str
    kind: str
    sharp: Path
    blurred: Path


@dataclass(frozen=True, order=True)
class Missing:
    """A picture without a partner.

    Attributes
    ----------
    path : path
        The picture.
    where : path
        The folder that lacks its partner.
    """

    path: Path
    where: Path


@dataclass(frozen=True)
class PairedFolder:
    """What was found in a folder.

    Attributes
    ----------
    root : path
        The folder.
    pairs : tuple of Pair
        Sorted by scene and kind.
    missing : tuple of Missing
        Pictures without a partner, sorted.
    """

    root: Path
    pairs: tuple[Pair, ...]
    missing: tuple[Missing, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of blur, the known ones first, in the order of `FOLDERS`."""
        found = {pair.kind for pair in self.pairs}
        return (*(kind for kind in FOLDERS if kind in found), *sorted(found - FOLDERS.keys()))


def find_pairs(folder: str | os.PathLike[str], kinds: Iterable[str] = ()) -> PairedFolder:
    """Find the pairs in a folder, whatever its layout.

    Read are: a folder of sharp pictures (``sharp``, ``target``, ``gt``...) beside one or more of
    blurred ones (``defocused_blurred``, ``blur``, ``input``...), here or any number of folders
    further down; and, where there are none, one folder of ``NAME_sharp`` and ``NAME_blurred``
    files. Names match without their suffix, and without the letter after an underscore that most
    names of a folder end with (``12_S.jpg``, ``12_F.JPG``).

    Parameters
    ----------
    folder : path
        Where to look.
    kinds : iterable of str
        Kinds of blur to keep; all of them when empty.

    Returns
    -------
    PairedFolder
        Pairs, and pictures that have no partner.

    Raises
    ------
    ImageReadError
        If the folder does not exist or no such layout is in it.
    ArgumentError
        If there are two folders of sharp pictures side by side, or no pair of a kind.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("sharp/3_PHONE_S.jpg", "motion_blurred/3_PHONE_M.JPG"):
    ...     (root / name).parent.mkdir()
    ...     (root / name).touch()
    >>> [(pair.name, pair.kind) for pair in find_pairs(root).pairs]
    [('3_PHONE', 'motion')]
    """
    root = Path(folder)
    if not root.is_dir():
        raise ImageReadError(f"{root}: is no folder: give one that holds pairs of pictures")
    found = _Found()
    for place in _walk(root):
        _pair_folders(root, place, found)
    if not found.pairs and not found.missing:
        _pair_files(root, found)
    if not found.pairs and not found.missing:
        raise ImageReadError(
            f"{root}: holds no pairs: give a folder with sharp/ and motion_blurred/ in it, with "
            "target/ and input/, or with NAME_sharp and NAME_blurred files"
        )
    paired = PairedFolder(root, tuple(sorted(found.pairs)), tuple(sorted(found.missing)))
    return _only(paired, tuple(kinds))


@dataclass
class _Found:
    pairs: list[Pair] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """A folder of sharp pictures and its blurred neighbours."""

    sharp: Path
    blurred: tuple[Path, ...]


def _walk(folder: Path) -> Iterator[_Place]:
    """Yield the places in and below a folder; below a place there are no others."""
    inside = [item for item in sorted(folder.iterdir()) if _is_open_folder(item)]
    sharp = [item for item in inside if _role(item.name) == "sharp"]
    blurred = tuple(item for item in inside if _role(item.name) == "blurred")
    if sharp and blurred:
        if len(sharp) > 1:
            names = " and ".join(item.name for item in sharp)
            raise ArgumentError(f"{folder}: {names} both look sharp: move one of them away")
        yield _Place(sharp[0], blurred)
        return
    for item in inside:
        yield from _walk(item)


def _is_open_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".")


def _role(name: str) -> str | None:
    words = re.split(r"[^a-z]+", name.lower())
    if any(_BLURRED.fullmatch(word) for word in words):
        return "blurred"
    return "sharp" if _SHARP.intersection(words) else None


def _pair_folders(root: Path, place: _Place, found: _Found) -> None:
    sharp, doubles = _by_key(place.sharp)
    found.missing += [Missing(path, place.blurred[0]) for path in doubles]
    prefix = place.sharp.parent.relative_to(root)
    for folder in place.blurred:
        blurred, doubles = _by_key(folder)
        kind = _KINDS.get(folder.name.lower(), folder.name)
        found.missing += [Missing(path, place.sharp) for path in doubles]
        for key, path in blurred.items():
            if key in sharp:
                found.pairs.append(Pair((prefix / key).as_posix(), kind, sharp[key], path))
            else:
                found.missing.append(Missing(path, place.sharp))
        found.missing += [Missing(sharp[key], folder) for key in sharp.keys() - blurred.keys()]


def _by_key(folder: Path) -> tuple[dict[str, Path], list[Path]]:
    """Return the pictures by name without marker, and those whose name is taken."""
    paths = _pictures(folder, "**/*")
    marker = _marker([path.stem for path in paths])
    pictures: dict[str, Path] = {}
    doubles = []
    for path in paths:
        key = path.relative_to(folder).with_name(path.stem.removesuffix(marker)).as_posix()
        if key in pictures:
            doubles.append(path)
        else:
            pictures[key] = path
    return pictures, doubles


def _pictures(folder: Path, pattern: str) -> list[Path]:
    found = (path for path in sorted(folder.glob(pattern)) if path.suffix.lower() in SUFFIXES)
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def _marker(stems: Sequence[str]) -> str:
    """Return the ending such as ``_S`` that more than half of the names have, or nothing."""
    endings = Counter(stem[-2:] for stem in stems if re.search(r"._[A-Za-z]$", stem))
    for ending, count in endings.most_common(1):
        if 2 * count > len(stems):
            return ending
    return ""


def _pair_files(root: Path, found: _Found) -> None:
    """Pair ``NAME_blurred`` and ``NAME_sharp`` files of one folder."""
    sides: dict[str, dict[str, Path]] = {"sharp": {}, "blurred": {}}
    for path in _pictures(root, "*"):
        rest, _, word = path.stem.rpartition("_")
        if rest and (role := _role(word)):
            sides[role][rest] = path
    for name, path in sides["blurred"].items():
        if name in sides["sharp"]:
            found.pairs.append(Pair(name, "blurred", sides["sharp"][name], path))
    if found.pairs:
        alone = sides["sharp"].keys() ^ sides["blurred"].keys()
        files = (side[name] for side in sides.values() for name in alone if name in side)
        found.missing += [Missing(path, root) for path in files]


def _only(paired: PairedFolder, kinds: tuple[str, ...]) -> PairedFolder:
    for kind in kinds:
        if kind not in paired.kinds:
            known = ", ".join(paired.kinds) or "none"
            raise ArgumentError(f"{paired.root}: holds no pairs of {kind!r}, only of: {known}")
    if not kinds:
        return paired
    kept = tuple(pair for pair in paired.pairs if pair.kind in kinds)
    return PairedFolder(paired.root, kept, paired.missing)
