"""What does the work of ``unblur restore``: threads of this process, or a Ray cluster."""

from __future__ import annotations

import contextlib
import enum
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from unblur import FaithfulRestorer, FileResult, Job, Making, PhysicalPSF, Restorer

__all__ = ["Device", "Engine", "How", "results_of"]

Device = Literal["auto", "cpu", "cuda", "directml", "coreml", "openvino"]


class Engine(enum.StrEnum):
    """Where the pictures are restored."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(frozen=True, eq=False)
class How:
    """How the pictures are restored, as the options say."""

    model: str
    max_gain: float | None
    """Of the one linear filter that is used in place of the model, if it is."""
    threads: int | None
    quality: Literal["fast", "balanced", "best"]
    psf: NDArray[np.float32] | PhysicalPSF | None
    strength: float
    linear: bool
    overwrite: bool
    strip: bool
    device: Device
    engine: Engine
    address: str | None
    making: Making | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What a record tells of it, beside the PSF and the model."""
        from unblur import share_threads

        return {
            "strength": self.strength,
            "linear": self.linear,
            "quality": self.quality,
            "max_gain": self.max_gain,
            "strip": self.strip,
            "threads": share_threads(1, self.threads)[1],
            "engine": str(self.engine),
            "device": self.device,
        }


def results_of(
    items: Iterable[Job | FileResult], how: How, tell_tiles: Callable[[Job, int, int], None]
) -> Iterator[FileResult]:
    """Restore all jobs; the runtime is loaded only if there is one."""
    from unblur import FileResult, share_threads

    items = iter(items)
    enough, _ = share_threads(10**6, how.threads)
    jobs: list[Job] = []
    for item in items:
        if isinstance(item, FileResult):
            yield item
        else:
            jobs.append(item)
        if len(jobs) == max(2, enough):
            break
    if jobs:
        yield from _restore(jobs, items, how, tell_tiles)


def _restore(
    first: list[Job],
    others: Iterable[Job | FileResult],
    how: How,
    tell_tiles: Callable[[Job, int, int], None],
) -> Iterator[FileResult]:
    from unblur import restore_batch, restore_on_cluster, share_threads

    if how.engine is Engine.RAY:
        # Ray tells of lost workers on standard output, which is for data
        with contextlib.redirect_stdout(sys.stderr):
            yield from restore_on_cluster(
                chain(first, others),
                model=how.model,
                quality=how.quality,
                device=how.device,
                address=how.address,
                workers=how.threads,
                psf=how.psf,
                strength=how.strength,
                linear=how.linear,
                overwrite=how.overwrite,
                strip=how.strip,
                making=how.making,
            )
        return
    at_once, each = share_threads(len(first), how.threads)
    yield from restore_batch(
        chain(first, others),
        _restorer(how, each),
        psf=how.psf,
        strength=how.strength,
        linear=how.linear,
        overwrite=how.overwrite,
        strip=how.strip,
        at_once=None if len(first) == 1 else at_once,
        progress=tell_tiles,
        making=how.making,
    )


def _restorer(how: How, threads: int) -> Restorer | FaithfulRestorer:
    from unblur import FaithfulRestorer, Restorer

    if how.max_gain is not None:
        return FaithfulRestorer(how.max_gain, threads=threads)
    return Restorer(how.model, threads=threads, quality=how.quality, device=how.device)
