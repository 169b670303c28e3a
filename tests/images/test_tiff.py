"""TIFF of every kind that photographers and laboratories use, against tifffile."""

from __future__ import annotations

import io
import tracemalloc

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from unblur.errors import ImageReadError, ImageWriteError
from unblur.images import tiff, tiff_writer
from unblur.images.files import read_photo, write_photo
from unblur.images.photo import Metadata, Photo, TiffSettings

KINDS = {
    "u1": np.uint8,
    "u2": np.uint16,
    "f4": np.float32,
}
SHAPES = {1: (40, 56), 2: (40, 56, 2), 3: (40, 56, 3), 4: (40, 56, 4)}


def make(kind: str, samples: int, rng) -> np.ndarray:
    base = rng.random((40, 56, samples)).cumsum(axis=1) / 56
    if kind == "f4":
        return (3 * base - 1).astype(np.float32)  # beyond [0, 1], as measurements are
    return (base / base.max() * np.iinfo(kind).max).astype(kind)


def stack(photo: Photo) -> np.ndarray:
    parts = [photo.pixels] + ([] if photo.alpha is None else [photo.alpha[..., None]])
    return np.concatenate(parts, axis=2)


def save(path, array, **options):
    samples = array.shape[2]
    options.setdefault("photometric", "rgb" if samples > 2 else "minisblack")
    if samples in (2, 4):
        options.setdefault("extrasamples", ["unassalpha"])
    separate = options.get("planarconfig") == "separate"
    array = array.transpose(2, 0, 1) if separate and samples > 1 else array
    array = array[..., 0] if samples == 1 else array
    tifffile.imwrite(path, array, metadata=None, **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("samples", [1, 2, 3, 4])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "zstd", "lzma"])
def test_depths_compressions_and_channels(tmp_path, rng, kind, samples, compression):
    array = make(kind, samples, rng)
    predictor = compression in ("lzw", "zlib", "zstd", "lzma")
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    save(source, array, compression=compression, predictor=predictor, rowsperstrip=7)
    photo = read_photo(source)
    np.testing.assert_array_equal(stack(photo), array)
    assert photo.pixels.dtype == array.dtype
    assert photo.notes == ()
    write_photo(photo, target)
    with tifffile.TiffFile(target) as oracle, tifffile.TiffFile(source) as before:
        page = oracle.pages[0]
        np.testing.assert_array_equal(page.asarray().reshape(array.shape), array)
        kept = before.pages[0].compression if compression != "lzma" else 8
        assert page.compression == kept
        assert page.dtype == array.dtype
        if compression in ("lzw", "zlib", "zstd"):
            assert page.predictor == before.pages[0].predictor
    np.testing.assert_array_equal(stack(read_photo(target)), array)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [
        {"byteorder": ">"},
        {"bigtiff": True},
        {"bigtiff": True, "byteorder": ">", "compression": "lzw", "predictor": True},
        {"tile": (16, 32)},
        {"tile": (32, 16), "compression": "lzw", "predictor": True, "byteorder": ">"},
        {"planarconfig": "separate"},
        {"planarconfig": "separate", "compression": "zlib", "predictor": True, "rowsperstrip": 9},
        {"planarconfig": "separate", "tile": (16, 16), "compression": "lzw"},
    ],
    ids=str,
)
def test_layouts(tmp_path, rng, kind, options):
    for samples in (1, 3, 4):
        array = make(kind, samples, rng)
        save(tmp_path / "in.tif", array, **options)
        np.testing.assert_array_equal(stack(read_photo(tmp_path / "in.tif")), array)


def test_pillow_and_opencv_agree_on_8_bits(tmp_path, picture):
    write_photo(Photo(picture), tmp_path / "out.tif")
    with Image.open(tmp_path / "out.tif") as image:
        np.testing.assert_array_equal(np.asarray(image), picture)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out.tif"))[..., ::-1], picture)


