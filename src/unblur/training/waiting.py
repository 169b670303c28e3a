"""How long the trainer waits for its data."""

from __future__ import annotations

import time
from typing import Any

import lightning.pytorch as pl

from unblur.training.ahead import Ahead

__all__ = ["Waiting"]


class Waiting(pl.Callback):
    """Logs the share of the time in which there is no batch to work on, as "data/waiting".

    The time before the first step is left out: nothing can be ready then.
    """

    def __init__(self) -> None:
        self._start: tuple[float, float] | None = None

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Begin to count, at the first step."""
        if self._start is None:
            self._start = time.perf_counter(), _waited(trainer)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Log the share so far."""
        if self._start is not None:
            began, before = self._start
            waited = _waited(trainer) - before
            pl_module.log("data/waiting", waited / (time.perf_counter() - began))


def _waited(trainer: pl.Trainer) -> float:
    ahead: Ahead = trainer.train_dataloader.dataset.ahead  # type: ignore[union-attr]
    return ahead.waited
