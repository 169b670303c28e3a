"""PNG of every colour type and depth, written and read by others."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from skimage.data import coffee

from unblur.errors import ImageReadError
from unblur.images.files import read_photo, write_photo
from unblur.images.photo import Metadata, Photo
from unblur.images.png import read_png, write_png


def stack(photo: Photo) -> np.ndarray:
    parts = [photo.pixels] + ([] if photo.alpha is None else [photo.alpha[..., None]])
    return np.concatenate(parts, axis=2)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def insert(png: bytes, *chunks: bytes) -> bytes:
    """Put chunks behind IHDR."""
    return png[:33] + b"".join(chunks) + png[33:]


arrays = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda dtype: hnp.arrays(
        dtype, st.tuples(st.integers(1, 70), st.integers(1, 9), st.sampled_from([1, 2, 3, 4]))
    )
)


@given(arrays)
def test_what_imagecodecs_writes_is_read(samples):
    photo = read_png(io.BytesIO(imagecodecs.png_encode(samples)), None)
    np.testing.assert_array_equal(stack(photo), samples)
    assert photo.pixels.dtype == samples.dtype


@given(arrays)
def test_what_is_written_imagecodecs_reads(samples):
    colours = samples.shape[2] - (samples.shape[2] in (2, 4))
    alpha = samples[..., -1] if samples.shape[2] > colours else None
    file = io.BytesIO()
    write_png(Photo(samples[..., :colours], alpha), file)
    decoded = imagecodecs.png_decode(file.getvalue()).reshape(samples.shape)
    np.testing.assert_array_equal(decoded, samples)
    np.testing.assert_array_equal(stack(read_png(file, None)), samples)


def drawing() -> np.ndarray:
    block = np.random.default_rng(0).integers(0, 2, (16, 16, 1), np.uint8) * np.uint8(255)
    return np.tile(block, (20, 25, 1))


@pytest.mark.parametrize(
    ("pixels", "strategy"), [(coffee(), zlib.Z_RLE), (drawing(), zlib.Z_FILTERED)]
)
def test_repeats_are_looked_for_where_they_are(pixels, strategy):
    file, expected, usual = io.BytesIO(), io.BytesIO(), io.BytesIO()
    write_png(Photo(pixels), file)
    image = Image.fromarray(pixels.squeeze())
    image.save(expected, "PNG", compress_type=strategy)
    image.save(usual, "PNG")
    assert len(file.getvalue()) == len(expected.getvalue()) < 1.1 * len(usual.getvalue())


def test_opencv_reads_16_bits(tmp_path, picture):
    deep = picture.astype(np.uint16) * 257 - np.where(picture > 100, 3, 0).astype(np.uint16)
    write_photo(Photo(deep), tmp_path / "deep.png")
    decoded = cv2.imread(str(tmp_path / "deep.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded[..., ::-1], deep)


@pytest.mark.parametrize("colours", [1, 2, 3, 4])
def test_interlaced_16_bits(colours, rng):
    """Adam7 made by hand: seven small pictures without filters."""
    samples = rng.integers(0, 65536, (13, 11, colours), np.uint16)
    starts = [(0, 0), (0, 4), (4, 0), (0, 2), (2, 0), (0, 1), (1, 0)]
    steps = [(8, 8), (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1)]
    rows = b""
    for (top, left), (down, across) in zip(starts, steps, strict=True):
        for row in samples[top::down, left::across]:
            rows += b"\0" + row.astype(">u2").tobytes()
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[colours]
    head = struct.pack(">IIBBBBB", 11, 13, 16, kind, 0, 0, 1)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    png += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    np.testing.assert_array_equal(stack(read_png(io.BytesIO(png), None)), samples)


@pytest.mark.parametrize("colours", [1, 3])
def test_transparent_colour_of_16_bits(colours):
    samples = np.full((3, 4, colours), 1000, np.uint16)
    samples[1, 2] = 1001
    key = struct.pack(">H", 1001) * colours
    photo = read_png(io.BytesIO(insert(imagecodecs.png_encode(samples), chunk(b"tRNS", key))), None)
    np.testing.assert_array_equal(photo.pixels, samples)
    assert (photo.alpha == 0).sum() == 1
    assert photo.alpha[1, 2] == 0


@pytest.mark.parametrize("colours", [1, 3])
def test_transparent_colour_of_8_bits(colours):
    samples = np.full((3, 4, colours), 100, np.uint8)
    samples[1, 2] = 101
    key = struct.pack(">H", 101) * colours
    photo = read_png(io.BytesIO(insert(imagecodecs.png_encode(samples), chunk(b"tRNS", key))), None)
    np.testing.assert_array_equal(photo.pixels, samples)
    assert np.argwhere(photo.alpha == 0).tolist() == [[1, 2]]


def test_palettes_are_expanded(tmp_path, picture):
    few = Image.fromarray(picture).quantize(16)
    few.save(tmp_path / "few.png")
    photo = read_photo(tmp_path / "few.png")
    assert (photo.mode, photo.alpha) == ("P", None)
    np.testing.assert_array_equal(photo.pixels, np.asarray(few.convert("RGB")))
    few.save(tmp_path / "clear.png", transparency=bytes([0, 100] + [255] * 14))
    with Image.open(tmp_path / "clear.png") as image:
        expected = np.asarray(image.convert("RGBA"))
    np.testing.assert_array_equal(stack(read_photo(tmp_path / "clear.png")), expected)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_of_grey_are_spread(bits):
    head = struct.pack(">IIBBBBB", 8 // bits, 1, bits, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    png += chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"")
    photo = read_png(io.BytesIO(png), None)
    assert photo.pixels.dtype == np.uint8
    first = 0x80 >> (8 - bits)
    assert photo.pixels.ravel().tolist() == [255 * first // (2**bits - 1)] + [0] * (8 // bits - 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_metadata_come_back(tmp_path, picture, exif, icc, xmp, dtype):
    metadata = Metadata(
        exif=exif,
        icc=icc,
        dpi=(300, 150),
        xmp=xmp,
        extras=(("gAMA", struct.pack(">I", 45455)), ("tEXt", b"Author\0Me")),
    )
    photo = Photo(picture.astype(dtype), metadata=metadata)
    path = tmp_path / "out.png"
    write_photo(photo, path)
    with Image.open(path) as image:
        image.load()
        assert image.info["icc_profile"] == icc
        assert image.info["exif"].removeprefix(b"Exif\0\0") == exif
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)
        assert image.info["gamma"] == pytest.approx(1 / 2.2, abs=1e-3)
        assert image.info["Author"] == "Me"
        assert image.info["xmp"] == xmp
    again = read_photo(path).metadata
    assert again.icc == icc
    assert again.extras == metadata.extras
    assert again.dpi == pytest.approx((150, 300), abs=0.02)  # EXIF demands a turn
    # a second round changes nothing any more
    write_photo(read_photo(path), tmp_path / "again.png")
    assert read_photo(tmp_path / "again.png").metadata == again


def test_chunks_behind_the_pixels_are_read(picture, exif):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    data = file.getvalue()
    late = chunk(b"eXIf", exif) + chunk(b"tEXt", b"Title\0late")
    photo = read_png(io.BytesIO(data[:-12] + late + data[-12:]), None)
    assert photo.pixels.shape == (56, 40, 3)
    assert photo.metadata.extras == (("tEXt", b"Title\0late"),)
    assert photo.metadata.exif is not None


def test_exif_in_its_old_disguise(tmp_path, picture, exif):
    block = b"Exif\0\0" + exif
    text = f"\nexif\n{len(block):8}\n{block.hex()}\n"
    info = PngInfo()
    info.add_text("Raw profile type exif", text, zip=True)
    Image.fromarray(picture).save(tmp_path / "old.png", pnginfo=info)
    photo = read_photo(tmp_path / "old.png")
    assert photo.pixels.shape == (56, 40, 3)
    assert b"Maker" in photo.metadata.exif
    assert photo.metadata.extras == ()


def test_strip_keeps_what_colours_depend_on(tmp_path, picture, exif, xmp):
    extras = (("gAMA", struct.pack(">I", 100000)), ("tEXt", b"Author\0Me"))
    photo = Photo(picture, metadata=Metadata(exif=exif, xmp=xmp, dpi=(72, 72), extras=extras))
    write_photo(photo, tmp_path / "out.png", strip=True)
    assert read_photo(tmp_path / "out.png").metadata == Metadata(extras=extras[:1])


def test_extras_of_other_formats_are_not_mixed_in(tmp_path, picture):
    photo = Photo(picture, metadata=Metadata(extras=(("COM", b"hello"),)), format="JPEG")
    write_photo(photo, tmp_path / "out.png")
    assert read_photo(tmp_path / "out.png").metadata.extras == ()


def test_floats_become_16_bits(tmp_path):
    write_photo(Photo(np.array([[[-0.5], [0.5], [2.0]]], np.float32)), tmp_path / "f.png")
    assert read_photo(tmp_path / "f.png").pixels.ravel().tolist() == [0, 32768, 65535]


def test_animations_are_refused(tmp_path, picture):
    path = tmp_path / "moving.png"
    frames = [Image.fromarray(picture), Image.fromarray(255 - picture)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageReadError, match="animation"):
        read_photo(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("colours", [1, 2, 3, 4])
def test_truncated_pixels_are_refused(dtype, colours, rng):
    png = imagecodecs.png_encode(rng.integers(0, 250, (40, 30, colours)).astype(dtype))
    for size in (20, 60, len(png) // 2, len(png) - 40):
        with pytest.raises((ImageReadError, OSError, SyntaxError)):
            read_png(io.BytesIO(png[:size]), None)
