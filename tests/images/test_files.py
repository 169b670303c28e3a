"""The door: kinds recognised by content, clear refusals, nothing lost."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from unblur.errors import ImageKindError, ImageReadError, ImageSizeError, ImageWriteError
from unblur.images import codecs
from unblur.images.codecs import decode_photo, encode_photo
from unblur.images.files import SUFFIXES, read_photo, write_photo
from unblur.images.photo import Metadata, Photo

FORMATS = ["JPEG", "PNG", "TIFF", "WEBP", "BMP"]
FROM_ANYTHING = [suffix for suffix, name in SUFFIXES.items() if name != "DICOM"]
SUFFIX_OF = {name: suffix for suffix, name in SUFFIXES.items()}


def one_line(error: pytest.ExceptionInfo[Exception], path: Path) -> str:
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", FROM_ANYTHING)
def test_every_suffix_is_written_and_read(tmp_path, picture, suffix):
    path = tmp_path / f"out{suffix.upper()}"
    write_photo(Photo(picture), path)
    photo = read_photo(path)
    assert photo.format == SUFFIXES[suffix]
    assert photo.notes == ()
    tolerance = 1.5 if photo.format == "JPEG" else 0
    assert np.abs(photo.pixels.astype(int) - picture).mean() <= tolerance
    with Image.open(path) as image:
        assert image.format == SUFFIXES[suffix]


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_all_conversions(tmp_path, picture, source, target, channels):
    first, second = tmp_path / f"in{SUFFIX_OF[source]}", tmp_path / f"out{SUFFIX_OF[target]}"
    write_photo(Photo(picture[..., :channels]), first)
    photo = read_photo(first)
    write_photo(photo, second)
    again = read_photo(second)
    difference = np.abs(again.pixels.astype(int) - photo.pixels)  # grey WebP is RGB
    assert difference.mean() < (3 if {target, source} & {"JPEG", "WEBP"} else 1e-9)


@pytest.mark.parametrize("target", ["PNG", "TIFF", "WEBP", "BMP"])
@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_is_kept_to_the_bit(tmp_path, picture, target, channels):
    path = tmp_path / f"out{SUFFIX_OF[target]}"
    write_photo(Photo(picture[..., :channels], picture[..., 2]), path)
    photo = read_photo(path)
    np.testing.assert_array_equal(photo.alpha, picture[..., 2])
    np.testing.assert_array_equal(
        photo.pixels, picture[..., :channels] + np.zeros_like(photo.pixels)
    )


@pytest.mark.parametrize("target", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_profiles_are_kept_to_the_byte(tmp_path, picture, icc, target):
    odd = icc + bytes(range(256)) * 300  # larger than one JPEG segment
    odd = struct.pack(">I", len(odd)) + odd[4:]
    write_photo(Photo(picture, metadata=Metadata(icc=odd)), tmp_path / f"out{SUFFIX_OF[target]}")
    assert read_photo(tmp_path / f"out{SUFFIX_OF[target]}").metadata.icc == odd


def test_bitmaps(tmp_path, picture):
    Image.fromarray(picture).save(tmp_path / "in.bmp", dpi=(300, 300))
    photo = read_photo(tmp_path / "in.bmp")
    assert photo.metadata.dpi == pytest.approx((300, 300), abs=0.1)
    write_photo(photo, tmp_path / "out.bmp")
    assert (tmp_path / "out.bmp").read_bytes() == (tmp_path / "in.bmp").read_bytes()
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out.bmp"))[..., ::-1], picture)
    Image.fromarray(picture).quantize(9).save(tmp_path / "few.bmp")
    assert read_photo(tmp_path / "few.bmp").pixels.shape == (40, 56, 3)
    Image.fromarray(picture[..., 0] > 99).save(tmp_path / "two.bmp")
    expected = np.where(picture[..., :1] > 99, 255, 0)
    np.testing.assert_array_equal(read_photo(tmp_path / "two.bmp").pixels, expected)


def test_a_wrong_suffix_is_read_by_content_with_a_note(tmp_path, picture):
    path = tmp_path / "photo.jpg"
    Image.fromarray(picture).save(path, "PNG")
    photo = read_photo(path)
    np.testing.assert_array_equal(photo.pixels, picture)
    assert photo.notes == ("its name says JPEG, its content is PNG",)
    write_photo(photo, tmp_path / "out.jpg")
    assert read_photo(tmp_path / "out.jpg").format == "JPEG"


def test_a_file_without_suffix_is_read(tmp_path, picture):
    Image.fromarray(picture).save(tmp_path / "photo", "PNG")
    assert read_photo(tmp_path / "photo").notes == ()


@pytest.mark.parametrize("name", FORMATS)
def test_truncated_files_are_refused(tmp_path, picture, name):
    path = tmp_path / f"cut{SUFFIX_OF[name]}"
    write_photo(Photo(picture), path)
    data = path.read_bytes()
    for size in (3, 20, 40, len(data) // 4, len(data) // 2):
        path.write_bytes(data[:size])
        with pytest.raises(ImageReadError) as error:
            read_photo(path)
        one_line(error, path)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_give_a_photo_or_our_error(tmp_path, picture, name, rng):
    path = tmp_path / f"bad{SUFFIX_OF[name]}"
    write_photo(Photo(picture[:20, :24]), path)
    data = path.read_bytes()
    for _ in range(150):
        damaged = np.frombuffer(data, np.uint8).copy()
        places = rng.integers(0, min(len(data), 400), rng.integers(1, 4))
        damaged[places] = rng.integers(0, 256, len(places))
        path.write_bytes(damaged.tobytes())
        try:
            read_photo(path, max_pixels=100_000)
        except ImageReadError:
            continue


def bomb(width: int, height: int, bits: int = 8, kind: int = 2) -> bytes:
    """A PNG that says it is huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + checksum

    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("bits", [8, 16])
