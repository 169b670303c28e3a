"""One training run, from a recipe to a checkpoint: resumable to the step, stops cleanly."""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only

from unblur.cards import weights_folder
from unblur.errors import ArgumentError, ConfigurationError
from unblur.training.agreement import Agreement, lost_process_told
from unblur.training.checkpoints import check_fit, load_estimator, load_weights, read_checkpoint
from unblur.training.epochs import History, PlateauStep, TimedCheckpoint
from unblur.training.machines import Accelerator, Machines, Strategy, find_machines
from unblur.training.precision import computable_precision
from unblur.training.progress import StepBar
from unblur.training.recipe import Recipe, load_recipe
from unblur.training.sources import Source, open_source
from unblur.training.stop import CleanStop
from unblur.training.task import Task
from unblur.training.tasks import build_task
from unblur.training.waiting import Waiting

__all__ = ["is_first_process", "train"]

CHECKPOINT = "last"
CHECKPOINT_EVERY = timedelta(minutes=4)
HISTORY = "history.csv"
SHIPPED = "default"  # instead of a checkpoint: the weights of the package

# Remarks of Lightning on what is as it should be.
_EXPECTED = (
    r"You defined a `validation_step` but have no `val_dataloader`",  # --validation is optional
    r"Checkpoint directory .* exists and is not empty",  # so it is when a run goes on
    r"The dirpath has changed",  # a run may be moved
    r"The '.*_dataloader' does not have many workers",  # a crop is made faster than it is learned
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # between Lightning and torch
    r"The `srun` command is available on your system but is not used",  # see `find_machines`
    r"It is recommended to use `self.log\(.*sync_dist=True",  # a kind may be at one process alone
)


def is_first_process() -> bool:
    """Whether this process speaks for all that train together.

    Returns
    -------
    bool
        True if it trains alone.
    """
    return getattr(rank_zero_only, "rank", 0) == 0


def train(
    recipe_path: str | Path,
    data: str | Path,
    output: str | Path,
    *,
    validation: str | Path | None = None,
    resume: bool = False,
    max_steps: int | None = None,
    threads: int | None = None,
    devices: int | None = None,
    num_nodes: int | None = None,
    strategy: Strategy = "auto",
    accelerator: Accelerator = "auto",
    cache: str | Path | None = None,
    progress: bool = True,
) -> Path:
    """Train the network of a recipe.

    Parameters
    ----------
    recipe_path : path
        YAML file, see `unblur.training.recipe.Recipe`.
    data : path or str
        Folder of sharp pictures, the blur is made on the way; or of pairs, if the recipe says so.
        A URL such as ``s3://bucket/photos`` names one in a bucket.
    output : path
        Folder of all runs; this one goes to ``output/NAME``, its log for TensorBoard and its
        ``history.csv`` included.
    validation : path or str, optional
        Folder of the same kind to measure progress on; pairs are split if it is left out.
    resume : bool
        Go on from ``output/NAME/last.ckpt`` if it exists.
    max_steps : int, optional
        Stop after this many steps in all, if sooner than the recipe says.
    threads : int, optional
        Threads of the tensor library, in each process.
    devices : int, optional
        Processes on this machine, which share each batch; what torchrun or SLURM started, else 1,
        when left out.
    num_nodes : int, optional
        Machines, each of which runs this same command; they must see the same output folder.
    strategy : {"auto", "ddp"}
        How processes share: by PyTorch's distributed data parallel, if there are several.
    accelerator : {"auto", "cpu", "gpu"}
        GPUs, one for each process, or the processors; GPUs if there are any when left out.
    cache : path, optional
        Folder for copies of pictures in a bucket; that of the user when left out.
    progress : bool
        Show a progress bar on the standard error, if that is a terminal.

    Returns
    -------
    Path
        The last checkpoint, ``output/NAME/last.ckpt``.

    Raises
    ------
    ArgumentError
        If a number is less than 1, or the processes cannot share a batch equally.
    ConfigurationError
        If the recipe is wrong, or a folder cannot be used.
    ImageReadError
        If one of the pictures cannot be read.
    ModelError
        If a checkpoint that is needed is missing or damaged, or does not fit the recipe.
    ProcessLostError
        If one of several processes ends; the last checkpoint stays.
    """
    for name, value in {"max_steps": max_steps, "threads": threads}.items():
        if value is not None and value < 1:
            raise ArgumentError(f"{name} must be 1 or more, not {value}")
    machines = find_machines(devices, num_nodes, strategy=strategy, accelerator=accelerator)
    recipe = load_recipe(recipe_path)
    _check_share(recipe, machines)
    if threads:
        torch.set_num_threads(threads)
    folder = _make_folder(Path(output) / recipe.name)
    last = folder / f"{CHECKPOINT}.ckpt"
    going_on = resume and last.exists()
    pl.seed_everything(recipe.seed, verbose=False)
    task = _task(recipe, Path(output), fresh=not going_on)
    done = _steps_done(task, last) if going_on else 0
    source = open_source(recipe, data, validation, cache=cache, share=machines.devices)
    recipe = recipe.in_steps(source.epoch_steps or recipe.validate_every)
    task.recipe = recipe
    training = source.training(recipe, done, machines.world)
    held_out = source.validation(recipe, machines.world)
    steps = min(recipe.total_steps, max_steps or recipe.total_steps)
    callbacks = _callbacks(recipe, folder, validated=held_out is not None)
    callbacks.append(Agreement(_facts(recipe, source, done, steps)))
    if progress and sys.stderr.isatty() and is_first_process():
        callbacks.append(StepBar(recipe.name))
    with source, lost_process_told(machines.world), _without_remarks():
        trainer = _trainer(recipe, folder, steps, machines, callbacks)
        resumed = last if going_on else None
        trainer.fit(task, training, held_out, ckpt_path=resumed, weights_only=True)
    return last


