"""A clean end for a run that is told to stop."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import lightning.pytorch as pl

__all__ = ["CleanStop"]


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

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Stop all processes if one of them was told to."""
        if trainer.world_size > 1:
            trainer.should_stop = trainer.strategy.reduce_boolean_decision(
                trainer.should_stop, all=False
            )

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
