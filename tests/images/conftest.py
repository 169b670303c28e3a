"""Pictures and metadata that the tests of this folder share."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms


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
    """An EXIF block as a camera writes it: turned, with sizes, a maker note, GPS, a thumbnail."""
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
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    name = b"test inks\0"
    text = b"desc" + struct.pack(">II", 0, len(name)) + name + bytes(4 + 4 + 2 + 1 + 67)
    right = b"text" + bytes(4) + b"none\0"
    tags = {b"desc": text, b"cprt": right, b"wtpt": white, b"A2B0": lut}
    offset = 128 + 4 + 12 * len(tags)
    index, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        index += tag + struct.pack(">II", offset + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", 0, bytes(4), 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    profile = head.ljust(128, b"\0") + index + body
    return struct.pack(">I", len(profile)) + profile[4:]
