"""A worker: a process with a model of its own that does one job at a time.

A process and not a thread, because one that takes too long can be ended, one that a hostile file
crashes takes nobody with it, and its memory can be bounded.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import warnings
from multiprocessing.connection import Connection

import numpy as np

from unblur import ImageKindError, Photo, Restorer, decode_photo, encode_photo
from unblur.web.jobs import FORMATS, Answer, Job, Progress, Quality, Ready
from unblur.web.problems import Problem, problem_of
from unblur.web.psfs import given_psf
from unblur.web.region import blend, read_mask
from unblur.web.settings import Device, Settings

__all__ = ["Abandoned", "Restorers", "do", "work"]

_log = logging.getLogger(__name__)


class Abandoned(Exception):
    """Nobody waits for the job any more."""


class Restorers:
    """A restorer for each quality, loaded when it is first asked for.

    Parameters
    ----------
    threads : int
        Of each.
    device : str
        What runs their networks.
    """

    def __init__(self, threads: int, device: Device) -> None:
        self._threads, self._device = threads, device
        self._loaded: dict[Quality, Restorer] = {}
        self.of("balanced")

    def of(self, quality: Quality) -> Restorer:
        """Return the one that spends this much time."""
        if quality not in self._loaded:
            self._loaded[quality] = Restorer(
                threads=self._threads, quality=quality, device=self._device
            )
        return self._loaded[quality]


def work(connection: Connection, settings: Settings) -> None:
    """Do job after job until the other end of the connection is closed."""
    _settle_in(settings)
    restorers = Restorers(settings.threads, settings.device)
    try:
        connection.send(Ready())
        while True:
            job = connection.recv()
            if isinstance(job, Job):  # a Cancel that came too late is not for this job
                connection.send(_answer(job, restorers, settings, connection))
    except (EOFError, OSError):  # the server is gone, whichever way
        return


def do(job: Job, restorers: Restorers, max_pixels: int, connection: Connection | None) -> Answer:
    """Do one job.

    Parameters
    ----------
    job : Job
        The picture and what to do with it.
    restorers : Restorers
        Do it.
    max_pixels : int
        Larger pictures are refused.
    connection : Connection, optional
        Told of the progress, and asked whether somebody still waits.

    Returns
    -------
    Answer
        The report, and the file if the picture was to be restored.

    Raises
    ------
    UnblurError
        When something in the job cannot be used.
    Abandoned
        When nobody waits any more.
    """

    def tell(done: int, tiles: int) -> None:
        if connection is not None:
            if connection.poll():
                connection.recv()  # EOFError where the server itself is gone
                raise Abandoned
            connection.send(Progress(done, tiles))

    restorer = restorers.of(job.quality)
    psf = None if job.psf is None else given_psf(job.psf)
    if job.image[128:132] == b"DICM":
        raise ImageKindError("is a DICOM, which is not supported here: use 'unblur restore'")
    photo = decode_photo(job.image, max_pixels=max_pixels)
    megapixels = photo.height * photo.width / 1e6
    if not job.restore:
        blur = restorer.inspect(photo.pixels).to_dict()
        return Answer(json.dumps({**_size(photo), **blur}), megapixels)
    mask = None
    if job.mask is not None:
        mask = read_mask(job.mask, photo.height, photo.width, max_pixels)
    pixels, report = restorer.restore_with_report(
        photo.pixels, psf, strength=job.strength, linear=not job.encoded, progress=tell
    )
    if mask is not None:
        pixels = blend(photo.pixels, pixels, mask)
    name = job.format.upper() if job.format else photo.format
    restored = photo.with_pixels(pixels)
    content = encode_photo(restored, name, strip=job.strip)
    views = [_view(photo), _view(restored)] if job.preview else []
    told = json.dumps({**_size(photo), **report.to_dict()})
    return Answer(told, megapixels, content, FORMATS[name], *views)


def _view(photo: Photo) -> bytes:
    """A file that every browser shows: PNG, 8 bits."""
    return encode_photo(photo.as_dtype(np.uint8), "PNG")


def _answer(
    job: Job, restorers: Restorers, settings: Settings, connection: Connection
) -> Answer | Problem:
    try:
        return do(job, restorers, settings.max_pixels, connection)
    except Abandoned:
        return Problem(503, "nobody waits for this any more")
    except (EOFError, BrokenPipeError):
        raise
    except Exception as error:  # whatever it is, the next job must be done
        problem = problem_of(error)
        if problem.status >= 500:
            _log.exception("a fault in a worker")
        return problem


def _size(photo: Photo) -> dict[str, object]:
    return {
        "width": photo.width,
        "height": photo.height,
        "format": photo.format.lower(),
        "notes": list(photo.notes),
    }


def _settle_in(settings: Settings) -> None:
    """Be deaf to the terminal, bound in memory, and quiet."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C is for the server, which lets its workers finish
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if settings.worker_bytes and sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (settings.worker_bytes, settings.worker_bytes))
