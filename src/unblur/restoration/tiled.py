"""A picture restored tile by tile: side by side, blended, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.images.tiling import Canvas, Tile, tile_weights
from unblur.restoration.report import TileReport
from unblur.runtime.memory import give_back_memory

__all__ = ["FADE", "restore_tiles"]

FloatArray = npt.NDArray[np.float32]
Done = tuple[FloatArray, TileReport]
Work = Callable[[Tile], Done]
TIDY = 16  # tiles after which freed memory is handed back: it bounds the memory, for a little time
FADE = 16  # pixels over which neighbours are blended


def restore_tiles(
    pixels: npt.NDArray[Any],
    tiles: list[Tile],
    work: Work,
    *,
    overlap: int | tuple[int, int],
    fade: int,
    threads: int,
    tell: Callable[[int, int], None],
) -> tuple[npt.NDArray[Any], tuple[TileReport, ...]]:
    """Restore every tile and blend them.

    Parameters
    ----------
    pixels
        Picture (H, W, C) of any storage type.
    tiles
        From `plan_tiles` with this `overlap`.
    work
        Returns the restored values of a tile, and what was done.
    overlap, fade
        As for `tile_weights`.
    threads
        Tiles at a time; no more results than that are held.
    tell
        Told the number of tiles done and that of all, from 0 on.

    Returns
    -------
    ndarray
        The picture, of the same shape and type.
    tuple of TileReport
        In the order of the tiles.
    """
    height, width, channels = pixels.shape
    canvas = Canvas(height, width, channels, pixels.dtype)
    reports = []
    tell(0, len(tiles))
    for done, (tile, (values, report)) in enumerate(_in_order(work, tiles, threads), 1):
        canvas.add(tile, values, tile_weights(tile, height, width, overlap=overlap, fade=fade))
        reports.append(report)
        if done % TIDY == 0:
            give_back_memory()
        tell(done, len(tiles))
    return canvas.finish(), tuple(reports)


def _in_order(work: Work, tiles: list[Tile], threads: int) -> Iterator[tuple[Tile, Done]]:
    """Yield each tile with its result in order, `threads` at a time and no more held than that."""
    if threads == 1:
        yield from ((tile, work(tile)) for tile in tiles)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[tuple[Tile, Future[Done]]] = []
        for tile in tiles:
            waiting.append((tile, pool.submit(work, tile)))
            if len(waiting) > threads:
                first, future = waiting.pop(0)
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
