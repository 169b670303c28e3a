"""A batch on a cluster: Ray Data reads, restores in actors, and writes (extra ``cluster``).

The bytes of files travel between the stages, not pixels: they are a tenth of the size, and the
results are those of the local engine bit for bit. A lost worker's pictures are done again by
another; a picture that takes its worker with it each time is set aside.
"""

from __future__ import annotations

import logging
import pickle
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from unblur.degradation.physical import PhysicalPSF
from unblur.errors import MissingExtraError, UnblurError
from unblur.images.digest import FileDigest
from unblur.images.files import decode_file, encode_file, new_file, read_bytes
from unblur.restoration.batch import check_suffix, entry_of, make_folder
from unblur.restoration.frames import restore_pixels
from unblur.restoration.job import EXISTS, PSF, FileResult, Job, Settings
from unblur.restoration.making import Making
from unblur.restoration.pipeline import stop_without_room
from unblur.restoration.quality import Quality
from unblur.restoration.restorer import Device, Restorer

__all__ = ["restore_on_cluster"]

WINDOW = 10_000
"""Jobs that are planned at a time: what the driver holds does not grow with the batch."""

RETRIES = 3  # of a picture whose worker was lost
Row = dict[str, Any]


def restore_on_cluster(
    jobs: Iterable[Job | FileResult],
    *,
    model: str | Path = "default",
    quality: Quality = "balanced",
    device: Device = "auto",
    address: str | None = None,
    workers: int | None = None,
    psf: PSF | PhysicalPSF | None = None,
    strength: float = 1.0,
    linear: bool = True,
    overwrite: bool = False,
    strip: bool = False,
    making: Making | None = None,
) -> Iterator[FileResult]:
    """Restore files on a Ray cluster, and go on when one fails.

    Parameters
    ----------
    jobs : iterable of Job or FileResult
        As for `restore_batch`. The workers open the places themselves: URLs, or paths on a file
        system that all machines share.
    model : str or Path
        As for `Restorer`; where it is a path, one that all machines share.
    quality : {"fast", "balanced", "best"}
        As for `Restorer`.
    device : {"auto", "cpu", "cuda", "directml", "coreml", "openvino"}
        As for `Restorer`.
    address : str, optional
        Of the cluster, such as ``auto`` or ``ray://host:10001``; a cluster on this machine is
        started if left out.
    workers : int, optional
        Restoring processes of one thread and one model each; one for each core if left out.
    psf, strength, linear, overwrite, strip, making
        As for `restore_batch`.

    Yields
    ------
    FileResult
        One for each job, in any order.

    Raises
    ------
    MissingExtraError
        When Ray is not installed.
    ModelError
        When the model cannot be loaded.
    NoRoomError
        When a disk is full, after the result of the picture that found it so.

    Examples
    --------
    >>> done = FileResult(Path("a.jpg"), Path("b.jpg"), "skipped")
    >>> [result.outcome for result in restore_on_cluster([done])]
    ['skipped']
    """
    settings = Settings(psf, strength, linear, overwrite, strip, making)
    with ExitStack() as stack:
        cluster: _Cluster | None = None
        items = iter(jobs)
        while window := list(islice(items, WINDOW)):
            yield from (item for item in window if isinstance(item, FileResult))
            todo = [item for item in window if isinstance(item, Job)]
            if todo and cluster is None:
                # tells here, not on every worker, of a missing model
                Restorer(model, threads=1, quality=quality, device=device)
                worker = _Worker(model, quality, device, settings)
                cluster = stack.enter_context(_join(address, workers, worker))
            if cluster is not None:
                yield from cluster.restore(todo)


@contextmanager
def _join(address: str | None, workers: int | None, worker: _Worker) -> Iterator[_Cluster]:
    """Join a cluster, or start one on this machine; leave it at the end unless others use it."""
    try:
        ray: Any = import_module("ray")
        data: Any = import_module("ray.data")
    except ImportError as error:
        raise MissingExtraError("ray[data]", "cluster") from error
    joined = ray.is_initialized()
    if not joined:
        own = {"num_cpus": workers, "include_dashboard": False} if address is None else {}
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **own)
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context.max_errored_blocks = -1  # what is missing in the end is told as failed
    cores = int(ray.cluster_resources().get("CPU", 1))
    try:
        yield _Cluster(data, workers or max(1, cores), worker)
    finally:
        if not joined:
            ray.shutdown()


@dataclass(frozen=True)
class _Worker:
    """What each worker needs to know."""

    model: str | Path
    quality: Quality
    device: Device
    settings: Settings