def _check_share(recipe: Recipe, machines: Machines) -> None:
    if recipe.data.batch_size % machines.world:
        raise ArgumentError(
            f"{machines.world} processes cannot share a batch of {recipe.data.batch_size} equally; "
            "use another number of devices and nodes"
        )


def _facts(recipe: Recipe, source: Source, done: int, steps: int) -> dict[str, str]:
    """What all processes must agree on."""
    return {
        "recipe": blake2b(repr(recipe).encode(), digest_size=4).hexdigest(),
        "data": source.digest,
        "checkpoint": f"step {done}",
        "steps": str(steps),
    }


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
        estimator = load_estimator(recipe.psf_estimator, _start(recipe.estimator, output))
    task = build_task(recipe, estimator)
    if fresh and recipe.start_from:
        load_weights(task.network, _start(recipe.start_from, output))
    return task


def _start(name: str, output: Path) -> Path:
    return weights_folder() / name if name == SHIPPED else output / name


def _steps_done(task: Task, last: Path) -> int:
    checkpoint = read_checkpoint(last)
    check_fit(task.network, checkpoint, last)
    return int(checkpoint["global_step"])


def _callbacks(recipe: Recipe, folder: Path, *, validated: bool) -> list[pl.Callback]:
    callbacks: list[pl.Callback] = [CleanStop(folder / f"{CHECKPOINT}.ckpt")]
    if recipe.optimiser.ema_decay is not None:
        callbacks.append(EMAWeightAveraging(decay=recipe.optimiser.ema_decay))
    return [
        *callbacks,
        History(folder / HISTORY, recipe.validate_every, validated=validated),
        PlateauStep(recipe.validate_every),
        Waiting(),
        TimedCheckpoint(folder, CHECKPOINT, CHECKPOINT_EVERY, recipe.validate_every),
    ]


def _trainer(
    recipe: Recipe, folder: Path, steps: int, machines: Machines, callbacks: list[pl.Callback]
) -> pl.Trainer:
    gpu = machines.accelerator != "cpu" and torch.cuda.is_available()
    processors = machines.together and not gpu  # other GPUs cannot share
    precision = computable_precision(recipe.optimiser.precision, on_gpu=gpu)
    return pl.Trainer(
        accelerator="cpu" if processors else machines.accelerator,
        devices=machines.devices,
        num_nodes=machines.nodes,
        strategy="ddp" if machines.together else "auto",
        plugins=machines.environment(),
        use_distributed_sampler=False,  # our data share themselves
        max_steps=steps,
        default_root_dir=folder,
        logger=TensorBoardLogger(folder, name="logs"),
        callbacks=callbacks,
        gradient_clip_val=recipe.optimiser.clip,
        precision="bf16-mixed" if precision == "bf16" else "32-true",
        enable_progress_bar=any(isinstance(each, StepBar) for each in callbacks),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        val_check_interval=recipe.validate_every,
        check_val_every_n_epoch=None,
        log_every_n_steps=20,
    )


@contextlib.contextmanager
def _without_remarks() -> Iterator[None]:
    """Keep Lightning's tips and expected remarks away; real warnings and errors come through."""
    loggers = [logging.getLogger(f"lightning.{part}") for part in ("pytorch", "fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in _EXPECTED:
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
