"""Hundreds of hostile uploads against a server of our own: no crash, no 5xx, bounded memory.

    python benchmarks/hostile_uploads.py --count 500

Starts `unblur serve` on this machine, sends it truncated, fuzzed, mistyped and lying files, and
asks it in between whether it still restores a good one. Fails where one is answered by 5xx, or its
processes hold more than twice the memory that they began with.
"""

from __future__ import annotations

import argparse
import io
import random
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator

import httpx
import numpy as np
from PIL import Image
from serving import memory_of, running_server

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")


def photographs() -> dict[str, bytes]:
    """A small picture in every format, with metadata."""
    rows, columns = np.mgrid[0:64, 0:80]
    pixels = np.stack([rows * 4, columns * 3, (rows ^ columns) * 2], axis=2).astype(np.uint8)
    tags = Image.Exif()
    tags[0x010F] = "a camera"
    made = {}
    for name in FORMATS:
        file = io.BytesIO()
        options = {} if name == "BMP" else {"exif": tags.tobytes()}
        Image.fromarray(pixels).save(file, name, **options)
        made[name] = file.getvalue()
    return made


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, depth: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def liars() -> Iterator[tuple[str, bytes]]:
    """Bombs, absurd headers, wrong types and polyglots."""
    good = photographs()
    for width, height in [(0, 0), (1, 2**31 - 1), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]:
        yield "absurd size", png(width, height)
    for depth, colour in [(16, 2), (1, 0), (3, 9), (16, 3), (255, 255)]:
        yield "absurd depth", png(40, 40, depth=depth, colour=colour)
    yield "bomb", png(7000, 7000, data=bytes(7000 * 21001))
    yield (
        "text bomb",
        good["PNG"][:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000))),
    )
    yield (
        "profile bomb",
        good["PNG"][:33] + chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(80_000_000))),
    )
    yield "tiff without end", b"II*\0\x08\0\0\0" + b"\xff\xff" + bytes(range(256)) * 40
    yield "tiff in a circle", b"II*\0\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0"
    yield (
        "bmp of minus one",
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, -1, -1, 1, 24, 0, 0, 0, 0, 0, 0),
    )
    yield "webp of nothing", b"RIFF\xff\xff\xff\xffWEBPVP8X" + bytes(30)
    for name in ("GIF", "PPM", "ICO"):
        file = io.BytesIO()
        Image.new("RGB", (16, 16)).save(file, name)
        yield "wrong type", file.getvalue()
    for start in (b"", b"\0", b"MZ", b"\x7fELF", b"%PDF-1.7\n", b"<?xml version='1.0'?><svg/>"):
        yield "wrong type", start + bytes(100)
    for first in FORMATS:
        for second in FORMATS:
            yield "polyglot", good[first] + good[second]
        yield "polyglot", good[first] + b"<script>alert(1)</script>"
        yield "upside down", good[first][::-1]


def fuzzed(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Truncated, overwritten, spliced and stretched copies of good files."""
    chance, good = random.Random(seed), photographs()
    for _ in range(count):
        name = chance.choice(FORMATS)
        data = bytearray(good[name])
        way = chance.choice(("cut", "bytes", "header", "splice", "repeat", "numbers"))
        if way == "cut":
            del data[chance.randrange(len(data)) :]
        elif way == "splice":
            other = good[chance.choice(FORMATS)]
            place = chance.randrange(len(data))
            data[place:] = other[chance.randrange(len(other)) :]
        elif way == "repeat":
            place = chance.randrange(len(data))
            data[place:place] = data[place : place + 200] * chance.randrange(1, 50)
        elif way == "numbers":
            place = chance.randrange(len(data) - 4)
            data[place : place + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
        else:
            reach = min(200, len(data)) if way == "header" else len(data)
            for _ in range(chance.randrange(1, 20)):
                data[chance.randrange(reach)] = chance.randrange(256)
        yield f"{name.lower()} {way}", bytes(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    words = parser.parse_args()
    seen: Counter[int] = Counter()
    faults = []
    uploads = [*liars()]
    uploads += fuzzed(max(0, words.count - len(uploads)), words.seed)
    good = photographs()["JPEG"]
    with running_server("--workers", "1", "--threads", "1", "--megapixels", "20") as (url, pid):
        before, most = memory_of(pid), 0.0
        for number, (kind, body) in enumerate(uploads):
            path = "/v1/inspect" if number % 2 else "/v1/restore"
            status = httpx.post(url + path, content=body, timeout=300).status_code
            seen[status] += 1
            if status >= 500:
                faults.append((number, kind, status))
            if number % 50 == 0:
                assert httpx.post(url + "/v1/restore", content=good, timeout=300).is_success
            most = max(most, memory_of(pid))
        assert httpx.post(url + "/v1/restore", content=good, timeout=300).is_success
    print(f"{sum(seen.values())} uploads; answers by status: {dict(sorted(seen.items()))}")
    print(f"memory of all its processes: {before:.0f} MB before, {most:.0f} MB at most")
    print(f"faults: {faults or 'none'}")
    sys.exit(bool(faults) or most > 2 * before)


if __name__ == "__main__":
    main()
