"""TIFF directories: written and read back, and against Pillow and tifffile."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from unblur.errors import ImageReadError
from unblur.images.ifd import Entry, encode_header, entry, read_directory, read_header


def read(data: bytes):
    file = io.BytesIO(data)
    header = read_header(file)
    return read_directory(file, header.first, header)


@given(
    st.dictionaries(
        st.integers(1, 65535).filter(lambda tag: tag not in (0x8769, 0x8825, 0xA005)),
        st.one_of(
            st.tuples(st.just(3), st.lists(st.integers(0, 65535), min_size=1, max_size=9)),
            st.tuples(st.just(4), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9)),
            st.tuples(st.just(7), st.binary(min_size=1, max_size=9)),
        ),
        max_size=8,
    ),
    st.sampled_from("<>"),
)
def test_round_trip(tags, order):
    entries = [entry(tag, kind, values, order) for tag, (kind, values) in tags.items()]
    found = read(encode_header(entries, order)).entries
    assert found.keys() == tags.keys()
    for tag, (kind, values) in tags.items():
        assert found[tag].type == kind
        assert (found[tag].data if kind == 7 else list(found[tag].integers)) == values


@pytest.mark.parametrize("order", ["<", ">"])
def test_pillow_reads_what_was_written(order):
    below = entry(0x9003, 2, b"2024:01:01 00:00:00\0", order)
    entries = [
        entry(0x010F, 2, b"Maker\0", order),
        entry(282, 5, [72, 1], order),
        Entry(0x8769, 4, 1, bytes(4), order, children=(below,)),
    ]
    data = encode_header(entries, order)
    found = ImageFileDirectory_v2(data[:8])
    file = io.BytesIO(data)
    file.seek(8)
    found.load(file)
    assert (found[0x010F], found[282]) == ("Maker", 72)
    exif = Image.Exif()
    exif.load(data)
    assert exif.get_ifd(0x8769)[0x9003] == "2024:01:01 00:00:00"


def test_tifffile_agrees_on_every_tag(tmp_path, picture):
    path = tmp_path / "big.tif"
    tifffile.imwrite(path, picture, bigtiff=True, byteorder=">", resolution=(300, 150))
    with path.open("rb") as file, tifffile.TiffFile(path) as oracle:
        header = read_header(file)
        assert (header.order, header.big) == (">", True)
        found = read_directory(file, header.first, header).entries
        tags = oracle.pages[0].tags
        assert found.keys() == set(tags.keys())
        for tag in (256, 257, 258, 273, 277, 279):
            value = tags[tag].value
            assert found[tag].integers == (value if isinstance(value, tuple) else (value,))


def test_endless_and_overlapping_values_are_left_out():
    rows = b"".join(struct.pack("<HHII", 1000 + i, 1, 60, 0) for i in range(5))
    found = read(b"II*\0" + struct.pack("<IH", 8, 5) + rows + bytes(4) + bytes(8)).entries
    assert len(found) == 1  # the file is not long enough for two honest values
    beyond = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 1000, 1, 600, 0, 0)
    assert read(beyond).entries == {}


def test_a_directory_that_points_to_itself_ends():
    rows = struct.pack("<HHII", 0x8769, 4, 1, 8)
    found = read(b"II*\0" + struct.pack("<IH", 8, 1) + rows + bytes(4)).entries
    assert found[0x8769].children[0].children[0].children == ()


@pytest.mark.parametrize("data", [b"", b"II*\0", b"XX*\0\0\0\0\0", b"II\x2c\0\0\0\0\0"])
def test_what_is_no_tiff_is_refused(data):
    with pytest.raises(ImageReadError):
        read(data)


@given(st.binary(max_size=120))
def test_random_bytes_raise_only_our_error(data):
    with contextlib.suppress(ImageReadError):
        read(b"II*\0\x08\0\0\0" + data)
