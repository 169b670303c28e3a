"""One video from file to file: decoded, restored, encoded in segments, and joined."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.format import ContainerFormat
from av.format import Flags as FormatFlags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from unblur.errors import ImageReadError, ImageWriteError
from unblur.images.digest import digest_pixels
from unblur.images.photo import Photo
from unblur.restoration.restorer import Restorer
from unblur.restoration.video.encoding import (
    Encoding,
    choose_encoding,
    configure,
    display_matrix,
    has_flag,
)
from unblur.restoration.video.muxing import Span, check_target, write_clip
from unblur.restoration.video.pixels import as_encoded, to_frame, to_pixels
from unblur.restoration.video.segments import Segments
from unblur.restoration.video.source import Clip, open_clip
from unblur.restoration.video.steady import CONTEXT, FrameSettings, restore_frames

__all__ = ["Done", "Wishes", "run"]

Tell = Callable[[int, int], None]
_WHOLE = 0.95  # of the frames that a file promises; rates and durations are not exact
SEGMENT = 24  # frames that a kill costs at most; each segment begins with a key frame


@dataclass(frozen=True)
class Wishes:
    """What part of a video to write, and how.

    Parameters
    ----------
    start, end : float or None
        Seconds from its beginning.
    codec : str or None
        Instead of the source's.
    crf : int or None
        Constant rate factor.
    overwrite : bool
        Replace the target if it exists.
    """

    start: float | None = None
    end: float | None = None
    codec: str | None = None
    crf: int | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class Done:
    """What was done.

    Parameters
    ----------
    frames : list of str
        `digest_pixels` of each frame of the result, before it was encoded.
    resumed : int
        How many of them an earlier run had restored.
    notes : tuple of str
        What a person should know.
    """

    frames: list[str]
    resumed: int
    notes: tuple[str, ...]


def run(
    source: Path,
    target: Path,
    restorer: Restorer,
    settings: FrameSettings,
    wishes: Wishes,
    tell: Tell,
) -> Done:
    """Restore a video; a run that was killed is continued.

    Raises
    ------
    ImageReadError, ImageWriteError, ArgumentError
        When a file or a value cannot be used; what is restored so far is kept for the next run.
    """
    with open_clip(source, start=wishes.start, end=wishes.end) as clip:
        frames = clip.frames()
        first = next(frames, None)
        if first is None:
            raise ImageReadError(f"{source}: holds no frame that can be decoded{_within(wishes)}")
        encoding = choose_encoding(clip, target, codec=wishes.codec, crf=wishes.crf)
        span = _span(clip, first, encoding, wishes)
        left_out = check_target(clip, target, encoding, span)
        plan = _plan(source, restorer, settings, encoding, span)
        segments = Segments(target, plan)
        resumed = len(segments.frames())
        stamped = _stamped(chain([first], frames), encoding.time_base)
        _restore(clip, stamped, encoding, segments, restorer, settings, tell)
        notes = [
            *_notes(clip, encoding, first, len(segments.frames())),
            *(f"left out: {name}" for name in left_out),
        ]
    packets = segments.packets(encoding.time_base)
    write_clip(source, target, encoding, span, packets, overwrite=wishes.overwrite)
    done = segments.frames()
    segments.remove()
    return Done(done, resumed, tuple(notes))


def _restore(
    clip: Clip,
    frames: Iterator[VideoFrame],
    encoding: Encoding,
    segments: Segments,
    restorer: Restorer,
    settings: FrameSettings,
    tell: Tell,
) -> None:
    """Add the segments that are missing."""
    done = len(segments.frames())
    begin = max(0, done - CONTEXT)
    ready = _restored(
        islice(frames, begin, None), encoding.pix_fmt, restorer, settings, skip=done - begin
    )
    total = clip.count() or 0
    tell(done, max(total, done))
    while True:
        encoder, packets, digests = _encoder(clip, encoding), [], []
        try:
            for frame, digest in islice(ready, SEGMENT):
                packets += encoder.encode(frame)
                digests.append(digest)
                count = done + len(digests)
                tell(count, max(total, count))
            if not digests:
                return
            packets += encoder.encode(None)
        except av.FFmpegError as error:
            raise ImageWriteError(
                f"{segments.folder.name}: {encoding.codec} cannot encode the frames: "
                f"{error.strerror}; choose another codec"
            ) from error
        segments.add(packets, digests)
        done += len(digests)


def _restored(
    frames: Iterator[VideoFrame],
    pix_fmt: str,
    restorer: Restorer,
    settings: FrameSettings,
    *,
    skip: int,
) -> Iterator[tuple[VideoFrame, str]]:
    """Yield restored frames ready to be encoded, and their digests; the first only help others."""
    waiting: deque[tuple[VideoFrame, Any]] = deque()

    def pictures() -> Iterator[Any]:
        for number, frame in enumerate(frames):
            pixels = to_pixels(frame)
            if number >= skip:
                waiting.append((frame, pixels))
            yield pixels

    for result in restore_frames(pictures(), restorer, settings, skip=skip):
        frame, pixels = waiting.popleft()
        same = result is pixels
        made = as_encoded(frame, pix_fmt) if same else to_frame(result, frame, pix_fmt)
        made.pict_type = PictureType.NONE  # else the encoder would follow the source's
        yield made, digest_pixels(Photo(np.atleast_3d(result)))


def _encoder(clip: Clip, encoding: Encoding) -> VideoCodecContext:
    context = av.CodecContext.create(encoding.codec, "w")
    assert isinstance(context, VideoCodecContext)
    configure(context, clip, encoding)
    if has_flag(ContainerFormat(encoding.form, "w"), FormatFlags.global_header):
        context.flags |= Flags.global_header
    return context


def _stamped(frames: Iterator[VideoFrame], time_base: Fraction) -> Iterator[VideoFrame]:
    """Bring timestamps to the encoder's clock, each later than the one before."""
    last: int | None = None
    for frame in frames:
        factor = Fraction(frame.time_base or time_base) / time_base
        ticks = round((frame.pts or 0) * factor)
        frame.duration = round((frame.duration or 0) * factor)
        frame.pts = ticks if last is None else max(ticks, last + 1)
        frame.time_base = time_base
        last = frame.pts
        yield frame


