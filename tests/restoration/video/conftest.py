"""Clips made by PyAV, and a reader of what is in a file."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from skimage import data

TAGS = {"colorspace": 1, "color_range": 1, "color_primaries": 1, "color_trc": 1}  # BT.709, limited


@pytest.fixture(scope="session")
def moving() -> Callable[..., list[np.ndarray]]:
    """Frames (H, W, 3) uint8 over which a photograph slides."""

    def make(count: int, size: tuple[int, int] = (64, 96)) -> list[np.ndarray]:
        photo = data.chelsea()[40:, 60:]
        return [photo[n : n + size[0], 2 * n : 2 * n + size[1]].copy() for n in range(count)]

    return make


@pytest.fixture(scope="session")
def make_clip() -> Callable[..., Path]:
    """Writes a clip with sound, a subtitle, a title and a rotation where the container can."""

    def make(
        path: Path,
        frames: list[np.ndarray],
        *,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        times: list[int] | None = None,
        base: Fraction = Fraction(1, 15360),
        sound: str | None = "aac",
        subtitle: str | None = None,
        degrees: int = 0,
        tags: dict[str, int] | None = None,
    ) -> Path:
        height, width = frames[0].shape[:2]
        with av.open(str(path), "w") as container:
            container.metadata["title"] = "a title"
            picture = container.add_stream(codec, rate=30, width=width, height=height)
            picture.pix_fmt, picture.codec_context.time_base = pix_fmt, base
            picture.codec_context.thread_count = 1
            if codec in ("libx264", "libx265"):
                picture.options = {"crf": "12", "preset": "fast"}
            for name, value in (TAGS if tags is None else tags).items():
                setattr(picture.codec_context, name, value)
            if degrees:
                picture.set_display_rotation(degrees)
            tone = add_tone(container, sound)
            words = (
                container.add_mux_stream(subtitle, time_base=Fraction(1, 1000))
                if subtitle
                else None
            )
            for number, frame in enumerate(frames):
                made = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=pix_fmt)
                made.pts = times[number] if times else round(number / 30 / base)
                made.time_base = base
                container.mux(picture.encode(made))
            container.mux(picture.encode(None))
            if tone is not None:
                write_tone(container, tone, len(frames) / 30)
            if words is not None:
                packet = av.Packet(b"hello")
                packet.pts = packet.dts = 100
                packet.duration, packet.time_base, packet.stream = 500, Fraction(1, 1000), words
                container.mux(packet)
        return path

    return make


def add_tone(container: Any, codec: str | None) -> Any:
    if codec is None:
        return None
    stream = container.add_stream(codec, rate=48000)
    stream.metadata["language"] = "deu"
    return stream


def write_tone(container: Any, stream: Any, seconds: float) -> None:
    size, rate = 1024, 48000
    for number in range(int(seconds * rate / size)):
        wave = np.sin(np.arange(number * size, (number + 1) * size) * 0.05)
        frame = av.AudioFrame.from_ndarray(
            np.tile(wave.astype(np.float32) * 0.3, (2, 1)), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, number * size, Fraction(1, rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


@pytest.fixture(scope="session")
def facts() -> Callable[[Path], dict[str, Any]]:
    """Reads what is in a file, by PyAV alone."""
    return read_facts


def read_facts(path: Path) -> dict[str, Any]:
    with av.open(str(path)) as container:
        picture = container.streams.video[0]
        context = picture.codec_context
        told = {
            "codec": context.codec.canonical_name,
            "pix_fmt": context.pix_fmt,
            "tags": {name: int(getattr(context, name)) for name in TAGS},
            "title": container.metadata.get("title"),
            "languages": [each.language for each in container.streams.audio],
        }
        packets: dict[str, list[tuple[float, bytes]]] = {}
        for packet in container.demux():
            silence = bytes(packet) == b"\0\0"  # with which MP4 fills gaps between subtitles
            if packet.size and packet.stream.type != "video" and not silence:
                time = float(packet.pts * packet.time_base)
                packets.setdefault(packet.stream.type, []).append((round(time, 3), bytes(packet)))
        told["copied"] = packets
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        told["times"] = [round(float(frame.pts * frame.time_base), 4) for frame in frames]
        told["rotation"] = frames[0].rotation if frames else None
        told["frames"] = [frame.to_ndarray(format="rgb24") for frame in frames]
    return told
