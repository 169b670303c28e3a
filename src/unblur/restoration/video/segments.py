"""What is done of a clip, kept beside the result until it is whole: a killed run goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from unblur.errors import ImageWriteError
from unblur.images.atomic import atomic_file, sweep_folder

__all__ = ["Segments"]

_PLAN = "plan.json"


class Segments:
    """Encoded packets of one clip, in files of a hidden folder beside the result.

    Parameters
    ----------
    target : Path
        The result.
    plan : mapping
        What the segments depend on; those of another plan are removed.

    Raises
    ------
    ImageWriteError
        When the folder cannot be made.
    """

    def __init__(self, target: Path, plan: Mapping[str, object]) -> None:
        self.folder = target.with_name(f".{target.name}.unblur")
        text = json.dumps(plan, sort_keys=True)
        file = self.folder / _PLAN
        try:
            if not file.exists() or file.read_text(encoding="utf-8") != text:
                shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise ImageWriteError(
                f"{self.folder}: cannot be made: {error.strerror or error}"
            ) from error
        sweep_folder(self.folder)
        if not file.exists():
            with atomic_file(file) as out:
                out.write(text.encode())

    def __len__(self) -> int:
        number = 0
        while self._file(number).exists():
            number += 1
        return number

    def add(self, packets: Sequence[av.Packet[Any]], frames: Sequence[str]) -> None:
        """Keep one more segment: its packets, and the digest of each frame that is in them."""
        rows = [
            [each.pts, each.dts, each.duration, each.is_keyframe, each.size] for each in packets
        ]
        head = json.dumps({"frames": list(frames), "packets": rows})
        with atomic_file(self._file(len(self)), overwrite=True) as out:
            out.write(head.encode() + b"\n")
            for packet in packets:
                out.write(bytes(packet))

    def frames(self) -> list[str]:
        """Return the digests of all frames that the segments hold, in order."""
        digests: list[str] = []
        for number in range(len(self)):
            with self._file(number).open("rb") as file:
                digests += json.loads(file.readline())["frames"]
        return digests

    def packets(self, time_base: Fraction) -> Iterator[av.Packet[Any]]:
        """Yield all packets in order; one segment is read at a time."""
        for number in range(len(self)):
            with self._file(number).open("rb") as file:
                for pts, dts, duration, key, size in json.loads(file.readline())["packets"]:
                    packet = av.Packet(file.read(size))
                    packet.pts, packet.dts, packet.duration = pts, dts, duration
                    packet.time_base, packet.is_keyframe = time_base, key
                    yield packet

    def remove(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:06d}.packets"