def test_bombs_are_refused_before_decoding(tmp_path, bits):
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(100_000, 100_000, bits))
    with pytest.raises(ImageReadError, match="300 megapixels: raise max_pixels") as error:
        read_photo(path)
    one_line(error, path)


@pytest.mark.parametrize("name", FORMATS)
def test_the_limit_can_be_moved(tmp_path, picture, name):
    path = tmp_path / f"in{SUFFIX_OF[name]}"
    write_photo(Photo(picture), path)
    with pytest.raises(ImageReadError, match="max_pixels"):
        read_photo(path, max_pixels=40 * 56 - 1)
    assert read_photo(path, max_pixels=40 * 56).pixels.shape == (40, 56, 3)
    assert read_photo(path, max_pixels=None).pixels.shape == (40, 56, 3)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "BMP"])
def test_the_limit_of_pillow_does_not_matter(tmp_path, picture, monkeypatch, name):
    path = tmp_path / f"in{SUFFIX_OF[name]}"
    write_photo(Photo(picture), path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read_photo(path).pixels.shape == (40, 56, 3)


def test_where_the_limit_of_pillow_matters_it_is_said(tmp_path, picture, monkeypatch):
    Image.fromarray(picture).save(tmp_path / "in.tif", compression="jpeg")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ImageReadError, match="too large for this decoder: save it as PNG"):
        read_photo(tmp_path / "in.tif")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "is empty"),
        (b"hello, world", "not a picture of a known kind"),
        (b"GIF89a" + bytes(20), "is a GIF"),
        (b"\0\0\0\x20ftypheic" + bytes(20), "is a HEIC"),
        (b"\0\0\0\x20ftypavif" + bytes(20), "is an AVIF"),
        (b"\0\0\0\x20ftypmp42" + bytes(20), "is a video"),
        (b"%PDF-1.7", "is a PDF"),
        (b"RIFF\x10\0\0\0WAVE", "not a picture of a known kind"),
        (bytes(128) + b"DICM", "cannot be read as DICOM"),
        (b"\xff\xd8\xff", "cannot be read as JPEG"),
        (b"BMW and others", "cannot be read as BMP"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, content, word):
    path = tmp_path / "file.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageReadError, match=word) as error:
        read_photo(path)
    one_line(error, path)


def test_missing_files_and_folders(tmp_path):
    for path, word in [(tmp_path / "no.png", "does not exist"), (tmp_path, "is a folder")]:
        with pytest.raises(ImageReadError, match=word) as error:
            read_photo(path)
        one_line(error, path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_do_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageReadError, match="is not a file"):
        read_photo(tmp_path / "pipe.png")


def test_files_without_permission(tmp_path, monkeypatch, picture):
    write_photo(Photo(picture), tmp_path / "secret.png")

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ImageReadError, match=r"secret\.png: cannot be opened: Permission denied"):
        read_photo(tmp_path / "secret.png")


def test_reading_leaves_the_source_as_it_was(tmp_path, picture):
    for suffix in FROM_ANYTHING:
        path = tmp_path / f"in{suffix}"
        write_photo(Photo(picture), path)
        before = (path.read_bytes(), path.stat().st_mtime_ns)
        read_photo(path)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("name", FORMATS)
