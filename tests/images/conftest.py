"""Pictures and metadata that the tests of this folder share."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

D50 = struct.pack(">3i", 63190, 65536, 54061)  # the white of profiles


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def picture():
    """A smooth (40, 56, 3) picture of 8 bits, kind to lossy compression, without symmetry."""
    y, x = np.mgrid[0:40, 0:56] / np.float32(56)
    channels = [x, y, np.abs(np.sin(5 * x + 3 * y * y))]
    return (255 * np.dstack(channels)).astype(np.uint8)


@pytest.fixture(scope="session")
def icc():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def exif():
    """An EXIF block as a camera writes it: turned, with sizes, a maker note and GPS."""
    block = Image.Exif()
    block[0x010F] = "Maker"
    block[0x0112] = 6
    block[0x013B] = "Jörg"
    details = block.get_ifd(0x8769)
    details[0x829A] = 1 / 125
    details[0xA002] = 56
    details[0xA003] = 40
    details[0x927C] = b"maker note \x00\x01\x02"
    block.get_ifd(0x8825)[1] = "N"
    return block.tobytes().removeprefix(b"Exif\0\0")


@pytest.fixture(scope="session")
def xmp():
    return (
        b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
        b'<?xpacket end="w"?>'
    )


def make_profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Put an ICC profile of version 2 together."""
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(4 + 4 + 2 + 1 + 67),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + D50,
        **tags,
    }
    offset = 128 + 4 + 12 * len(tags)
    index, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        index += tag + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">4sI4s4s4s", bytes(4), 0x02400000, kind, space, connection)
    head += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp")
    profile = (head.ljust(64, b"\0") + D50).ljust(124, b"\0") + index + body
    return struct.pack(">I", len(profile) + 4) + profile


@pytest.fixture(scope="session")
def grey_icc() -> bytes:
    """A profile of grey pictures in linear light."""
    return make_profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": b"curv" + bytes(8)})


def ink_lab(inks: tuple[int, ...]) -> tuple[float, float, float]:
    """Lab of full inks, of our own making: black darkens, the others tint."""
    c, m, y, k = inks
    light = (100 - 30 * (c + m + y) / 1.2) * (1 - 0.9 * k)
    return light, (40 * m - 30 * c) * (1 - k), (50 * y - 20 * c - 20 * m) * (1 - k)


@pytest.fixture(scope="session")
def inks_to_lab() -> dict[tuple[int, ...], tuple[float, float, float]]:
    """The colours of all sixteen mixtures of full inks."""
    return {inks: ink_lab(inks) for inks in itertools.product([0, 1], repeat=4)}


@pytest.fixture(scope="session")
def cmyk_icc(inks_to_lab) -> bytes:
    """A minimal printer profile: one table of 2 x 2 x 2 x 2 inks to Lab."""
    identity = bytes(range(256))
    table = b"".join(
        bytes([round(light * 2.55), round(a + 128), round(b + 128)])
        for light, a, b in inks_to_lab.values()
    )
    matrix = struct.pack(">9i", *[65536 * (i % 4 == 0) for i in range(9)])
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + table + identity * 3
    return make_profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut})
