"""Where a run's batches come from: sharp pictures without end, or pairs of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from torch.utils.data import DataLoader, IterableDataset

from unblur.errors import ArgumentError
from unblur.evaluation.paired.finding import find_pairs
from unblur.evaluation.paired.splitting import split_pairs
from unblur.training.data import BlurredCrops, Pixels, load_pictures
from unblur.training.noisy import NoisyCrops, psf_size
from unblur.training.pairs import PairBatches, load_pairs
from unblur.training.recipe import Recipe
from unblur.training.settings import DataSettings, NoiseSettings, PairSettings

__all__ = ["Source", "open_source"]

Loader = DataLoader[Any]

VALIDATION_SEED = 10_000
VALIDATION_CROPS = {"pictures": 60, "noise": 512}
PSF_MARGIN = 32  # pixels that the blur takes from a crop


class Source(Protocol):
    """Pictures in memory, ready to be cut into batches."""

    epoch_steps: int | None
    """Steps that go once through all of them, if that can be said."""

    def training(self, recipe: Recipe, done: int, world: int) -> Loader:
        """Return the batches of a run from step `done` on, for one of `world` processes."""

    def validation(self, recipe: Recipe, world: int) -> Loader | None:
        """Return the batches to measure on, if there are any."""


def open_source(recipe: Recipe, data: str | Path, validation: str | Path | None) -> Source:
    """Load the pictures of a run.

    Parameters
    ----------
    recipe : Recipe
        Says what they are.
    data : path
        The folder to learn from.
    validation : path, optional
        The folder to measure on; pairs are split if it is left out.

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
        return _Pairs(recipe.data, data, validation)
    if recipe.optimiser.schedule == "plateau" and validation is None:
        raise ArgumentError("the schedule plateau follows the validation; name its pictures")
    return _Stream(recipe, data, validation)


class _Stream:
    """Crops made on the way from sharp pictures."""

    epoch_steps: int | None = None

    def __init__(self, recipe: Recipe, data: str | Path, validation: str | Path | None) -> None:
        settings = recipe.data
        margin = psf_size(settings) - 1 if isinstance(settings, NoiseSettings) else PSF_MARGIN
        smallest = max(settings.crop, *settings.progressive, 0) + margin
        self._pictures = load_pictures(data, smallest)
        self._held_out = None if validation is None else load_pictures(validation, smallest)

    def training(self, recipe: Recipe, done: int, world: int) -> Loader:
        start = done * recipe.data.batch_size
        crops = _crops(self._pictures, recipe, seed=recipe.seed, start=start, steps=recipe.steps)
        return DataLoader(crops, batch_size=recipe.data.batch_size // world)

    def validation(self, recipe: Recipe, world: int) -> Loader | None:
        if self._held_out is None:
            return None
        count = VALIDATION_CROPS[recipe.data.source]
        crops = _crops(self._held_out, recipe, seed=VALIDATION_SEED, count=count)
        return DataLoader(crops, batch_size=recipe.data.batch_size // world)


def _crops(
    pictures: list[Pixels],
    recipe: Recipe,
    *,
    seed: int,
    start: int = 0,
    count: int | None = None,
    steps: int | None = None,
) -> IterableDataset[Any]:
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

    def training(self, recipe: Recipe, done: int, world: int) -> Loader:
        return DataLoader(self._batches(recipe.seed, done, recipe.steps), batch_size=None)

    def validation(self, recipe: Recipe, world: int) -> Loader | None:
        batches = PairBatches(self._held_out, self._settings, seed=recipe.seed, once=True)
        return DataLoader(batches, batch_size=None)

    def _batches(self, seed: int, start: int, steps: int | None) -> PairBatches:
        return PairBatches(self._train, self._settings, seed=seed, start=start, steps=steps)
