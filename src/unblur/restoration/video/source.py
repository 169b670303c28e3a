"""A clip as FFmpeg reads it: its streams, and the frames of its picture one by one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from unblur.errors import ImageKindError, ImageReadError

__all__ = ["Clip", "open_clip"]

_RATE = Fraction(25)  # of clips that tell none
_BEFORE = 2.0  # s before the start that are decoded, too, where a seek may land late


@dataclass
class Clip:
    """An open clip.

    Parameters
    ----------
    path : Path
        The file.
    container : InputContainer
        As FFmpeg sees it.
    picture : VideoStream
        The stream of moving pictures that is restored.
    start, end : float or None
        Seconds between which frames are wanted.
    damaged : int
        Packets that could not be decoded so far, and frames decoded only in part.
    """

    path: Path
    container: InputContainer
    picture: VideoStream
    start: float | None = None
    end: float | None = None
    damaged: int = field(default=0)

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average."""
        stream = self.picture
        return Fraction(stream.average_rate or stream.guessed_rate or _RATE)

    @property
    def time_base(self) -> Fraction:
        """Seconds of one tick of the frames' timestamps."""
        return Fraction(self.picture.time_base or 1 / self.rate)

    @property
    def origin(self) -> float:
        """Seconds at which the file begins: not 0 in many transport streams."""
        return float((self.picture.start_time or 0) * self.time_base)

    def count(self) -> int | None:
        """Frames that are to come, as far as the file tells; not exact."""
        seconds = self._seconds()
        if self.start is None and self.end is None and self.picture.frames:
            return int(self.picture.frames)
        if seconds is None:
            return None
        end = seconds if self.end is None else min(self.end, seconds)
        return max(0, round((end - (self.start or 0.0)) * self.rate))

    def frames(self) -> Iterator[VideoFrame]:
        """Yield the frames between start and end, in order of their timestamps.

        Timestamps count from the beginning of the file; a frame without one follows its
        predecessor. Packets that cannot be decoded are left out and counted.
        """
        first = self.origin
        last: int | None = None
        for frame in self._decoded():
            _stamp(frame, last, self.rate)
            last = frame.pts
            seconds = float((frame.pts or 0) * self.time_base) - first
            if self.end is not None and seconds >= self.end:
                return
            if self.start is None or seconds >= self.start:
                yield frame

    def _decoded(self) -> Iterator[VideoFrame]:
        self.picture.thread_type = "AUTO"
        if self.start is not None and self.start > _BEFORE:
            ticks = int((self.start - _BEFORE + self.origin) / self.time_base)
            with contextlib.suppress(av.FFmpegError):  # else decode from the beginning
                self.container.seek(ticks, stream=self.picture)
        size: tuple[int, int] | None = None
        packets = self.container.demux(self.picture)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                decoded = packet.decode()
            except av.FFmpegError:
                self.damaged += 1
                continue
            for frame in decoded:
                size = size or (frame.width, frame.height)
                if size != (frame.width, frame.height):
                    new = f"{frame.width}x{frame.height}"
                    raise ImageReadError(f"{self.path}: changes its size to {new}: cut it there")
                self.damaged += frame.is_corrupt
                yield frame

    def _seconds(self) -> float | None:
        if self.container.duration is not None:
            return self.container.duration / av.time_base
        return None


def _stamp(frame: VideoFrame, last: int | None, rate: Fraction) -> None:
    """Give a frame a timestamp after the last one, as encoders want it."""
    if frame.pts is None:
        step = round(1 / rate / (frame.time_base or 1 / rate))
        frame.pts = 0 if last is None else last + max(1, step)
    if last is not None and frame.pts <= last:
        frame.pts = last + 1


@contextmanager
def open_clip(
    path: Path, *, start: float | None = None, end: float | None = None
) -> Iterator[Clip]:
    """Open a clip for reading.

    Parameters
    ----------
    path : Path
        A file of any kind that FFmpeg reads.
    start, end : float, optional
        Seconds from its beginning between which frames are wanted.

    Yields
    ------
    Clip
        Open as long as the block runs.

    Raises
    ------
    ImageReadError
        When it cannot be read.
    ImageKindError
        When it holds no moving picture.
    """
    if not path.exists():
        raise ImageReadError(f"{path}: cannot be read: there is no such file")
    try:
        # "file:" keeps names with a colon from being taken for a protocol
        container = av.open(f"file:{path}", mode="r", metadata_errors="backslashreplace")
    except (av.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageReadError(f"{path}: cannot be read: {reason}; is it a whole video?") from error
    with container:
        moving = [
            stream
            for stream in container.streams.video
            if not stream.disposition & av.stream.Disposition.attached_pic
        ]
        if not moving or not moving[0].codec_context.width:
            raise ImageKindError(f"{path}: holds no moving picture: name a video")
        yield Clip(path, container, moving[0], start, end)
