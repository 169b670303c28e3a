"""Processes that train together make sure that they train the same, and notice one that is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import lightning.pytorch as pl
import torch.distributed as dist

from unblur.errors import ConfigurationError, ProcessLostError

__all__ = ["Agreement", "lost_process_told"]

# what gloo and NCCL say when the other end of a connection is gone; they have no type for it
_GONE = (
    "connection closed by peer",
    "connection reset by peer",
    "connection refused",
    "broken pipe",
    "socket",
    "timed out",
    "remote process exited",
)


class Agreement(pl.Callback):
    """Compares what each process is about to do before the first step.

    Without it, a machine that sees another folder would train something else, or wait for ever.

    Parameters
    ----------
    facts : dict of str to str
        Name of each thing that must be the same, and what it is here.
    """

    def __init__(self, facts: dict[str, str]) -> None:
        self._facts = facts

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Compare; every process gets the same error."""
        if trainer.world_size < 2:
            return
        everyone: list[dict[str, str]] = [{}] * trainer.world_size
        dist.all_gather_object(everyone, self._facts)
        for name, own in everyone[0].items():
            for rank, facts in enumerate(everyone):
                if facts[name] != own:
                    raise ConfigurationError(
                        f"{name}: {own} in process 0, but {facts[name]} in process {rank}: give "
                        "all processes the same recipe, data and output folder"
                    )


@contextlib.contextmanager
def lost_process_told(world: int) -> Iterator[None]:
    """Turn what the network library says of a process that has ended into an error of ours.

    Parameters
    ----------
    world : int
        Processes in all; nothing is done for one.

    Raises
    ------
    ProcessLostError
        Instead of a `RuntimeError` of the connection.
    """
    try:
        yield
    except RuntimeError as error:  # the base of all of torch.distributed's
        if world > 1 and any(words in str(error).lower() for words in _GONE):
            raise ProcessLostError(
                "a process that trains with this one has ended or cannot be reached: see what it "
                "said, and give the same command with --resume on every machine"
            ) from error
        raise
