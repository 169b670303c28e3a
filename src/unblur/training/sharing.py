"""Which part of the data is whose, when several processes train one network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as count_from

import torch.distributed
from torch.utils.data import get_worker_info

__all__ = ["numbers", "rank_and_world"]


def rank_and_world() -> tuple[int, int]:
    """Return the number of this process, and how many there are.

    Returns
    -------
    rank, world : int
        0 and 1 outside of distributed training.
    """
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


def numbers(start: int, count: int | None) -> Iterator[int]:
    """Count through a stream, leaving out what other processes and workers do.

    Processes take turns, so that their batches together are what one process alone would see.

    Parameters
    ----------
    start : int
        The first number.
    count : int, optional
        How many there are in all; endless when left out.

    Yields
    ------
    int
        Each number of the stream, in one process or worker alone.
    """
    (rank, world), worker = rank_and_world(), get_worker_info()
    workers, number = (worker.num_workers, worker.id) if worker else (1, 0)
    for index in count_from(start + number * world + rank, workers * world):
        if count is not None and index >= start + count:
            return
        yield index
