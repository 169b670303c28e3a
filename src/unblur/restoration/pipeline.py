"""Several pictures at once: threads that each take a job to its end, and a gate before the work.

A thread reads a picture, passes the gate, restores, and writes. There are more threads than may
be behind the gate, so that the next pictures are read and the last ones written meanwhile. Nothing
is held but the pictures at hand and as many results as `BACKLOG` that nobody has taken yet.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from unblur.errors import NoRoomError
from unblur.images.atomic import remove_unfinished
from unblur.restoration.job import FileResult, Job, JobProgress, Progress

__all__ = ["Gate", "Work", "run_side_by_side", "stop_without_room"]

Work = Callable[[Job, Progress], FileResult]
BACKLOG = 64
GRACE = 5.0  # seconds that threads get to come to an end: a few tiles
PIXELS = 100_000_000
"""Pixels behind the gate at most, unless a single picture has more: it bounds the memory."""


class Gate:
    """Lets so many pictures, and so many pixels, be worked on at once.

    Parameters
    ----------
    pictures : int
        At most.
    pixels : int
        In all of them together; a picture alone may have more.
    """

    def __init__(self, pictures: int, pixels: int = PIXELS) -> None:
        self._pictures, self._pixels = pictures, pixels
        self._inside: list[int] = []
        self._changed = threading.Condition()

    @contextmanager
    def passed(self, pixels: int) -> Iterator[None]:
        """Wait for room, and take it while the block runs."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(pixels))
            self._inside.append(pixels)
        try:
            yield
        finally:
            with self._changed:
                self._inside.remove(pixels)
                self._changed.notify_all()

    def _has_room(self, pixels: int) -> bool:
        if not self._inside:
            return True
        return len(self._inside) < self._pictures and sum(self._inside) + pixels <= self._pixels


def run_side_by_side(
    jobs: Iterable[Job | FileResult],
    work: Work,
    *,
    workers: int,
    progress: JobProgress | None = None,
) -> Iterator[FileResult]:
    """Do all jobs in threads, and yield their results in this one.

    Parameters
    ----------
    jobs : iterable of Job or FileResult
        Taken one by one, when a thread is free; a result comes out as it is.
    work : callable
        Makes a result of a job, and tells of tiles by the function that it is given, which raises
        what unwinds the thread when the batch is stopped.
    workers : int
        How many threads.
    progress : callable, optional
        Called in this thread with a job, its tiles done and all of its tiles.

    Yields
    ------
    FileResult
        In the order in which they are done.

    Raises
    ------
    NoRoomError
        When the disk is full, after the result that says so.
    """
    line = _Line(jobs, work, workers)
    try:
        for news in line.news():
            if isinstance(news, FileResult):
                yield news
                stop_without_room(news)
            elif progress is not None:
                progress(news.job, news.done, news.tiles)
    finally:
        line.stop()


def stop_without_room(result: FileResult) -> None:
    """Raise the error of a result that found the disk full: further pictures would, too."""
    if isinstance(result.error, NoRoomError):
        raise NoRoomError(
            f"{result.error}: make room and give the same command, it goes on from here"
        ) from result.error


@dataclass(frozen=True)
class _Tiles:
    job: Job
    done: int
    tiles: int


class _Stopped(BaseException):
    """Unwinds a thread; no ``except Exception`` takes it."""


class _Line:
    """The threads, and the news that they send."""

    def __init__(self, jobs: Iterable[Job | FileResult], work: Work, workers: int) -> None:
        self._jobs = iter(jobs)
        self._taking = threading.Lock()
        self._work = work
        self._stopping = threading.Event()
        self._news: queue.Queue[FileResult | _Tiles | BaseException | None]
        self._news = queue.Queue(BACKLOG)
        self._threads = [
            threading.Thread(target=self._run, name=f"unblur-{number}", daemon=True)
            for number in range(workers)
        ]

    def news(self) -> Iterator[FileResult | _Tiles]:
        """Start the threads and yield what they send until the last has come to its end."""
        for thread in self._threads:
            thread.start()
        ended = 0
        while ended < len(self._threads):
            news = self._news.get()
            if news is None:
                ended += 1
            elif isinstance(news, BaseException):
                raise news
            else:
                yield news

    def stop(self) -> None:
        """End the threads, and what they were writing."""
        self._stopping.set()
        until = time.monotonic() + GRACE
        started = [thread for thread in self._threads if thread.ident is not None]
        for thread in started:
            thread.join(max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in started):
            remove_unfinished()

    def _run(self) -> None:
        try:
            while (job := self._take()) is not None:
                done = job if isinstance(job, FileResult) else self._work(job, self._teller(job))
                self._send(done)
            self._send(None)
        except _Stopped:
            pass
        except BaseException as error:  # what stops the program is raised where it is looked after
            with contextlib.suppress(_Stopped):
                self._send(error)

    def _take(self) -> Job | FileResult | None:
        with self._taking:
            if self._stopping.is_set():
                self._unwind()
            return next(self._jobs, None)

    def _teller(self, job: Job) -> Progress:
        def tell(done: int, tiles: int) -> None:
            if self._stopping.is_set():
                self._unwind()
            with contextlib.suppress(queue.Full):  # the next tile tells it anyway
                self._news.put_nowait(_Tiles(job, done, tiles))

        return tell

    def _send(self, news: FileResult | BaseException | None) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(queue.Full):
                self._news.put(news, timeout=0.2)
                return
        self._unwind()

    def _unwind(self) -> NoReturn:
        raise _Stopped
