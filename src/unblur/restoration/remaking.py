"""How each command's results are made again from what a record tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unblur.degradation.physical import PhysicalPSF
from unblur.degradation.psf import as_psf
from unblur.errors import RecordError, UnblurError
from unblur.images.digest import FileDigest, digest_pixels
from unblur.images.files import read_with_digest, write_with_digest
from unblur.images.places import Place
from unblur.images.stack_files import read_stack, write_stack
from unblur.restoration.burst_files import merge_files
from unblur.restoration.faithful import FaithfulRestorer
from unblur.restoration.frames import restore_pixels
from unblur.restoration.job import Settings
from unblur.restoration.making import RecordEntry
from unblur.restoration.restorer import Restorer
from unblur.restoration.stacks import Deconvolution, deconvolve_stack
from unblur.restoration.video.restoring import restore_video

__all__ = ["Again", "Made", "remake"]

Made = tuple[FileDigest, str | None]
"""The file, and the digest of its pixels where it is a picture or a video."""


@dataclass(frozen=True)
class Again:
    """One entry to be followed.

    Parameters
    ----------
    entry : RecordEntry
        What a record tells.
    inputs : sequence of Path or RemotePath
        Where its inputs are now.
    target : Path
        Where the result goes.
    model : str or None
        Where its model is now, if that has moved.
    threads : int or None
        Processor threads.
    """

    entry: RecordEntry
    inputs: Sequence[Place]
    target: Path
    model: str | None = None
    threads: int | None = None

    @property
    def told(self) -> Mapping[str, Any]:
        """The parameters."""
        return self.entry.parameters

    @property
    def restorer(self) -> Restorer:
        """The restorer of then."""
        name = self.model or (self.entry.model.name if self.entry.model else "default")
        device = self.told.get("device", "auto")
        return _restorer(name, self.threads, self.told.get("quality", "balanced"), device)

    @property
    def psf(self) -> NDArray[np.float32] | PhysicalPSF | None:
        """The PSF that was given, if one was."""
        if self.told["psf"] is not None:
            return as_psf(np.asarray(self.told["psf"], np.float32))
        return PhysicalPSF.parse(self.told.get("psf_name") or "")


def remake(again: Again) -> Made:
    """Make a result again.

    Parameters
    ----------
    again : Again
        What a record tells, and where things are now.

    Returns
    -------
    FileDigest
        Of the result, which is at its target.
    str or None
        Digest of its pixels, where it is a picture or a video.

    Raises
    ------
    RecordError
        When the command is not known here, or the record has been tampered with.
    UnblurError
        Whatever the work itself raises.
    """
    entry = again.entry
    way = _WAYS.get(entry.command)
    if way is None:
        raise RecordError(
            f"{entry.output.path}: made by {entry.command!r}; this unblur can do again what was "
            f"made by {', '.join(_WAYS)}"
        )
    try:
        return way(again)
    except UnblurError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecordError(
            f"{entry.output.path}: its parameters are damaged "
            f"({type(error).__name__}: {error}): they have been changed since"
        ) from error


def _restore(again: Again) -> Made:
    told = again.told
    gain = told.get("max_gain")
    restorer = again.restorer if gain is None else FaithfulRestorer(gain, threads=again.threads)
    settings = Settings(again.psf, float(told["strength"]), bool(told["linear"]))
    photo, _ = read_with_digest(again.inputs[0])
    photo, _ = restore_pixels(photo, restorer, settings)
    output = write_with_digest(photo, again.target, strip=bool(told["strip"]))
    return output, digest_pixels(photo)


def _burst(again: Again) -> Made:
    told = again.told
    merged = merge_files(
        again.inputs,
        again.target,
        power=float(told["power"]),
        align=bool(told["register"]),
        restorer=again.restorer if told["restore"] else None,
        strip=bool(told["strip"]),
    )
    return merged.output, merged.pixels


def _deconvolve(again: Again) -> Made:
    told = again.told
    stack = read_stack(_local(again), axes=told["axes"])
    psfs = [np.asarray(psf, np.float32) for psf in told["psfs"]]
    how = Deconvolution(**told["how"])
    sharp, _ = deconvolve_stack(stack, psfs, how=how, threads=again.threads)
    write_stack(sharp.as_type(stack.values.dtype) if told["keep_type"] else sharp, again.target)
    return FileDigest.of_file(again.target), None


def _video(again: Again) -> Made:
    told, psf = again.told, again.psf
    report = restore_video(
        _local(again),
        again.target,
        psf=None if isinstance(psf, PhysicalPSF) else psf,
        strength=float(told["strength"]),
        linear=bool(told["linear"]),
        neighbours=bool(told["neighbours"]),
        start=told["start"],
        end=told["end"],
        codec=told["codec"],
        crf=told["crf"],
        restorer=again.restorer,
    )
    return FileDigest.of_file(again.target), report.pixels


# A new command that restores is told here how to do it again.
_WAYS: Mapping[str, Callable[[Again], Made]] = {
    "restore": _restore,
    "burst": _burst,
    "deconvolve": _deconvolve,
    "video": _video,
}


def _local(again: Again) -> Path:
    source = again.inputs[0]
    if isinstance(source, Path):
        return source
    raise RecordError(f"{source}: must be on this machine: say where it is")


@lru_cache(maxsize=1)
def _restorer(model: str, threads: int | None, quality: Any, device: Any) -> Restorer:
    """Keep the last one: most entries of a record share it."""
    return Restorer(model, threads=threads, quality=quality, device=device)
