"""One worker process, seen from the server: started, given a job, ended."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable

from unblur.web.jobs import Answer, Cancel, Job, Progress, Ready
from unblur.web.problems import Problem
from unblur.web.settings import Settings
from unblur.web.worker import work

__all__ = ["WorkerProcess"]

_LOOK = 0.1  # seconds between two looks at whether somebody still waits
_GRACE = 5.0  # seconds that a worker has to notice that nobody does
_START = 120.0  # seconds to load a model on a slow machine

Tell = Callable[[int, int], None]


class WorkerProcess:
    """A process that does one job at a time, replaced by a new one where it fails.

    All methods block and are called by one thread at a time.

    Parameters
    ----------
    settings : Settings
        Of the server.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # not fork: a copy of this process would hold its sockets, and its threads' locks
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self._connection, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=work, args=(theirs, self._settings), daemon=True
        )
        self._process.start()
        theirs.close()
        self._ready = False

    def wait_until_ready(self) -> bool:
        """Wait until the model is loaded; False where the process has ended instead."""
        if not self._ready:
            try:
                self._ready = self._connection.poll(_START) and isinstance(
                    self._connection.recv(), Ready
                )
            except (EOFError, OSError):
                self._ready = False
        return self._ready

    def do(self, job: Job, tell: Tell, abandoned: threading.Event) -> Answer | Problem:
        """Have a job done.

        Parameters
        ----------
        job : Job
            The job.
        tell : callable
            Told of the progress, in this thread.
        abandoned : threading.Event
            Set by whoever no longer wants the answer.

        Returns
        -------
        Answer or Problem
            What came of it.
        """
        if not self.wait_until_ready():
            self.replace()
            return Problem(503, "the server cannot load its model", retry_after=60)
        until = time.monotonic() + self._settings.work_seconds
        try:
            self._connection.send(job)
            while not abandoned.is_set() and time.monotonic() < until:
                if not self._connection.poll(_LOOK):
                    continue
                message = self._connection.recv()
                if isinstance(message, Answer | Problem):
                    return message
                if isinstance(message, Progress):
                    tell(message.done, message.tiles)
            self._stop_work()
        except (EOFError, OSError):
            self.replace()
            return Problem(500, "the worker that did this has crashed; another one took its place")
        seconds = self._settings.work_seconds
        return Problem(503, f"this took more than {seconds:g} s: send a smaller picture")

    def _stop_work(self) -> None:
        """Ask the process to drop its job, and end it where it does not listen."""
        until = time.monotonic() + _GRACE
        self._connection.send(Cancel())
        while self._connection.poll(max(0.0, until - time.monotonic())):
            if isinstance(self._connection.recv(), Answer | Problem):
                return
        self.replace()

    def replace(self) -> None:
        """End the process and start another."""
        self.end()
        self._start()

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join()
        self._connection.close()