@dataclass(frozen=True)
class _Cluster:
    """Workers that are ready, and what they need to know."""

    data: Any
    workers: int
    worker: _Worker

    def restore(self, jobs: list[Job]) -> Iterator[FileResult]:
        """Restore all; yield what became of each."""
        if not jobs:
            return
        left = dict(enumerate(jobs))
        with warnings.catch_warnings():
            # it announces the end of the arguments that bound its retries, and names no others yet
            warnings.filterwarnings("ignore", message=".*ray_remote_args")
            stages = self._stages(jobs)
        for row in stages.iter_rows():
            left.pop(row["number"])
            result: FileResult = pickle.loads(row["result"])
            yield result
            stop_without_room(result)
        for job in left.values():
            error = UnblurError(
                f"{job.source}: the worker was lost with it {RETRIES + 1} times: "
                "give the workers more memory, or restore it by itself"
            )
            yield FileResult(job.source, job.target, "failed", error=error)

    def _stages(self, jobs: list[Job]) -> Any:
        rows = [{"number": number, "job": pickle.dumps(job)} for number, job in enumerate(jobs)]
        settings = {"settings": self.worker.settings}
        aside = {
            "num_cpus": 0,
            "compute": self.data.TaskPoolStrategy(size=self.workers),
            "ray_remote_args_fn": lambda: {"max_retries": RETRIES},
        }
        return (
            # a block for each picture: one that is lost takes no other with it
            self.data.from_items(rows, override_num_blocks=len(rows))
            .map(_read, fn_kwargs=settings, **aside)
            .map(
                _Restore,
                fn_constructor_args=(self.worker,),
                compute=self.data.ActorPoolStrategy(size=min(self.workers, len(jobs))),
                num_cpus=1,
                ray_remote_args_fn=lambda: {"max_restarts": -1, "max_task_retries": RETRIES},
            )
            .map(_write, fn_kwargs=settings, **aside)
        )


def _read(row: Row, settings: Settings) -> Row:
    """Stage 1: the bytes of a picture, unless its result exists."""
    job: Job = pickle.loads(row["job"])
    result, data, start = FileResult(job.source, job.target, "restored"), b"", time.perf_counter()
    try:
        if not settings.overwrite and job.target.exists():
            result = replace(result, outcome="skipped", notes=(EXISTS,))
        else:
            check_suffix(job.target)
            data = read_bytes(job.source)
    except Exception as error:  # kept in the result: one bad file does not end a batch
        result = _failed(result, error)
    return _row(row["number"], result, data, start)


class _Restore:
    """Stage 2: an actor with one model."""

    def __init__(self, worker: _Worker) -> None:
        self._restorer = Restorer(
            worker.model, threads=1, quality=worker.quality, device=worker.device
        )
        self._settings = worker.settings

    def __call__(self, row: Row) -> Row:
        result: FileResult = pickle.loads(row["result"])
        data, start = row["data"], time.perf_counter()
        if result.outcome != "restored" or result.target is None:
            return row
        try:
            photo, before = decode_file(data, result.source), FileDigest.of(data, result.source)
            photo, report = restore_pixels(photo, self._restorer, self._settings)
            data = encode_file(photo, result.target, strip=self._settings.strip)
            after = FileDigest.of(data, result.target)
            entry = entry_of(photo, before, after, report, self._settings)
            result = replace(result, report=report, notes=photo.notes, entry=entry)
        except Exception as error:  # as above
            result = _failed(result, error)
        return _row(row["number"], result, data, start)


def _write(row: Row, settings: Settings) -> Row:
    """Stage 3: the bytes of the result into its place."""
    result: FileResult = pickle.loads(row["result"])
    start = time.perf_counter()
    if result.outcome == "restored" and result.target is not None:
        try:
            make_folder(result.target)
            with new_file(result.target, overwrite=settings.overwrite) as file:
                file.write(row["data"])
        except Exception as error:  # as above
            result = _failed(result, error)
    return _row(row["number"], result, b"", start)


def _row(number: int, result: FileResult, data: bytes, start: float) -> Row:
    result = replace(result, seconds=result.seconds + time.perf_counter() - start)
    return {"number": number, "result": pickle.dumps(result), "data": data}


def _failed(result: FileResult, error: Exception) -> FileResult:
    """Keep an error as far as it can travel."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        error = UnblurError(f"{result.source}: {type(error).__name__}: {error}")
    return replace(result, outcome="failed", report=None, error=error, entry=None)
