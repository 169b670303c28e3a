"""The result: restored frames, and everything else of the source as it was."""

from __future__ import annotations

import contextlib
import heapq
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.container import OutputContainer
from av.container.core import Flags
from av.stream import Stream
from av.video.stream import VideoStream

from unblur.errors import ImageWriteError
from unblur.images.atomic import atomic_file
from unblur.restoration.video.encoding import Encoding, configure
from unblur.restoration.video.source import Clip, open_clip

__all__ = ["Span", "check_target", "write_clip"]

_KEPT = ("audio", "subtitle")  # what must not be lost


@dataclass(frozen=True)
class Span:
    """Which part of the source the result shows, and how.

    Parameters
    ----------
    matrix : list of int or None
        How the picture is turned for showing.
    first : Fraction
        Seconds on the source's clock that become 0; 0 if the result begins where the source does.
    start, end : float or None
        Seconds from the source's beginning between which it lies.
    """

    matrix: list[int] | None = None
    first: Fraction = Fraction(0)
    start: float | None = None
    end: float | None = None


def check_target(clip: Clip, target: Path, encoding: Encoding, span: Span) -> list[str]:
    """Write the head of the result into memory, before hours of work are spent.

    Returns
    -------
    list of str
        Streams that the container cannot hold, none of which is seen or heard.

    Raises
    ------
    ImageWriteError
        When it cannot hold the picture, the sound or the subtitles.
    """
    container = av.open(io.BytesIO(), mode="w", format=encoding.form)
    try:
        _, _, left_out = _set_up(container, clip, target, encoding, span)
        container.start_encoding()
    except av.FFmpegError as error:
        raise _cannot(target, error) from error
    finally:
        with contextlib.suppress(av.FFmpegError):  # some want a frame before they end
            container.close()
    return left_out


def write_clip(
    source: Path,
    target: Path,
    encoding: Encoding,
    span: Span,
    packets: Iterable[av.Packet[Any]],
    *,
    overwrite: bool,
) -> None:
    """Write restored packets together with the streams that are copied.

    Parameters
    ----------
    source, target : Path
        Files.
    encoding : Encoding
        As the packets were encoded.
    span : Span
        The part of the source.
    packets : iterable of Packet
        Of the picture, in order.
    overwrite : bool
        Replace the target if it exists.

    Raises
    ------
    ImageWriteError
        When it cannot be written; then there is none.
    """
    with open_clip(source) as clip, atomic_file(target, overwrite=overwrite) as file:
        try:
            with av.open(file, mode="w", format=encoding.form) as container:
                container.flags |= cast(int, Flags.bitexact.value)  # Matroska draws numbers else
                picture, copies, _ = _set_up(container, clip, target, encoding, span)
                container.start_encoding()
                restored = _of_stream(packets, picture, span)
                copied = _copied(clip, copies, span)
                for _, packet in heapq.merge(restored, copied, key=lambda pair: pair[0]):
                    container.mux(packet)
        except av.FFmpegError as error:
            raise _cannot(target, error) from error


def _cannot(target: Path, error: av.FFmpegError) -> ImageWriteError:
    return ImageWriteError(
        f"{target}: cannot be written as {target.suffix or 'that'}: {error.strerror}; try .mkv"
    )


def _set_up(
    container: OutputContainer, clip: Clip, target: Path, encoding: Encoding, span: Span
) -> tuple[VideoStream, dict[int, Stream], list[str]]:
    """Add the streams in the source's order; return the picture's, the copied, and what is not."""
    container.metadata.update(clip.container.metadata)
    container.set_chapters(clip.container.chapters() if span.start is span.end is None else [])
    picture: VideoStream | None = None
    copies: dict[int, Stream] = {}
    left_out: list[str] = []
    for stream in clip.container.streams:
        if stream.index == clip.picture.index:
            picture = _add_picture(container, clip, encoding, span)
            new: Stream = picture
        else:
            try:
                new = container.add_stream_from_template(stream, opaque=True)
            except (ValueError, av.FFmpegError) as error:
                name = f"{stream.type} {getattr(stream, 'name', None) or ''}".strip()
                if stream.type in _KEPT:
                    raise ImageWriteError(
                        f"{target}: cannot hold the source's {name}: try .mkv"
                    ) from error
                left_out.append(name)
                continue
            copies[stream.index] = new
        new.metadata.update(stream.metadata)
        new.disposition = stream.disposition
    assert picture is not None
    return picture, copies, left_out


def _add_picture(
    container: OutputContainer, clip: Clip, encoding: Encoding, span: Span
) -> VideoStream:
    stream = container.add_stream(encoding.codec, rate=clip.rate)
    assert isinstance(stream, VideoStream)
    stream.time_base = encoding.time_base
    configure(stream.codec_context, clip, encoding)
    stream.set_display_matrix(span.matrix)
    return stream


def _of_stream(
    packets: Iterable[av.Packet[Any]], stream: Stream, span: Span
) -> Iterator[tuple[float, av.Packet[Any]]]:
    for packet in packets:
        time = _moved(packet, span)
        packet.stream = stream
        yield time, packet


def _copied(
    clip: Clip, copies: Mapping[int, Stream], span: Span
) -> Iterator[tuple[float, av.Packet[Any]]]:
    """Packets of all other streams that lie in the span, in the order of the file."""
    streams = [stream for stream in clip.container.streams if stream.index in copies]
    if not streams:
        return
    begins, last = clip.origin, 0.0
    for packet in clip.container.demux(streams):
        if not packet.size:
            continue  # the demuxer's word that a stream has ended
        stamp = packet.pts if packet.pts is not None else packet.dts
        cover = packet.stream.disposition & av.stream.Disposition.attached_pic
        if stamp is not None and not cover:
            seconds = float(stamp * packet.time_base) - begins
            if span.start is not None and seconds < span.start:
                continue
            if span.end is not None and seconds >= span.end:
                continue
        index = packet.stream.index
        last = max(last, _moved(packet, span, last))
        packet.stream = copies[index]
        yield last, packet


def _moved(packet: av.Packet[Any], span: Span, otherwise: float = 0.0) -> float:
    """Move a packet to the result's clock, and return its seconds there."""
    if span.first:
        ticks = round(span.first / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - ticks
        packet.dts = None if packet.dts is None else packet.dts - ticks
    stamp = packet.dts if packet.dts is not None else packet.pts
    return otherwise if stamp is None else float(stamp * packet.time_base)
