"""Digests are those that any other program takes."""

import hashlib
import subprocess

import numpy as np
import pytest

from unblur.images.digest import FileDigest, digest_pixels
from unblur.images.files import read_with_digest, write_with_digest
from unblur.images.photo import Photo


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp"])
def test_a_photo_is_digested_as_it_lies_on_the_disk(suffix, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (24, 31, 3), dtype=np.uint8)
    path = tmp_path / f"photo{suffix}"
    written = write_with_digest(Photo(pixels), path)
    _, read = read_with_digest(path)
    told = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout
    assert written == read == FileDigest(str(path), path.stat().st_size, told.split()[0])


def test_same_bytes_are_the_same_under_any_name():
    one, other = FileDigest.of(b"abc", "one"), FileDigest.of(b"abc", "other")
    assert one.same_bytes(other)
    assert not one.same_bytes(FileDigest.of(b"abd", "one"))


def test_pixels_are_digested_in_little_endian_order_with_alpha():
    pixels = np.array([[[1], [2]], [[3], [65534]]], np.uint16)
    alpha = np.array([[5, 6], [7, 8]], np.uint16)
    bytes_ = bytes([1, 0, 2, 0, 3, 0, 254, 255, 5, 0, 6, 0, 7, 0, 8, 0])
    expected = hashlib.sha256(b"uint16 2 2 1\n" + bytes_).hexdigest()
    assert digest_pixels(Photo(pixels, alpha)) == expected
    assert digest_pixels(Photo(pixels)) != expected
    assert digest_pixels(Photo(pixels[::-1, ::-1][::-1, ::-1], alpha)) == expected


def test_every_frame_is_digested():
    first, second = (np.full((2, 2, 1), level, np.uint8) for level in (1, 2))
    expected = hashlib.sha256(b"uint8 2 2 1\n" + bytes(4 * [1] + 4 * [2])).hexdigest()
    assert digest_pixels(Photo(first, further=(second,))) == expected
