"""The progress bar of a training run, in plain words."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import ProgressBar
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

__all__ = ["StepBar"]

# What is logged, as a person calls it.
_WORDS = {
    "train/charbonnier": "error",
    "train/loss": "loss",
    "train/psf_error": "PSF error",
    "val/gain": "gain in dB",
    "val/blind_gain": "blind gain in dB",
    "val/similarity": "PSF likeness",
}


class StepBar(ProgressBar):
    """Steps done, steps in all, time left and the latest figures.

    Lightning's own bars count epochs, and our data have no end.

    Parameters
    ----------
    name : str
        Of the run.
    console : rich.console.Console, optional
        Where it is drawn; the standard error when left out.
    """

    def __init__(self, name: str, console: Console | None = None) -> None:
        super().__init__()
        self._name = name
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps,"),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[figures]}"),
            console=console or Console(stderr=True),
        )
        self._task = self._progress.add_task(name, total=None, figures="")

    def enable(self) -> None:
        """Show the bar."""
        self._progress.disable = False

    def disable(self) -> None:
        """Hide the bar."""
        self._progress.disable = True

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin, where an earlier run stopped."""
        self._progress.update(self._task, total=trainer.max_steps, completed=trainer.global_step)
        self._progress.start()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count one step more."""
        figures = ", ".join(
            f"{_WORDS.get(name, name)} {float(value):.3g}"
            for name, value in trainer.progress_bar_metrics.items()
        )
        self._progress.update(self._task, completed=trainer.global_step, figures=figures)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say why no step is counted."""
        self._progress.update(self._task, description=f"{self._name}, measuring")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Go on."""
        self._progress.update(self._task, description=self._name)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the last state on the screen."""
        self._progress.stop()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Give the terminal back."""
        self._progress.stop()
