"""Pairs of files as batches: seeded, shuffled anew in every epoch, resumable to the step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count as count_from
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import IterableDataset

from unblur.errors import ImageReadError
from unblur.evaluation.paired.finding import Pair
from unblur.training.ahead import Ahead
from unblur.training.data import as_tensor
from unblur.training.pictures import Pixels, decode
from unblur.training.settings import PairSettings, side_at
from unblur.training.sharing import rank_and_world

__all__ = ["PairBatches", "PixelPair", "load_pairs"]

Batch = dict[str, Any]


@dataclass(frozen=True)
class PixelPair:
    """Two pictures of one size.

    Parameters
    ----------
    blurred, sharp : ndarray of uint8
        (H, W, 3).
    kind : str
        Kind of blur.
    """

    blurred: Pixels
    sharp: Pixels
    kind: str


def load_pairs(pairs: Sequence[Pair], settings: PairSettings) -> list[PixelPair]:
    """Decode pairs, and squeeze them into squares where the settings say so.

    Parameters
    ----------
    pairs : sequence of Pair
        The files.
    settings : PairSettings
        Side and fit.

    Returns
    -------
    list of PixelPair
        In the order given.

    Raises
    ------
    ImageReadError
        If a file is no picture, or the two of a pair differ in size, or are smaller than a crop.
    """
    return [_load(pair, settings) for pair in pairs]


def _load(pair: Pair, settings: PairSettings) -> PixelPair:
    blurred, sharp = decode(pair.blurred), decode(pair.sharp)
    if settings.fit == "resize":
        blurred, sharp = (_squeeze(pixels, settings.crop) for pixels in (blurred, sharp))
    elif blurred.shape != sharp.shape:
        raise ImageReadError(
            f"{pair.blurred}: its size is not that of {pair.sharp}; unblur dataset check lists "
            "all such pairs"
        )
    elif min(sharp.shape[:2]) < settings.crop:
        raise ImageReadError(
            f"{pair.sharp}: smaller than {settings.crop} x {settings.crop}; take it away, or "
            "smaller crops"
        )
    return PixelPair(blurred, sharp, pair.kind)


def _squeeze(pixels: Pixels, side: int) -> Pixels:
    image = Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST)
    return np.asarray(image)


class PairBatches(IterableDataset[Batch]):
    """Batches ``{"sharp", "blurred", "kind"}``: tensors (B, 3, S, S) in [0, 1], and a list.

    Batch number i is the same in every run with this seed. Each epoch goes once through all pairs
    in an order of its own; its last batch holds what is left.

    Parameters
    ----------
    pairs : sequence of PixelPair
        The pictures. Not modified.
    settings : PairSettings
        Crop and batch size.
    seed : int
        Decides the order and the crops.
    start : int
        Number of the first batch: a resumed run goes on where it stopped.
    steps : int, optional
        Batches of the whole run, for crops that grow with it.
    once : bool
        Go once through the pairs in their own order, with crops from the middle and no flips, as a
        validation does; else without end.
    """

    def __init__(
        self,
        pairs: Sequence[PixelPair],
        settings: PairSettings,
        *,
        seed: int,
        start: int = 0,
        steps: int | None = None,
        once: bool = False,
    ) -> None:
        super().__init__()
        self.pairs = pairs
        self.settings = settings
        self.seed = seed
        self.start = start
        self.steps = steps
        self.once = once
        self.ahead = Ahead()

    @property
    def epoch_steps(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.pairs) // self.settings.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        rank, world = rank_and_world()
        steps = range(self.start, self.epoch_steps) if self.once else count_from(self.start)

        def mine(step: int) -> list[int]:
            return self.share(self.indices(step), rank, world)

        # of a validation the last batch may be too small for all processes
        return self.ahead.make(lambda step: self.batch(step, mine(step)), filter(mine, steps))

    def share(self, indices: list[int], rank: int, world: int) -> list[int]:
        """Choose what one process takes of a batch.

        In training all take equally many, so that up to one each is left out at the end of an
        epoch; where there is not one for each, all take the same.

        Parameters
        ----------
        indices : list of int
            From `indices`.
        rank, world : int
            Number of the process, and how many there are.

        Returns
        -------
        list of int
            A part of them.
        """
        if self.once:
            return indices[rank::world]
        if len(indices) < world:
            return indices
        return indices[rank::world][: len(indices) // world]

    def indices(self, step: int) -> list[int]:
        """Choose the pairs of a batch.

        Parameters
        ----------
        step : int
            Number of the batch.

        Returns
        -------
        list of int
            Their places in `pairs`.
        """
        epoch, place = divmod(step, self.epoch_steps)
        order = np.arange(len(self.pairs))
        if not self.once:
            order = np.random.default_rng([self.seed, epoch]).permutation(order)
        size = self.settings.batch_size
        return [int(index) for index in order[place * size : (place + 1) * size]]

    def batch(self, step: int, indices: Sequence[int]) -> Batch:
        """Cut the pairs of a batch.

        Parameters
        ----------
        step : int
            Number of the batch.
        indices : sequence of int
            Places of its pairs.

        Returns
        -------
        dict
            The same one for the same numbers, in every run with this seed.
        """
        side = side_at(self.settings, step, self.steps)
        cut = [self._cut(self.pairs[index], side, (step, index)) for index in indices]
        return {
            "blurred": torch.stack([as_tensor(blurred) for blurred, _ in cut]) / 255,
            "sharp": torch.stack([as_tensor(sharp) for _, sharp in cut]) / 255,
            "kind": [self.pairs[index].kind for index in indices],
        }

    def _cut(self, pair: PixelPair, side: int, number: tuple[int, int]) -> tuple[Pixels, Pixels]:
        spare = [length - side for length in pair.sharp.shape[:2]]
        top, left = (length // 2 for length in spare)
        mirrored = False
        if not self.once:
            rng = np.random.default_rng([self.seed, *number])
            top, left = (int(rng.integers(length + 1)) for length in spare)
            mirrored = self.settings.flips and rng.random() < 0.5
        both = (
            pixels[top : top + side, left : left + side] for pixels in (pair.blurred, pair.sharp)
        )
        blurred, sharp = (pixels[:, ::-1] if mirrored else pixels for pixels in both)
        return blurred, sharp