@pytest.mark.parametrize("compression", ["jpeg", "packbits", "tiff_lzw", "raw"])
def test_what_pillow_writes(tmp_path, picture, compression):
    options = {"quality": 95} if compression == "jpeg" else {}
    Image.fromarray(picture).save(tmp_path / "in.tif", compression=compression, **options)
    photo = read_photo(tmp_path / "in.tif")
    assert np.abs(photo.pixels.astype(int) - picture).mean() < (4 if compression == "jpeg" else 0.1)
    write_photo(photo, tmp_path / "out.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), photo.pixels)


def test_fax_and_palettes_are_expanded(tmp_path, picture):
    few = Image.fromarray(picture).quantize(16)
    few.save(tmp_path / "few.tif", compression="tiff_lzw")
    np.testing.assert_array_equal(
        read_photo(tmp_path / "few.tif").pixels, np.asarray(few.convert("RGB"))
    )
    page = Image.fromarray(picture[..., 0]).convert("1")
    page.save(tmp_path / "page.tif", compression="group4")
    photo = read_photo(tmp_path / "page.tif")
    np.testing.assert_array_equal(photo.pixels[..., 0], np.asarray(page.convert("L")))
    assert photo.mode == "1"


def test_cmyk_is_converted(tmp_path, cmyk_icc):
    Image.new("CMYK", (8, 6), (0, 0, 255, 0)).save(tmp_path / "in.tif", icc_profile=cmyk_icc)
    photo = read_photo(tmp_path / "in.tif")
    assert photo.pixels.shape == (6, 8, 3)
    assert photo.metadata.icc[16:20] == b"RGB "
    assert photo.notes == ("CMYK was converted to sRGB by its ICC profile",)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_white_is_zero(tmp_path, dtype):
    array = np.array([[0, 1, 1]], dtype)
    tifffile.imwrite(tmp_path / "in.tif", array, photometric="miniswhite", metadata=None)
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    assert read_photo(tmp_path / "in.tif").pixels.ravel().tolist() == [top, top - 1, top - 1]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_colours_multiplied_by_alpha_are_divided(tmp_path, dtype):
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    array = np.array([[[0.25, 0.5, 0, 0.5], [0, 0, 0, 0], [1, 1, 1, 1]]]) * top
    save(tmp_path / "in.tif", array.astype(dtype), extrasamples=["assocalpha"])
    photo = read_photo(tmp_path / "in.tif")
    expected = [[0.5, 1, 0], [0, 0, 0], [1, 1, 1]]
    np.testing.assert_allclose(photo.to_image()[0], expected, atol=0.006)
    assert len(photo.notes) == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats_become_32_bits(tmp_path, dtype, rng):
    array = rng.random((5, 6)).astype(dtype)
    tifffile.imwrite(tmp_path / "in.tif", array, metadata=None)
    photo = read_photo(tmp_path / "in.tif")
    np.testing.assert_array_equal(photo.pixels[..., 0], array.astype(np.float32))
    assert bool(photo.notes) == (dtype == np.float64)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg"])
def test_orientation_matches_pillow(tmp_path, picture, orientation, compression):
    path = tmp_path / "in.tif"
    Image.fromarray(picture).save(path, compression=compression, tiffinfo={274: orientation})
    photo = read_photo(path)
    with Image.open(path) as image:
        np.testing.assert_array_equal(photo.pixels, np.asarray(ImageOps.exif_transpose(image)))
    write_photo(photo, tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as oracle:
        assert oracle.pages[0].tags["Orientation"].value == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_metadata_come_back(tmp_path, picture, icc, xmp, exif, dtype):
    metadata = Metadata(exif=exif, icc=icc, dpi=(300, 150.5), xmp=xmp)
    write_photo(Photo(picture.astype(dtype), metadata=metadata), tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as oracle:
        tags = oracle.pages[0].tags
        assert tags["InterColorProfile"].value == icc
        assert tags["XMP"].value == xmp
        assert tags["Make"].value == "Maker"
        assert tags["ExifTag"].value["PixelXDimension"] == 56
        assert tags["GPSTag"].value["GPSLatitudeRef"] == "N"
        across, under = tags["XResolution"].value
        assert across / under == 300
    again = read_photo(tmp_path / "out.tif")
    assert (again.metadata.icc, again.metadata.dpi) == (icc, (300, 150.5))
    write_photo(again, tmp_path / "again.tif")
    assert read_photo(tmp_path / "again.tif").metadata == again.metadata


def test_exif_travels_to_jpeg_and_back(tmp_path, picture, exif):
    write_photo(Photo(picture, metadata=Metadata(exif=exif)), tmp_path / "a.tif")
    write_photo(read_photo(tmp_path / "a.tif"), tmp_path / "b.jpg")
    with Image.open(tmp_path / "b.jpg") as image:
        found = image.getexif()
        assert found[0x010F] == "Maker"
        assert found.get_ifd(0x8769)[0x927C] == b"maker note \x00\x01\x02"
        assert found.get_ifd(0x8825)[1] == "N"
    write_photo(read_photo(tmp_path / "b.jpg"), tmp_path / "c.tif")
    assert (
        read_photo(tmp_path / "c.tif").metadata.exif == read_photo(tmp_path / "a.tif").metadata.exif
    )


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_other_tags_are_copied_and_stripped(tmp_path, picture, byteorder):
    iptc = b"\x1c\x02\x05\0\x02Hi"
    tags = [(33723, 7, len(iptc), iptc, True), (33550, 12, 3, (1.5, 2.5, 0.0), True)]
    source = tmp_path / "in.tif"
    tifffile.imwrite(
        source, picture, extratags=tags, byteorder=byteorder, metadata=None, description="a scan"
    )
    photo = read_photo(source)
    write_photo(photo, tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as oracle:
        found = oracle.pages[0].tags
        assert found[33723].value == iptc
        assert found[33550].value == (1.5, 2.5, 0.0)
        assert found["ImageDescription"].value == "a scan"
    write_photo(photo, tmp_path / "bare.tif", strip=True)
    with tifffile.TiffFile(tmp_path / "bare.tif") as oracle:
        assert not {33723, 33550, 270, 305} & set(oracle.pages[0].tags.keys())


def test_resolution_in_centimetres(tmp_path, picture):
    tifffile.imwrite(
        tmp_path / "in.tif", picture, resolution=(100, 50), resolutionunit="CENTIMETER"
    )
    assert read_photo(tmp_path / "in.tif").metadata.dpi == pytest.approx((254, 127))


def test_layers_of_photoshop_are_left_out(tmp_path, picture):
    layers = b"Adobe Photoshop Document Data Block\0" + bytes(100)
    tifffile.imwrite(
        tmp_path / "in.tif", picture, extratags=[(37724, 7, len(layers), layers, True)]
    )
    photo = read_photo(tmp_path / "in.tif")
    assert "layers" in photo.notes[0]
    write_photo(photo, tmp_path / "out.tif")
    assert b"Data Block" not in (tmp_path / "out.tif").read_bytes()


def test_thumbnails_beside_the_picture_do_not_count(tmp_path, picture):
    with tifffile.TiffWriter(tmp_path / "in.tif") as writer:
        writer.write(picture, metadata=None)
        writer.write(picture[::4, ::4], subfiletype=1, metadata=None)
    np.testing.assert_array_equal(read_photo(tmp_path / "in.tif").pixels, picture)


def test_an_unknown_channel_is_left_out_with_a_note(tmp_path, rng):
    array = make("u2", 4, rng)
    save(tmp_path / "in.tif", array, extrasamples=["unspecified"])
    photo = read_photo(tmp_path / "in.tif")
    np.testing.assert_array_equal(photo.pixels, array[..., :3])
    assert photo.alpha is None
    assert "channel" in photo.notes[0]


@pytest.mark.parametrize(
    ("options", "shape", "dtype", "word"),
    [
        ({}, (3, 20, 30), np.uint8, "3 pages"),
        ({}, (20, 30), np.int16, "16-bit signed"),
        ({}, (20, 30), np.uint32, "32-bit unsigned"),
        ({}, (20, 30), np.int8, "8-bit signed"),
        ({}, (20, 30), np.complex64, "not supported"),
        ({"photometric": "separated"}, (20, 30, 4), np.uint16, "not supported"),
        ({"photometric": "cielab"}, (20, 30, 3), np.uint8, "colours of kind 8"),
        ({"photometric": "cfa"}, (20, 30), np.uint16, "camera raw"),
        ({"planarconfig": "contig"}, (20, 30, 5), np.uint8, "5 channels"),
        ({"photometric": "rgb"}, (20, 30, 5), np.uint16, "5 channels"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(tmp_path, options, shape, dtype, word):
    options = {"photometric": "minisblack", **options}
    tifffile.imwrite(tmp_path / "in.tif", np.zeros(shape, dtype), metadata=None, **options)
    with pytest.raises(ImageReadError, match=word):
        read_photo(tmp_path / "in.tif")


def test_deep_pixels_in_an_odd_compression_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", np.zeros((16, 16, 3), np.uint16), compression="jpeg2000")
    with pytest.raises(ImageReadError, match="save it with LZW"):
        read_photo(tmp_path / "in.tif")


@pytest.mark.parametrize("layout", ["one strip", "strips", "planes", "tiles"])
@pytest.mark.parametrize("piece", [1, 1000, 3500])
def test_what_is_not_packed_is_read_in_pieces(tmp_path, rng, monkeypatch, layout, piece):
    monkeypatch.setattr(tiff, "_PIECE", piece)
    options = {
        "one strip": {"rowsperstrip": 40},
        "strips": {"rowsperstrip": 13},
        "planes": {"planarconfig": "separate", "rowsperstrip": 40},
        "tiles": {"tile": (32, 16)},
    }[layout]
    array = make("u2", 3, rng)
    save(tmp_path / "in.tif", array, **options)
    np.testing.assert_array_equal(stack(read_photo(tmp_path / "in.tif")), array)


def test_a_strip_is_not_held_beside_the_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff, "_PIECE", 1 << 16)
    array = np.zeros((1000, 1000, 3), np.uint8)
    save(tmp_path / "in.tif", array, rowsperstrip=1000)
    tracemalloc.start()
    photo = read_photo(tmp_path / "in.tif")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert photo.pixels.nbytes == array.nbytes
    assert peak < 1.3 * array.nbytes


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_truncated_files_are_refused(tmp_path, rng, dtype, compression):
    file = io.BytesIO()
    array = (rng.random((40, 30, 3)) * 200).astype(dtype)
    tifffile.imwrite(file, array, compression=compression, photometric="rgb")
    data = file.getvalue()
    for size in (7, 60, len(data) // 2, len(data) - 1):
        (tmp_path / "cut.tif").write_bytes(data[:size])
        with pytest.raises(ImageReadError, match=r"cut\.tif"):
            read_photo(tmp_path / "cut.tif")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_every_damaged_byte_gives_a_photo_or_our_error(tmp_path, picture):
    """Header and tags, one byte after the other."""
    write_photo(Photo(picture[:6, :5].astype(np.uint16)), tmp_path / "in.tif")
    data = (tmp_path / "in.tif").read_bytes()
    path = tmp_path / "bad.tif"
    for index in range(len(data)):
        for value in (1, 255):
            path.write_bytes(data[:index] + bytes([value]) + data[index + 1 :])
            try:
                read_photo(path, max_pixels=10_000)
            except ImageReadError:
                continue


def test_more_than_4_gb_are_refused(tmp_path, picture, monkeypatch):
    monkeypatch.setattr(tiff_writer, "_LIMIT", 1000)
    with pytest.raises(ImageWriteError, match="4 GB"):
        write_photo(Photo(picture), tmp_path / "out.tif")
    assert list(tmp_path.iterdir()) == []


def test_settings_that_do_not_fit_are_replaced(tmp_path, picture):
    """A photo from elsewhere may name a compression for another depth."""
    for dtype in (np.uint8, np.float32):
        for settings in (TiffSettings(7, 1), TiffSettings(8, 3), TiffSettings(5, 2)):
            photo = Photo(picture.astype(dtype), format="TIFF", encoding=settings)
            write_photo(photo, tmp_path / "out.tif", overwrite=True)
            decoded = tifffile.imread(tmp_path / "out.tif")
            np.testing.assert_array_equal(decoded, picture.astype(dtype))
