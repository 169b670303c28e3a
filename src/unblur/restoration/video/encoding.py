"""How restored frames are encoded: as the source was, nearly without loss."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.buffer import Buffer
from av.codec.codec import find_best_pix_fmt_of_list
from av.codec.context import Flags
from av.container import OutputContainer
from av.format import ContainerFormat
from av.format import Flags as FormatFlags
from av.sidedata.sidedata import Type as SideData
from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from unblur.errors import ArgumentError, ImageWriteError
from unblur.origin import instruction_sets
from unblur.restoration.video.source import Clip

__all__ = ["Encoding", "choose_encoding", "configure", "display_matrix", "format_of", "has_flag"]

# Settings at which a restored frame and its copy can hardly be told apart.
_OPTIONS: dict[str, dict[str, str]] = {
    "libx264": {"crf": "14"},
    "libx265": {"crf": "18", "x265-params": "log-level=error"},
    "libvpx": {"crf": "6", "b": "20M", "cpu-used": "2"},
    "libvpx-vp9": {"crf": "18", "b": "0", "cpu-used": "3", "row-mt": "1"},
    "libsvtav1": {"crf": "20", "preset": "8", "svtav1-params": "logo=0"},
}
_WITH_QUANTISER = {"mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "flv", "h263", "msmpeg4", "wmv2"}
_CONSTANT_RATE = {"mpeg1video", "mpeg2video"}
_LARGEST_BASE = {"mpeg4": 65535}
_LAMBDA = 118  # FFmpeg's units of one step of a quantiser
_QUANTISER = 2
_UNKNOWN = 2  # matrix (ITU-T H.273)
os.environ.setdefault("SVT_LOG", "1")  # else it tells of itself on standard error


@dataclass(frozen=True)
class Encoding:
    """What the encoder and the muxer are told.

    Parameters
    ----------
    form : str
        FFmpeg's name of the container.
    codec : str
        FFmpeg's name of the encoder.
    pix_fmt : str
        Of the frames that it takes.
    time_base : Fraction
        Seconds of one tick of their timestamps.
    crf : int or None
        Constant rate factor, instead of the usual one.
    """

    form: str
    codec: str
    pix_fmt: str
    time_base: Fraction
    crf: int | None = None

    def to_dict(self) -> dict[str, str]:
        """Plain texts, to compare with those of an earlier run."""
        return {name: str(value) for name, value in asdict(self).items()}

    @property
    def options(self) -> Mapping[str, str]:
        """Of the encoder."""
        usual = dict(_OPTIONS.get(self.codec, {}))
        if self.codec == "libx264" and "AVX512" in instruction_sets():
            usual["x264-params"] = "asm=AVX2"  # its AVX-512 gives other bytes now and then
        return usual if self.crf is None else usual | {"crf": str(self.crf)}


def format_of(target: Path) -> OutputContainer:
    """Return a container of the kind that a file's name asks for; nothing is written.

    Raises
    ------
    ImageWriteError
        When FFmpeg knows no such kind.
    """
    try:
        return av.open(f"file:{target}", mode="w")
    except (ValueError, av.FFmpegError) as error:
        raise ImageWriteError(
            f"{target}: names no kind of video: end it in .mp4, .mkv, .mov or .webm"
        ) from error


def choose_encoding(
    clip: Clip, target: Path, *, codec: str | None = None, crf: int | None = None
) -> Encoding:
    """Choose how a clip is written: as it is where the container and this FFmpeg can.

    Parameters
    ----------
    clip : Clip
        The source.
    target : Path
        Its suffix names the container.
    codec : str, optional
        FFmpeg's name of a codec or encoder, instead of the source's.
    crf : int, optional
        Constant rate factor, instead of the usual one.

    Raises
    ------
    ArgumentError
        When `codec` is unknown, or the container cannot hold it.
    ImageWriteError
        When the target's name says no container.
    """
    container = format_of(target)
    name = codec or clip.picture.codec_context.codec.canonical_name
    if not _fits(container, name):
        if codec is not None:
            raise ArgumentError(f"{codec}: no codec that can be written into {target.name}")
        name = container.default_video_codec
    encoder = av.Codec(name, "w")
    pix_fmt = _pix_fmt(clip, encoder)
    variable = has_flag(container.format, FormatFlags.variable_fps)
    base = clip.time_base
    largest = _LARGEST_BASE.get(encoder.name, base.denominator)
    if not variable or encoder.name in _CONSTANT_RATE or base.denominator > largest:
        base = 1 / clip.rate
    return Encoding(container.format.name, encoder.name, pix_fmt, base, crf)


def configure(context: VideoCodecContext, clip: Clip, encoding: Encoding) -> None:
    """Tell an encoder everything; frames come out in order, so that segments can be joined."""
    source = clip.picture.codec_context
    context.width, context.height = source.width, source.height
    context.pix_fmt, context.time_base = encoding.pix_fmt, encoding.time_base
    context.framerate = clip.rate
    if source.sample_aspect_ratio:
        context.sample_aspect_ratio = source.sample_aspect_ratio
    context.color_range = 2 if (source.pix_fmt or "").startswith("yuvj") else source.color_range
    context.color_primaries, context.color_trc = source.color_primaries, source.color_trc
    identity = source.colorspace == 0 and not VideoFormat(encoding.pix_fmt).is_rgb
    context.colorspace = _UNKNOWN if identity else source.colorspace  # of RGB that becomes YUV
    context.max_b_frames = 0
    context.thread_count = 1  # else the bytes depend on how many processors there are
    context.flags |= Flags.frame_duration
    if encoding.codec in _WITH_QUANTISER:
        context.flags |= Flags.qscale
        context.global_quality = _QUANTISER * _LAMBDA
    context.options = dict(encoding.options)


def display_matrix(frame: VideoFrame) -> list[int] | None:
    """Nine numbers that say how a frame is turned for showing, as the file has them."""
    kept = cast(Mapping[SideData, Buffer], frame.side_data)  # the stubs know of one kind only
    if SideData.DISPLAYMATRIX not in kept:
        return None
    data = bytes(kept[SideData.DISPLAYMATRIX])
    return [int.from_bytes(data[at : at + 4], "little", signed=True) for at in range(0, 36, 4)]


def has_flag(form: ContainerFormat, flag: FormatFlags) -> bool:
    """Whether a container is of a certain kind."""
    return bool(form.flags & cast(int, flag.value))


def _fits(container: OutputContainer, codec: str) -> bool:
    try:
        name = av.Codec(codec, "w").name
    except ValueError:
        return False
    return name in container.supported_codecs


def _pix_fmt(clip: Clip, encoder: av.Codec) -> str:
    own = (clip.picture.codec_context.pix_fmt or "yuv420p").replace("yuvj", "yuv")
    # swscale makes no palettes
    known = [form.name for form in encoder.video_formats or () if not form.has_palette]
    if not known or own in known:
        return own
    if f"yuvj{own[3:]}" in known:  # mjpeg, whose plain formats are full range, too
        return f"yuvj{own[3:]}"
    best, _ = find_best_pix_fmt_of_list(known, own, has_alpha="a" in own)
    return best.name if best is not None else known[0]
