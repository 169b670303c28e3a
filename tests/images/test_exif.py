"""Orientation against Pillow's exif_transpose; EXIF blocks change only where they must."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from unblur.images.exif import find_orientation, settle_exif, settle_xmp, turn_upright


def block_with(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def load(exif: bytes) -> Image.Exif:
    loaded = Image.Exif()
    loaded.load(exif)
    return loaded


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
def test_turning_matches_pillow(orientation, shape, rng):
    pixels = rng.integers(0, 256, shape, np.uint8)
    picture = Image.fromarray(pixels)
    picture.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(picture))
    pixels.setflags(write=False)
    np.testing.assert_array_equal(turn_upright(pixels, orientation), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_orientation_is_found_and_reset(orientation, prefix):
    exif = prefix + block_with(orientation).removeprefix(b"Exif\0\0")
    assert find_orientation(exif, None) == orientation
    assert find_orientation(settle_exif(exif), None) == 1


def test_big_endian_blocks():
    exif = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 8, 0, 0)
    assert find_orientation(exif, None) == 8
    assert settle_exif(exif) == exif.replace(b"\0\x08\0\0\0\0\0\0", b"\0\x01\0\0\0\0\0\0")


@pytest.mark.parametrize("wrong", [0, 9, 255])
def test_orientations_without_meaning_count_as_upright(wrong):
    assert find_orientation(block_with(wrong), None) == 1


def test_only_orientation_and_sizes_change(exif):
    settled = settle_exif(exif)
    assert len(settled) == len(exif)
    assert sum(a != b for a, b in zip(exif, settled, strict=True)) <= 3
    before, after = load(exif), load(settled)
    assert after[0x0112] == 1
    assert after[0x010F] == "Maker"
    assert after.get_ifd(0x8769)[0xA002] == 40
    assert after.get_ifd(0x8769)[0xA003] == 56
    assert after.get_ifd(0x8769)[0x927C] == before.get_ifd(0x8769)[0x927C]
    assert dict(after.get_ifd(0x8825)) == dict(before.get_ifd(0x8825))


def test_sizes_stay_where_nothing_is_turned_sideways():
    exif = Image.Exif()
    exif[0x0112] = 3
    exif.get_ifd(0x8769)[0xA002] = 56
    exif.get_ifd(0x8769)[0xA003] = 40
    assert load(settle_exif(exif.tobytes())).get_ifd(0x8769)[0xA002] == 56


def test_the_thumbnail_is_cut_off():
    # directory of no tags, followed by another at 14
    exif = b"II*\0" + struct.pack("<IHI", 8, 0, 14) + struct.pack("<HI", 0, 0)
    assert settle_exif(exif) == b"II*\0" + struct.pack("<IHI", 8, 0, 0) + struct.pack("<HI", 0, 0)


def test_orientation_of_xmp_counts_where_exif_is_silent(xmp):
    assert find_orientation(None, xmp) == 6
    assert find_orientation(block_with(3), xmp) == 3
    assert find_orientation(None, b"<tiff:Orientation>8</tiff:Orientation>") == 8
    assert settle_xmp(xmp) == xmp.replace(b'tiff:Orientation="6"', b'tiff:Orientation="1"')
    assert settle_xmp(None) is None


def test_the_oracle_reads_xmp_the_same_way(xmp, picture, tmp_path):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    image = Image.open(file)
    image.info["xmp"] = xmp
    assert ImageOps.exif_transpose(image).size == (40, 56)


@pytest.mark.parametrize("exif", [None, b"", b"Exif\0\0", b"nonsense", b"II*\0\xff\xff\xff\x7f"])
def test_unreadable_blocks_are_dropped(exif):
    assert find_orientation(exif, None) == 1
    assert settle_exif(exif) is None


@given(st.binary(max_size=80))
def test_no_block_raises(data):
    for exif in (data, b"II*\0\x08\0\0\0" + data, b"MM\0*\0\0\0\x08" + data):
        find_orientation(exif, data)
        settled = settle_exif(exif)
        assert settled is None or len(settled) == len(exif)
        assert settled is None or find_orientation(settled, None) == 1
