"""A batch on a cluster: Ray Data's actors read, restore and write (extra ``cluster``).

Nothing but jobs and what became of them travels: each actor does what a thread of the local engine
does, and the results are the same bit for bit. A lost worker's pictures are done again by another;
a picture that takes its worker with it even when it is alone there is set aside.
"""

from __future__ import annotations

import logging
import pickle
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
from unblur.images.atomic import sweep_folder
from unblur.restoration.batch import restore_job
from unblur.restoration.job import EXISTS, PSF, FileResult, Job, Settings
from unblur.restoration.making import Making
from unblur.restoration.pipeline import Gate, stop_without_room
from unblur.restoration.quality import Quality
from unblur.restoration.recognising import recognise_result
from unblur.restoration.restorer import Device, Restorer

__all__ = ["restore_on_cluster"]

WINDOW = 10_000
"""Jobs that are planned at a time: what the driver holds does not grow with the batch."""

RETRIES = 3  # of a picture whose worker was lost
IN_TURN = 2  # pictures of a worker: while one is restored, another is read or written
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
        for in_turn in (IN_TURN, 1):  # what was lost may have been lost with a neighbour
            with warnings.catch_warnings():
                # it announces the end of the arguments that bound its retries, and names no others
                warnings.filterwarnings("ignore", message=".*ray_remote_args")
                stages = self._stages(left, in_turn, again=len(left) < len(jobs))
            for row in stages.iter_rows():
                del left[row["number"]]
                result: FileResult = pickle.loads(row["result"])
                yield result
                stop_without_room(result)
            if not left:
                break
        _sweep(jobs)
        for job in left.values():
            error = UnblurError(
                f"{job.source}: the worker was lost with it {RETRIES + 1} times, and as often when "
                "it was alone: give the workers more memory, or restore it by itself"
            )
            yield FileResult(job.source, job.target, "failed", error=error)

    def _stages(self, jobs: dict[int, Job], in_turn: int, *, again: bool) -> Any:
        rows = [{"number": number, "job": pickle.dumps(job)} for number, job in jobs.items()]
        return (
            # a block for each picture: one that is lost takes no finished one with it
            self.data.from_items(rows, override_num_blocks=len(rows)).map(
                _Restore,
                fn_constructor_args=(self.worker, again),
                compute=self.data.ActorPoolStrategy(
                    size=min(self.workers, len(jobs)),
                    max_tasks_in_flight_per_actor=2 * in_turn if in_turn > 1 else 1,
                    enable_true_multi_threading=True,
                ),
                max_concurrency=in_turn,
                num_cpus=1,
                ray_remote_args_fn=lambda: {"max_restarts": -1, "max_task_retries": RETRIES},
            )
        )


class _Restore:
    """An actor with one model, in which a picture is restored while another is read or written."""

    def __init__(self, worker: _Worker, again: bool) -> None:
        self._restorer = Restorer(
            worker.model, threads=1, quality=worker.quality, device=worker.device
        )
        self._settings, self._gate, self._again = worker.settings, Gate(1), again

    def __call__(self, row: Row) -> Row:
        job: Job = pickle.loads(row["job"])
        how = (job, self._restorer, self._settings, self._gate)
        result = restore_job(*how)
        if result.notes == (EXISTS,) and (self._again or self._follows_a_lost_one()):
            result = recognise_result(result, *how)
        return {"number": row["number"], "result": pickle.dumps(_portable(result))}

    def _follows_a_lost_one(self) -> bool:
        ray: Any = import_module("ray")
        return bool(ray.get_runtime_context().was_current_actor_reconstructed)


def _sweep(jobs: Iterable[Job]) -> None:
    """Remove what lost workers left half-written."""
    for folder in {job.target.parent for job in jobs}:
        if isinstance(folder, Path):
            sweep_folder(folder)


def _portable(result: FileResult) -> FileResult:
    """Keep an error as far as it can travel."""
    try:
        pickle.loads(pickle.dumps(result.error))
    except Exception:
        error = result.error
        told = UnblurError(f"{result.source}: {type(error).__name__}: {error}")
        return replace(result, error=told)
    return result
