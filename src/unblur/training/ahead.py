"""Samples made in threads before they are asked for, so that the trainer finds them ready."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

__all__ = ["Ahead"]

T = TypeVar("T")
THREADS = 8


@dataclass
class Ahead:
    """Makes samples beforehand, and counts how long they were waited for all the same.

    Parameters
    ----------
    samples : int
        How many are made beforehand; with 0 each is made when it is asked for.
    waited : float
        Seconds in which somebody asked and nothing was ready.
    """

    samples: int = 0
    waited: float = 0.0
    _pools: list[ThreadPoolExecutor] = field(default_factory=list, init=False, repr=False)

    def make(self, make: Callable[[int], T], numbers: Iterable[int]) -> Iterator[T]:
        """Make a sample of each number, in their order.

        Parameters
        ----------
        make : callable
            Makes the sample of a number; called in threads if some are made beforehand.
        numbers : iterable of int
            Taken one by one, and may have no end.

        Yields
        ------
        object
            What `make` returned.

        Examples
        --------
        >>> list(Ahead(2).make(lambda number: number**2, range(4)))
        [0, 1, 4, 9]
        """
        if not self.samples:
            for number in numbers:
                yield self._timed(partial(make, number))
            return
        waiting: deque[Future[T]] = deque()
        pool = ThreadPoolExecutor(min(self.samples, THREADS), "unblur-sample")
        self._pools.append(pool)
        try:
            for number in numbers:
                waiting.append(pool.submit(make, number))
                if len(waiting) > self.samples:
                    yield self._timed(waiting.popleft().result)
            while waiting:
                yield self._timed(waiting.popleft().result)
        finally:
            pool.shutdown(cancel_futures=True)
            self._pools.remove(pool)

    def close(self) -> None:
        """Make nothing further: what was left half used would hold up the end of the program."""
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)

    def _timed(self, get: Callable[[], T]) -> T:
        start = time.perf_counter()
        try:
            return get()
        finally:
            self.waited += time.perf_counter() - start
