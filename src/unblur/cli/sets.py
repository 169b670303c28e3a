"""The sets of pictures that ``unblur benchmark`` can compare on, as they are typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unblur.errors import ArgumentError

if TYPE_CHECKING:
    from unblur.evaluation.case import CaseSet
    from unblur.evaluation.protocol import Protocol

__all__ = ["DEFAULT_SET", "SETS", "choose_sets"]

DEFAULT_SET = "validation"
_PAIRS = "pairs"
SETS = (DEFAULT_SET, "robust", "average", "dpir", "lowres", "noises", _PAIRS)
_WORD = re.compile(r"(?P<set>[^:]+\.npz|[a-z]+)(?::(?P<folder>.+))?")


def choose_sets(
    words: Sequence[str], folder: Path | None, *, limit: int | None, kinds: Sequence[str]
) -> tuple[CaseSet, ...]:
    """Make the sets of these words.

    Parameters
    ----------
    words : sequence of str
        Each one of `SETS` or the path of an .npz file of PSFs, with or without a folder behind a
        colon: ``dpir:set5``.
    folder : path or None
        For words without a folder.
    limit : int or None
        Take this many pictures of each.
    kinds : sequence of str
        Kinds of blur to keep; all when empty.

    Returns
    -------
    tuple of PictureSet or PairSet
        In the given order.

    Raises
    ------
    ArgumentError
        If a word is no set, has no folder, or lacks a kind.
    ImageReadError
        If a folder holds no picture.
    PSFError
        If an .npz file holds something else than PSFs.
    """
    if not words:
        raise ArgumentError(f"no set is given: choose of {', '.join(SETS)}")
    return tuple(_set(word, folder, limit, kinds) for word in words)


def _set(word: str, folder: Path | None, limit: int | None, kinds: Sequence[str]) -> CaseSet:
    from unblur.evaluation.paired.picture_set import PairSet
    from unblur.evaluation.pictures import PictureSet

    found = _WORD.fullmatch(word)
    name = found["set"] if found else ""
    if found is None or (name not in SETS and not name.endswith(".npz")):
        choice = ", ".join(SETS)
        raise ArgumentError(f"{word!r} is no set: choose of {choice}, or give an .npz file of PSFs")
    place = Path(found["folder"]) if found["folder"] else folder
    if place is None:
        raise ArgumentError(f"the set {word!r} has no pictures: write {word}:FOLDER")
    if name == _PAIRS:
        return PairSet.from_folder(place, limit=limit)
    protocol = _protocol(name)
    if kinds:
        protocol = protocol.only(kinds)
    return PictureSet.from_folder(place, limit=limit, protocol=protocol)


def _protocol(name: str) -> Protocol:
    from unblur.evaluation.protocols import PROTOCOLS
    from unblur.evaluation.psf_sets import psf_set

    return psf_set(name) if name.endswith(".npz") else PROTOCOLS[name]