def _span(clip: Clip, first: VideoFrame, encoding: Encoding, wishes: Wishes) -> Span:
    begin = Fraction(0)
    if wishes.start is not None:
        begin = (first.pts or 0) * Fraction(first.time_base or clip.time_base)
    # the copied streams begin and end where the picture does
    start = None if wishes.start is None else float(begin) - clip.origin
    return Span(display_matrix(first), begin, start, wishes.end)


def _plan(
    source: Path, restorer: Restorer, settings: FrameSettings, encoding: Encoding, span: Span
) -> dict[str, object]:
    from unblur import __version__

    facts = os.stat(source)
    psf = b"" if settings.psf is None else settings.psf.tobytes()
    return {
        "version": __version__,
        "source": str(source.resolve()),
        "size": facts.st_size,
        "changed": facts.st_mtime_ns,
        "restorer": repr(restorer),
        "psf": hashlib.sha256(psf).hexdigest(),
        "strength": settings.strength,
        "linear": settings.linear,
        "neighbours": settings.neighbours,
        "encoding": encoding.to_dict(),
        "span": repr(span),
        "segment": SEGMENT,
    }


def _notes(clip: Clip, encoding: Encoding, first: VideoFrame, frames: int) -> Iterator[str]:
    source = clip.picture.codec_context
    expected = clip.count() or 0
    if frames < _WHOLE * expected - 1:
        yield f"only {frames} of about {expected} frames could be read: the file is not whole"
    if clip.damaged:
        yield f"{clip.damaged} damaged frames were left out, or are as far as they could be read"
    if av.Codec(encoding.codec, "w").canonical_name != source.codec.canonical_name:
        yield f"written as {encoding.codec}, not {source.codec.canonical_name}"
    if encoding.pix_fmt.replace("yuvj", "yuv") != (source.pix_fmt or "").replace("yuvj", "yuv"):
        yield f"stored as {encoding.pix_fmt}, not {source.pix_fmt}"
    if first.interlaced_frame:
        yield "interlaced frames were restored and written as whole ones: deinterlace first"
    if int(source.color_trc) in (16, 18):
        yield "HDR: the light was taken for sRGB-encoded, which is only roughly right"


def _within(wishes: Wishes) -> str:
    if wishes.start is None and wishes.end is None:
        return ""
    end = "the end" if wishes.end is None else f"{wishes.end:g} s"
    return f" between {wishes.start or 0:g} s and {end}"
