"""One training run, from a recipe to a checkpoint: resumable to the step, stops cleanly."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from unblur.errors import ArgumentError, ConfigurationError
from unblur.training.checkpoints import check_fit, load_estimator, load_weights, read_checkpoint
from unblur.training.data import BlurredCrops, load_pictures
from unblur.training.progress import StepBar
from unblur.training.recipe import Recipe, load_recipe
from unblur.training.task import Task
from unblur.training.tasks import build_task

__all__ = ["CleanStop", "train"]

VALIDATION_CROPS = 60
CHECKPOINT = "last"
CHECKPOINT_EVERY = timedelta(minutes=4)
PSF_MARGIN = 32  # pixels that the blur takes from a crop

# Remarks of Lightning on what is as it should be.
_EXPECTED = (
    r"You defined a `validation_step` but have no `val_dataloader`",  # --validation is optional
    r"Checkpoint directory .* exists and is not empty",  # so it is when a run goes on
    r"The dirpath has changed",  # a run may be moved
    r"The '.*_dataloader' does not have many workers",  # a crop is made faster than it is learned
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # between Lightning and torch
)


class CleanStop(pl.Callback):
    """On SIGTERM or Ctrl-C: finish the step, write the checkpoint, stop. A second one acts at once.

    Parameters
    ----------
    path : Path
        The checkpoint, which is written at the end of every run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._previous: dict[int, Any] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take over both signals for the time of the run, where Python allows it."""
        if threading.current_thread() is not threading.main_thread():
            return

        def stop(number: int, frame: FrameType | None) -> None:
            trainer.should_stop = True
            self._give_back()

        for number in (signal.SIGTERM, signal.SIGINT):
            self._previous[number] = signal.signal(number, stop)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the last checkpoint and give the signals back."""
        trainer.save_checkpoint(self._path)
        self._give_back()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Give the signals back; the last checkpoint stays as it is."""
        self._give_back()

    def _give_back(self) -> None:
        while self._previous:
            number, handler = self._previous.popitem()
            if handler is not None:  # None: set by other than Python, which cannot be restored
                signal.signal(number, handler)


def train(
    recipe_path: str | Path,
    data: str | Path,
    output: str | Path,
    *,
    validation: str | Path | None = None,
    resume: bool = False,
    max_steps: int | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> Path:
    """Train the network of a recipe.

    Parameters
    ----------
    recipe_path : path
        YAML file, see `unblur.training.recipe.Recipe`.
    data : path
        Folder of sharp pictures; the blur is made on the way.
    output : path
        Folder of all runs; this one goes to ``output/NAME``, its log for TensorBoard included.
    validation : path, optional
        Folder of sharp pictures to measure progress on.
    resume : bool
        Go on from ``output/NAME/last.ckpt`` if it exists.
    max_steps : int, optional
        Stop after this many steps in all, if sooner than the recipe says.
    threads : int, optional
        Threads of the tensor library.
    progress : bool
        Show a progress bar on the standard error, if that is a terminal.

    Returns
    -------
    Path
        The last checkpoint, ``output/NAME/last.ckpt``.

    Raises
    ------
    ArgumentError
        If `max_steps` or `threads` is less than 1.
    ConfigurationError
        If the recipe is wrong, or a folder cannot be used.
    ImageReadError
        If one of the pictures cannot be read.
    ModelError
        If a checkpoint that is needed is missing or damaged, or does not fit the recipe.
    """
    for name, value in (("max_steps", max_steps), ("threads", threads)):
        if value is not None and value < 1:
            raise ArgumentError(f"{name} must be 1 or more, not {value}")
    recipe = load_recipe(recipe_path)
    if threads:
        torch.set_num_threads(threads)
    folder = _make_folder(Path(output) / recipe.name)
    last = folder / f"{CHECKPOINT}.ckpt"
    going_on = resume and last.exists()
    pl.seed_everything(recipe.seed, verbose=False)
    task = _task(recipe, Path(output), fresh=not going_on)
    done = _steps_done(task, last) if going_on else 0
    loaders = _loaders(recipe, data, validation, done)
    steps = min(recipe.total_steps, max_steps or recipe.total_steps)
    with _without_remarks():
        trainer = _trainer(recipe, folder, steps, progress and sys.stderr.isatty())
        trainer.fit(task, *loaders, ckpt_path=last if going_on else None, weights_only=True)
    return last


def _make_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: cannot be made ({error.strerror}); name another output folder"
        ) from error
    return folder


def _task(recipe: Recipe, output: Path, *, fresh: bool) -> Task:
    estimator = None
    if recipe.estimator:
        estimator = load_estimator(recipe.psf_estimator, output / recipe.estimator)
    task = build_task(recipe, estimator)
    if fresh and recipe.start_from:
        load_weights(task.network, output / recipe.start_from)
    return task


def _steps_done(task: Task, last: Path) -> int:
    checkpoint = read_checkpoint(last)
    check_fit(task.network, checkpoint, last)
    return int(checkpoint["global_step"])


def _loaders(
    recipe: Recipe, data: str | Path, validation: str | Path | None, done: int
) -> tuple[DataLoader[Any], DataLoader[Any] | None]:
    settings, smallest = recipe.data, recipe.data.crop + PSF_MARGIN
    crops = BlurredCrops(
        load_pictures(data, smallest), settings, seed=recipe.seed, start=done * settings.batch_size
    )
    loader = DataLoader(crops, batch_size=settings.batch_size)
    if validation is None:
        return loader, None
    held_out = BlurredCrops(
        load_pictures(validation, smallest), settings, seed=10_000, count=VALIDATION_CROPS
    )
    return loader, DataLoader(held_out, batch_size=settings.batch_size)


def _trainer(recipe: Recipe, folder: Path, steps: int, bar: bool) -> pl.Trainer:
    callbacks: list[pl.Callback] = [
        CleanStop(folder / f"{CHECKPOINT}.ckpt"),
        # One file: a second copy at the end would hold the averaged weights in place of the
        # trained ones, which a resumed run needs.
        ModelCheckpoint(
            folder,
            filename=CHECKPOINT,
            train_time_interval=CHECKPOINT_EVERY,
            enable_version_counter=False,
        ),
    ]
    if recipe.optimiser.ema_decay is not None:
        callbacks.insert(1, EMAWeightAveraging(decay=recipe.optimiser.ema_decay))
    if bar:
        callbacks.append(StepBar(recipe.name))
    return pl.Trainer(
        accelerator="auto",
        devices=1,
        max_steps=steps,
        default_root_dir=folder,
        logger=TensorBoardLogger(folder, name="logs"),
        callbacks=callbacks,
        gradient_clip_val=recipe.optimiser.clip,
        enable_progress_bar=bar,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        val_check_interval=recipe.validate_every,
        check_val_every_n_epoch=None,
        log_every_n_steps=20,
    )


@contextlib.contextmanager
def _without_remarks() -> Iterator[None]:
    """Keep Lightning's tips and expected remarks away; real warnings and errors come through."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in _EXPECTED:
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        logger.setLevel(level)
