"""One training run, from a recipe to a checkpoint: resumable to the step, stops cleanly."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint, RichProgressBar, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from unblur.errors import ConfigurationError
from unblur.networks.psf_estimator import PSFEstimator
from unblur.training.data import BlurredCrops, load_pictures
from unblur.training.module import Task, build_task
from unblur.training.recipe import Recipe, load_recipe

__all__ = ["load_estimator", "train"]

VALIDATION_CROPS = 60


class CleanStop(pl.Callback):
    """On SIGTERM or SIGINT: finish the step, write the checkpoint, stop."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take over both signals for the time of the run."""

        def stop(number: int, frame: Any) -> None:
            trainer.should_stop = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the last checkpoint and give the signals back."""
        trainer.save_checkpoint(Path(trainer.default_root_dir) / "last.ckpt")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)


def load_weights(task: Task, checkpoint: Path) -> None:
    """Load the (averaged) weights of a checkpoint into `task`."""
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
        task.load_state_dict(state)
    except (OSError, RuntimeError, KeyError) as error:
        raise ConfigurationError(
            f"{checkpoint}: not a checkpoint of this network ({error}); train it first"
        ) from error


def load_estimator(recipe: Recipe, checkpoint: Path) -> PSFEstimator:
    """Return the PSF estimator of a checkpoint, for training a restorer on its PSFs."""
    task = build_task(Recipe(name="estimator", network="psf-estimator", steps=1, psf_estimator=recipe.psf_estimator))
    load_weights(task, checkpoint)
    network = task.network
    assert isinstance(network, PSFEstimator)
    return network


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
    """Train a recipe and return the path of its last checkpoint.

    Parameters
    ----------
    recipe_path
        YAML file, see `unblur.training.recipe.Recipe`.
    data, validation
        Folders of sharp pictures; the blur is made on the way.
    output
        Folder of all runs; this one goes to ``output/NAME``.
    resume
        Go on from ``output/NAME/last.ckpt`` if it exists.
    max_steps
        Stop after this many steps in all, if sooner than the recipe says.
    threads
        Threads of the tensor library.
    progress
        Show a progress bar.
    """
    recipe = load_recipe(recipe_path)
    if threads:
        torch.set_num_threads(threads)
    pl.seed_everything(recipe.seed, verbose=False)
    folder = Path(output) / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "last.ckpt"
    checkpoint = last if resume and last.exists() else None
    task = _task(recipe, Path(output), fresh=checkpoint is None)
    done = 0
    if checkpoint:
        done = int(torch.load(checkpoint, map_location="cpu", weights_only=False)["global_step"])
    trainer = _trainer(recipe, folder, max_steps or recipe.steps, progress)
    trainer.fit(task, *_loaders(recipe, data, validation, done), ckpt_path=checkpoint, weights_only=False)
    return last


def _task(recipe: Recipe, output: Path, *, fresh: bool) -> Task:
    estimator = None
    if recipe.estimator:
        estimator = load_estimator(recipe, output / recipe.estimator)
    task = build_task(recipe, estimator)
    if fresh and recipe.start_from:
        load_weights(task, output / recipe.start_from)
    return task


def _loaders(
    recipe: Recipe, data: str | Path, validation: str | Path | None, done: int
) -> tuple[DataLoader[Any], DataLoader[Any] | None]:
    settings, smallest = recipe.data, recipe.data.crop + 32
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


def _trainer(recipe: Recipe, folder: Path, steps: int, progress: bool) -> pl.Trainer:
    callbacks: list[pl.Callback] = [
        CleanStop(),
        EMAWeightAveraging(decay=recipe.optimiser.ema_decay),
        ModelCheckpoint(
            folder, filename="checkpoint", train_time_interval=timedelta(minutes=4),
            save_last=True, save_top_k=1, enable_version_counter=False,
        ),
    ]
    if progress:
        callbacks.append(RichProgressBar())
    return pl.Trainer(
        accelerator="auto",
        devices=1,
        max_steps=steps,
        default_root_dir=folder,
        logger=TensorBoardLogger(folder, name="logs"),
        callbacks=callbacks,
        gradient_clip_val=recipe.optimiser.clip,
        enable_progress_bar=progress,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        val_check_interval=recipe.validate_every,
        check_val_every_n_epoch=None,
        log_every_n_steps=20,
    )
