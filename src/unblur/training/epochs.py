"""What a run does after each epoch, or at each validation: history, plateau, checkpoints."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.optim.lr_scheduler import ReduceLROnPlateau

from unblur.images.atomic import atomic_file

__all__ = ["COLUMNS", "History", "PlateauStep", "TimedCheckpoint"]

COLUMNS = ("epoch", "step", "loss", "accuracy", "val_loss", "val_accuracy", "lr")


def _at_boundary(trainer: pl.Trainer, every: int) -> bool:
    """Whether an epoch ends here: a run that is stopped is validated out of turn."""
    return trainer.global_step > 0 and trainer.global_step % every == 0


class History(pl.Callback):
    """Writes a CSV file with a row an epoch, under the names that Keras gives to its columns.

    Loss and accuracy are means over the pictures of the epoch, while the network was learning;
    "lr" is the learning rate at its end. What is not known stays empty.

    Parameters
    ----------
    path : Path
        The file; a resumed run goes on with it.
    every : int
        Steps of an epoch.
    validated : bool
        Whether a validation ends each epoch.
    """

    def __init__(self, path: Path, every: int, *, validated: bool) -> None:
        self._path = path
        self._every = every
        self._validated = validated
        self._rows: list[list[float | None]] = []
        self._sums = [0.0, 0.0, 0.0]  # loss, accuracy, pictures

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs.

        Returns
        -------
        dict
            The rows, and the sums of the epoch that is not over.
        """
        return {"rows": self._rows, "sums": self._sums}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with an earlier run.

        Parameters
        ----------
        state_dict : dict
            From `state_dict`.
        """
        self._rows = [list(row) for row in state_dict["rows"]]
        self._sums = list(state_dict["sums"])

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Add a batch; end the epoch if no validation will."""
        size = float(len(batch["kind"]))
        figures = [float(outputs["loss"]), float(outputs.get("accuracy", float("nan")))]
        added = torch.tensor([*(size * figure for figure in figures), size], dtype=torch.float64)
        if trainer.world_size > 1:
            added = trainer.strategy.reduce(added, reduce_op="sum")
        self._sums = [whole + part for whole, part in zip(self._sums, added.tolist(), strict=True)]
        if not self._validated and _at_boundary(trainer, self._every):
            self._end_epoch(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """End the epoch."""
        if _at_boundary(trainer, self._every) and self._sums[2]:
            self._end_epoch(trainer)

    def _end_epoch(self, trainer: pl.Trainer) -> None:
        loss, accuracy, pictures = self._sums
        known = trainer.callback_metrics
        step = trainer.global_step
        row = [
            step // self._every,
            step,
            loss / pictures,
            accuracy / pictures,
            *(float(known.get(name, float("nan"))) for name in ("val/loss", "val/accuracy")),
            trainer.optimizers[0].param_groups[0]["lr"],
        ]
        self._rows.append([None if figure != figure else figure for figure in row])
        self._sums = [0.0, 0.0, 0.0]
        if trainer.is_global_zero:
            self._write()

    def _write(self) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in self._rows:
            writer.writerow("" if figure is None else figure for figure in row)
        with atomic_file(self._path, overwrite=True) as file:
            file.write(text.getvalue().encode())


class TimedCheckpoint(ModelCheckpoint):
    """Writes a checkpoint from time to time, but never between a step and its validation.

    A run that went on from there would not make up for the validation.

    Parameters
    ----------
    folder : Path
        Where it goes.
    name : str
        Of the file, without its suffix.
    interval : timedelta
        Time from one to the next.
    every : int
        Steps of an epoch.
    """

    def __init__(self, folder: Path, name: str, interval: timedelta, every: int) -> None:
        # One file: a second copy at the end would hold the averaged weights in place of the
        # trained ones, which a resumed run needs.
        super().__init__(
            folder, filename=name, train_time_interval=interval, enable_version_counter=False
        )
        self._every = every

    @property
    def state_key(self) -> str:
        """Name of its state in checkpoints, which is that of Lightning's own."""
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Write it if it is time, or wait for the next step."""
        if self._every == 1 or not _at_boundary(trainer, self._every):
            super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)


class PlateauStep(pl.Callback):
    """Tells a plateau schedule the validation loss at the end of each epoch.

    Lightning would do so at the end of its own epochs, of which our endless data have one.

    Parameters
    ----------
    every : int
        Steps of an epoch.
    """

    def __init__(self, every: int) -> None:
        self._every = every

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move the learning rate, if it is time."""
        if not _at_boundary(trainer, self._every):
            return
        for config in trainer.lr_scheduler_configs:
            if isinstance(config.scheduler, ReduceLROnPlateau):
                config.scheduler.step(float(trainer.callback_metrics["val/loss"]))
