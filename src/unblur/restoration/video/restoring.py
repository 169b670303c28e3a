"""Restore a video file: what a caller sees of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy.typing as npt

from unblur.degradation.psf import as_psf
from unblur.errors import ArgumentError, ImageWriteError, MissingExtraError
from unblur.restoration.restorer import Restorer
from unblur.restoration.video.steady import FrameSettings

__all__ = ["VideoReport", "restore_video"]


@dataclass(frozen=True)
class VideoReport:
    """What was done with one video.

    Parameters
    ----------
    frames : int
        Frames of the result.
    resumed : int
        How many of them an earlier run had restored.
    seconds : float
        For those of this run, all in all.
    pixels : str
        SHA-256 of the lines of `digest_pixels` of each frame before it was encoded.
    notes : tuple of str
        What is not as in the source.
    """

    frames: int
    resumed: int
    seconds: float
    pixels: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Only what JSON can hold."""
        return {
            "frames": self.frames,
            "resumed": self.resumed,
            "seconds": round(self.seconds, 3),
            "pixels": self.pixels,
            "notes": list(self.notes),
        }


def restore_video(
    source: str | Path,
    target: str | Path,
    *,
    psf: npt.ArrayLike | None = None,
    strength: float = 1.0,
    linear: bool = True,
    neighbours: bool = True,
    start: float | None = None,
    end: float | None = None,
    codec: str | None = None,
    crf: int | None = None,
    overwrite: bool = False,
    restorer: Restorer | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> VideoReport:
    """Restore one video into another, which keeps times, colours, rotation, sound and subtitles.

    Frames are restored with what their neighbours kept, and with blur that is found over several of
    them, so that the result is steady. A few frames are held at a time. What is done lies in a
    hidden folder beside `target` until it is whole: after a kill the same call goes on.

    Parameters
    ----------
    source, target : str or Path
        Files of any kind that FFmpeg reads and writes; the suffix of `target` gives its container.
    psf : array_like, optional
        PSF (K, K) of every frame; estimated if not given.
    strength : float
        0 gives the frames back as they are, 1 restores fully.
    linear : bool
        Whether the blur happened in linear light, or on the encoded values.
    neighbours : bool
        Whether frames help each other; else each is restored alone.
    start, end : float, optional
        Seconds between which the result lies; all of the source if not given.
    codec : str, optional
        FFmpeg's name of a codec, instead of the source's.
    crf : int, optional
        Constant rate factor of the encoder: smaller is better and larger in bytes.
    overwrite : bool
        Replace `target` if it exists.
    restorer : Restorer, optional
        Used instead of the default one.
    progress : callable, optional
        Called with the frames done and about how many there are in all.

    Returns
    -------
    VideoReport
        What was done.

    Raises
    ------
    MissingExtraError
        Without the extra ``video``.
    ImageReadError, ImageWriteError
        If a file cannot be read or written; the source is never changed.
    ArgumentError, PSFError
        If an argument cannot be used.

    References
    ----------
    M. Delbracio, G. Sapiro, "Hand-held video deblurring via efficient Fourier aggregation", IEEE
    Transactions on Computational Imaging 1 (4), 2015.

    Examples
    --------
    >>> import unblur
    >>> unblur.restore_video("no-such-clip.mp4", "out.mp4")
    Traceback (most recent call last):
    ...
    unblur.errors.ImageReadError: no-such-clip.mp4: ...
    """
    try:
        from unblur.restoration.video.whole import Wishes, run
    except ModuleNotFoundError as error:
        if error.name != "av":
            raise
        raise MissingExtraError("av", "video") from error
    source, target = Path(source), Path(target)
    if not 0 <= strength <= 1:
        raise ArgumentError(f"strength must lie between 0 and 1, not {strength}")
    _check_span(start, end)
    _check_files(source, target, overwrite)
    begin = time.perf_counter()
    restorer = restorer or Restorer()
    settings = FrameSettings(
        psf=None if psf is None else as_psf(psf),
        strength=strength,
        linear=linear,
        neighbours=neighbours,
        search=restorer.quality == "best",
    )
    done = run(
        source,
        target,
        restorer,
        settings,
        Wishes(start, end, codec, crf, overwrite),
        progress or (lambda done, total: None),
    )
    seconds = time.perf_counter() - begin
    pixels = hashlib.sha256("".join(f"{each}\n" for each in done.frames).encode()).hexdigest()
    return VideoReport(len(done.frames), done.resumed, seconds, pixels, done.notes)


def _check_span(start: float | None, end: float | None) -> None:
    if start is not None and not start >= 0:
        raise ArgumentError(f"the start must be 0 s or later, not {start:g}")
    if end is not None and not end > (start or 0.0):
        raise ArgumentError(f"the end, {end:g} s, must be later than the start, {start or 0:g} s")


def _check_files(source: Path, target: Path, overwrite: bool) -> None:
    if target.exists() and source.exists() and target.samefile(source):
        raise ImageWriteError(f"{target}: would be written over itself: choose another name")
    if target.exists() and not overwrite:
        raise ImageWriteError(f"{target}: exists already: choose another name or allow overwriting")
    if source.exists() and not target.parent.is_dir():
        raise ImageWriteError(f"{target}: cannot be written: there is no folder {target.parent}")
