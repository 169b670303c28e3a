"""A bounded pool of workers behind the event loop: places first, then work."""

from __future__ import annotations

import asyncio
import contextlib
import math
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from unblur.errors import ModelError
from unblur.web.jobs import Answer, Job
from unblur.web.problems import Problem, Refused
from unblur.web.process import Tell, WorkerProcess
from unblur.web.settings import Settings

__all__ = ["Place", "Pool"]

_LONGEST_ADVICE = 120  # seconds: nobody comes back after longer


@dataclass(eq=False)
class Place:
    """A place in the line; a request holds it from its first byte to its last.

    Parameters
    ----------
    id : str
        By which its client asks for the progress; empty if it will not.
    state : str
        "uploading", "waiting", "working" or "answering".
    done, tiles : int
        Parts of the picture that are restored, and all.
    """

    id: str
    state: str = "uploading"
    done: int = 0
    tiles: int = 0


class Pool:
    """Workers, and the line before them.

    The line is counted in places, which are given before a body is read: so the memory for bodies
    is bounded too.

    Parameters
    ----------
    settings : Settings
        Of the server.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places: set[Place] = set()
        self._wanted: set[threading.Event] = set()  # of jobs under way; set when given up
        self._idle: queue.SimpleQueue[WorkerProcess] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="worker")
        self._workers: list[WorkerProcess] = []
        self._seconds = 5.0  # of a job, a running mean
        self._closing = False
        self.ready = False

    @property
    def places(self) -> int:
        """Requests under way."""
        return len(self._places)

    @property
    def busy(self) -> int:
        """Workers that work."""
        return len(self._workers) - self._idle.qsize()

    def start(self) -> None:
        """Start the workers; blocks until all have loaded their models.

        Raises
        ------
        ModelError
            When one cannot; its process said why.
        """
        self._workers = [WorkerProcess(self._settings) for _ in range(self._settings.workers)]
        for worker in self._workers:
            if not worker.wait_until_ready():
                self.close()
                raise ModelError("a worker cannot load the model: see the lines above")
            self._idle.put(worker)
        self.ready = True

    def close(self) -> None:
        """End the workers; blocks for some seconds where one still works, and its job is lost."""
        self.ready = False
        self._closing = True
        for abandoned in list(self._wanted):
            abandoned.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.end()

    @contextlib.contextmanager
    def place(self, id: str) -> Iterator[Place]:
        """Take a place in the line for as long as the block runs.

        Raises
        ------
        Refused
            429 when all are taken, 409 when the id is in use.
        """
        if id and self.find(id):
            raise Refused(Problem(409, "this id is in use: choose a random one for each request"))
        if len(self._places) >= self._settings.workers + self._settings.waiting:
            rounds = math.ceil(len(self._places) / self._settings.workers)
            seconds = min(_LONGEST_ADVICE, max(1, math.ceil(self._seconds * rounds / 2)))
            raise Refused(Problem(429, "all places in the line are taken", retry_after=seconds))
        place = Place(id)
        self._places.add(place)
        try:
            yield place
        finally:
            self._places.discard(place)

    def find(self, id: str) -> Place | None:
        """Return the place with this id."""
        return next((place for place in self._places if place.id == id), None)

    async def run(self, job: Job, place: Place) -> Answer:
        """Have a job done by the next free worker.

        Cancelling this frees the worker: at the next tile, or by ending its process.

        Raises
        ------
        Refused
            With the problem that the job ran into.
        """
        abandoned = threading.Event()
        place.state = "waiting"
        self._wanted.add(abandoned)
        try:
            future = self._threads.submit(self._do, job, place, abandoned)
            outcome = await asyncio.wrap_future(future)
        finally:
            abandoned.set()  # too late to matter where there is an outcome
            self._wanted.discard(abandoned)
        if isinstance(outcome, Problem):
            raise Refused(outcome)
        return outcome

    def _do(self, job: Job, place: Place, abandoned: threading.Event) -> Answer | Problem:
        """Run in one of as many threads as there are workers, so that one is idle."""
        if abandoned.is_set() or self._closing:
            return Problem(503, "the server is shutting down", retry_after=10)
        worker = self._idle.get()
        place.state = "working"
        start = time.monotonic()
        try:
            return worker.do(job, _teller(place), abandoned)
        finally:
            self._seconds += 0.2 * (time.monotonic() - start - self._seconds)
            self._idle.put(worker)


def _teller(place: Place) -> Tell:
    def tell(done: int, tiles: int) -> None:
        place.done, place.tiles = done, tiles

    return tell
