"""Where a run's batches come from: sharp pictures without end, or pairs of files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

from torch.utils.data import DataLoader

from unblur.errors import ArgumentError
from unblur.evaluation.paired.finding import find_pairs
from unblur.evaluation.paired.splitting import split_pairs
from unblur.images.mirror import Mirror
from unblur.images.places import RemotePath, place_of
from unblur.training.data import BlurredCrops, CropStream
from unblur.training.exposure import MARGIN
from unblur.training.noisy import NoisyCrops, psf_size
from unblur.training.pairs import PairBatches, load_pairs
from unblur.training.pictures import PictureSet, Pixels, load_pictures
from unblur.training.recipe import Recipe
from unblur.training.settings import DataSettings, NoiseSettings, PairSettings

__all__ = ["Source", "open_source"]

Loader = DataLoader[Any]

VALIDATION_SEED = 10_000
VALIDATION_CROPS = {"pictures": 60, "noise": 512}
PSF_MARGIN = 32  # pixels that the blur takes from a crop
BATCHES_AHEAD = 3
"""Batches that are made before the trainer asks for them."""


class Source(Protocol):
    """Pictures ready to be cut into batches; within the context files are fetched ahead."""

    epoch_steps: int | None
    """Steps that go once through all of them, if that can be said."""

    def __enter__(self) -> object: ...
    def __exit__(self, *error: object) -> object: ...

    @property
    def digest(self) -> str:
        """A word that tells these pictures from others."""

    def training(self, recipe: Recipe, done: int, world: int) -> Loader:
        """Return the batches of a run from step `done` on, for one of `world` processes."""

    def validation(self, recipe: Recipe, world: int) -> Loader | None:
        """Return the batches to measure on, if there are any."""


def open_source(
    recipe: Recipe,
    data: str | Path,
    validation: str | Path | None,
    *,
    cache: str | Path | None = None,
    share: int = 1,
) -> Source:
    """Find the pictures of a run, and load them where they fit into memory.

    Parameters
    ----------
    recipe : Recipe
        Says what they are.
    data : path or str
        The folder to learn from, or its URL.
    validation : path or str, optional
        The folder to measure on; pairs are split if it is left out.
    cache : path, optional
        Folder for copies of what is in a bucket; that of the user when left out.
    share : int
        Processes on this machine that have pictures of their own in memory.

    Returns
    -------
    Source
        The pictures.

    Raises
    ------
    ArgumentError
        If the schedule needs a validation and there is none, or a kind of blur has no pairs.
    ConfigurationError
        If a folder cannot be read, or holds no picture that is large enough.
    ImageReadError
        If a picture cannot be read, or a folder holds no pairs.
    """
    if isinstance(recipe.data, PairSettings):
        other = None if validation is None else _on_this_machine(validation, cache)
        return _Pairs(recipe.data, _on_this_machine(data, cache), other)
    if recipe.optimiser.schedule == "plateau" and validation is None:
        raise ArgumentError("the schedule plateau follows the validation; name its pictures")
    smallest = _smallest(recipe)
    pictures = load_pictures(data, smallest, cache=cache, share=share)
    held_out = None
    if validation is not None:
        held_out = load_pictures(validation, smallest, cache=cache, share=share)
    return _Stream(pictures, held_out)


def _smallest(recipe: Recipe) -> int:
    """Rows and columns that a picture needs for a crop."""
    settings = recipe.data
    margin = psf_size(settings) - 1 if isinstance(settings, NoiseSettings) else PSF_MARGIN
    if isinstance(settings, DataSettings) and settings.moving_share:
        margin = max(margin, 2 * MARGIN)
    return max(settings.crop, *settings.progressive, 0) + margin


def _on_this_machine(folder: str | Path, cache: str | Path | None) -> Path:
    """Copy a folder of pairs from its bucket: all of it is decoded at once anyway."""
    place = place_of(folder)
    return Mirror(place, cache).fetch_all() if isinstance(place, RemotePath) else place


class _Stream:
    """Crops made on the way from sharp pictures."""

    epoch_steps: int | None = None

    def __init__(self, pictures: PictureSet, held_out: PictureSet | None) -> None:
        self._pictures, self._held_out = pictures, held_out
        self._stack = ExitStack()

    def __enter__(self) -> None:
        for pictures in (self._pictures, self._held_out):
            if pictures is not None:
                self._stack.enter_context(pictures.filling)

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def digest(self) -> str:
        return _digest(self._pictures.shapes)

    def training(self, recipe: Recipe, done: int, world: int) -> Loader:
        start = done * recipe.data.batch_size
        crops = _crops(self._pictures, recipe, seed=recipe.seed, start=start, steps=recipe.steps)
        size = recipe.data.batch_size // world
        crops.ahead.samples = BATCHES_AHEAD * size
        self._stack.callback(crops.ahead.close)
        return DataLoader(crops, batch_size=size)

    def validation(self, recipe: Recipe, world: int) -> Loader | None:
        if self._held_out is None:
            return None
        count = VALIDATION_CROPS[recipe.data.source]
        crops = _crops(self._held_out, recipe, seed=VALIDATION_SEED, count=count)
        return DataLoader(crops, batch_size=recipe.data.batch_size // world)


def _crops(
    pictures: Sequence[Pixels],
    recipe: Recipe,
    *,
    seed: int,
    start: int = 0,
    count: int | None = None,
    steps: int | None = None,
) -> CropStream:
    if isinstance(recipe.data, NoiseSettings):
        return NoisyCrops(pictures, recipe.data, seed=seed, start=start, count=count, steps=steps)
    if isinstance(recipe.data, DataSettings):
        return BlurredCrops(pictures, recipe.data, seed=seed, start=start, count=count, steps=steps)
    raise ArgumentError(f"data of the source {recipe.data.source} are no stream of crops")


class _Pairs:
    """Pairs of files, split by scenes unless there is another folder to measure on."""

    def __init__(
        self, settings: PairSettings, data: str | Path, validation: str | Path | None
    ) -> None:
        pairs = held_out = find_pairs(data, settings.kinds).pairs
        if validation is not None:
            held_out = find_pairs(validation, settings.kinds).pairs
        elif settings.protocol == "held-out":
            pairs, held_out = split_pairs(pairs, share=settings.held_out, seed=settings.split_seed)
        self._settings = settings
        self._train = load_pairs(pairs, settings)
        self._held_out = self._train if held_out is pairs else load_pairs(held_out, settings)
        self.epoch_steps: int | None = self._batches(0, 0, None).epoch_steps

        self._stack = ExitStack()

    def __enter__(self) -> None:
        """Everything is in memory already."""

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def digest(self) -> str:
        return _digest([pair.sharp.shape for pair in self._train])

    def training(self, recipe: Recipe, done: int, world: int) -> Loader:
        batches = self._batches(recipe.seed, done, recipe.steps)
        batches.ahead.samples = BATCHES_AHEAD
        self._stack.callback(batches.ahead.close)
        return DataLoader(batches, batch_size=None)

    def validation(self, recipe: Recipe, world: int) -> Loader | None:
        batches = PairBatches(self._held_out, self._settings, seed=recipe.seed, once=True)
        return DataLoader(batches, batch_size=None)

    def _batches(self, seed: int, start: int, steps: int | None) -> PairBatches:
        return PairBatches(self._train, self._settings, seed=seed, start=start, steps=steps)


def _digest(shapes: Sequence[tuple[int, ...]]) -> str:
    digest = blake2b(repr(shapes).encode(), digest_size=4).hexdigest()
    return f"{len(shapes)} pictures ({digest})"
