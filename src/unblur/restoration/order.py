"""Tiles restored side by side, their results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from unblur.images.tiling import Tile

__all__ = ["in_order"]

FloatArray = npt.NDArray[np.float32]


def in_order(
    work: Callable[[Tile], tuple[FloatArray, bool]], tiles: list[Tile], threads: int
) -> Iterator[tuple[Tile, tuple[FloatArray, bool]]]:
    """Yield each tile with its result in order, `threads` at a time and no more held than that."""
    if threads == 1:
        yield from ((tile, work(tile)) for tile in tiles)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[tuple[Tile, Future[tuple[FloatArray, bool]]]] = []
        for tile in tiles:
            waiting.append((tile, pool.submit(work, tile)))
            if len(waiting) > threads:
                first, future = waiting.pop(0)
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