def test_photos_of_read_only_arrays_are_written(tmp_path, picture, name):
    picture.setflags(write=False)
    photo = Photo(picture)
    write_photo(photo, tmp_path / f"out{SUFFIX_OF[name]}")
    np.testing.assert_array_equal(photo.pixels, picture)


def test_slices_of_arrays_are_written(tmp_path, picture):
    for name in FORMATS:
        path = tmp_path / f"out{SUFFIX_OF[name]}"
        write_photo(Photo(picture[::-2, ::2]), path)
        difference = read_photo(path).pixels.astype(int) - picture[::-2, ::2]
        assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("name", ["out", "out.gif", "out.heic", "out.png.part"])
def test_unknown_suffixes_are_refused(tmp_path, picture, name):
    with pytest.raises(ImageWriteError, match=r"use one of \.bmp"):
        write_photo(Photo(picture), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unless_asked(tmp_path, picture):
    path = tmp_path / "out.png"
    write_photo(Photo(picture), path)
    with pytest.raises(ImageWriteError, match="exists already"):
        write_photo(Photo(255 - picture), path)
    np.testing.assert_array_equal(read_photo(path).pixels, picture)
    write_photo(Photo(255 - picture), path, overwrite=True)
    np.testing.assert_array_equal(read_photo(path).pixels, 255 - picture)


@pytest.mark.parametrize("error", [ValueError("odd"), OSError("encoder error"), MemoryError()])
def test_a_failing_encoder_leaves_nothing(tmp_path, picture, monkeypatch, error):
    def fail(photo: Photo, file: io.BufferedWriter) -> None:
        file.write(b"half")
        raise error

    form = codecs._FORMATS[1]
    broken = codecs._Format(form.name, form.signatures, form.read, fail)
    monkeypatch.setattr(codecs, "_FORMATS", (broken,))
    with pytest.raises(ImageWriteError, match=r"out\.png: cannot be written"):
        write_photo(Photo(picture), tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


def test_names_with_any_letters(tmp_path, picture):
    path = tmp_path / "Фото №1 – été (100%) 'a'.png"
    write_photo(Photo(picture), path)
    np.testing.assert_array_equal(read_photo(str(path)).pixels, picture)


def test_no_scientific_library_is_needed():
    """The base install has neither imagecodecs, tifffile, OpenCV nor scikit-image."""
    code = """
import sys
for name in ("imagecodecs", "tifffile", "cv2", "skimage", "torch"):
    sys.modules[name] = None
import tempfile, numpy as np
from pathlib import Path
from unblur.images.files import read_photo, write_photo
from unblur.images.photo import Photo, TiffSettings
folder = Path(tempfile.mkdtemp())
deep = np.arange(96, dtype=np.uint16).reshape(4, 8, 3) * 600
for name in ("a.png", "a.tif"):
    write_photo(Photo(deep, encoding=TiffSettings(5, 2)), folder / name)
    assert (read_photo(folder / name).pixels == deep).all()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", FORMATS)
def test_bytes_are_what_the_file_would_be(tmp_path, picture, name):
    path = tmp_path / f"out{SUFFIX_OF[name]}"
    write_photo(Photo(picture), path)
    assert encode_photo(Photo(picture), name) == path.read_bytes()
    again = decode_photo(path.read_bytes())
    assert (again.format, again.notes) == (name, ())
    np.testing.assert_array_equal(again.pixels, read_photo(path).pixels)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", ImageKindError),
        (b"GIF89a", ImageKindError),
        (b"hello", ImageKindError),
        (b"\x89PNG\r\n\x1a\n", ImageReadError),
    ],
)
def test_bytes_that_are_no_picture(tmp_path, data, error):
    with pytest.raises(ImageReadError) as told:
        decode_photo(data)
    assert type(told.value) is error
    path = tmp_path / "it"
    path.write_bytes(data)
    with pytest.raises(ImageReadError) as of_the_file:
        read_photo(path)
    assert type(of_the_file.value) is error
    assert str(of_the_file.value) == f"{path}: {told.value}"


def test_too_many_pixels_are_an_error_of_their_own(picture):
    data = encode_photo(Photo(picture), "PNG")
    with pytest.raises(ImageSizeError, match="megapixels"):
        decode_photo(data, max_pixels=10)


def test_an_unknown_format_is_refused(picture):
    with pytest.raises(ImageWriteError, match="GIF: use one of JPEG"):
        encode_photo(Photo(picture), "GIF")
