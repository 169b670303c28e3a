"""Pairs to train on and pairs held out, divided by scenes."""

from __future__ import annotations

from collections.abc import Sequence

from unblur.errors import ArgumentError
from unblur.evaluation.paired.finding import Pair
from unblur.evaluation.provenance import derive_seed

__all__ = ["split_pairs"]


def split_pairs(
    pairs: Sequence[Pair], *, share: float = 0.2, seed: int = 0
) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Split pairs into those to train on and those held out.

    Whole scenes are drawn, by a digest of their names: no scene is on both sides with different
    blurs, and the same names give the same split on every machine.

    Parameters
    ----------
    pairs : sequence of Pair
        What to split.
    share : float
        Of the scenes that are held out, rounded, but at least one.
    seed : int
        Another one gives another split.

    Returns
    -------
    train, held_out : tuple of Pair
        In the order given.

    Raises
    ------
    ArgumentError
        If the share is not between 0 and 1 or there are fewer than two scenes.

    Examples
    --------
    >>> from pathlib import Path
    >>> pairs = [Pair(f"{n}", "motion", Path("s"), Path("b")) for n in range(10)]
    >>> [len(part) for part in split_pairs(pairs)]
    [8, 2]
    """
    scenes = sorted({pair.name for pair in pairs}, key=lambda name: derive_seed(seed, name))
    if not 0 < share < 1:
        raise ArgumentError(f"a share of {share} splits nothing: give a number between 0 and 1")
    if len(scenes) < 2:
        raise ArgumentError(f"{len(scenes)} scene cannot be split: give two or more")
    number = min(max(round(share * len(scenes)), 1), len(scenes) - 1)
    held = set(scenes[:number])
    train = tuple(pair for pair in pairs if pair.name not in held)
    return train, tuple(pair for pair in pairs if pair.name in held)
