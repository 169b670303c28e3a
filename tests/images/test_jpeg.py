"""JPEG: tables, subsampling and metadata come back; OpenCV decodes what is written."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from unblur.errors import ImageWriteError
from unblur.images.files import read_photo, write_photo
from unblur.images.photo import JpegSettings, Metadata, Photo


def settings_of(path):
    with Image.open(path) as image:
        return {key: list(table) for key, table in image.quantization.items()}, image.layer


@pytest.mark.parametrize("quality", [30, 75, 92, 100])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_tables_and_subsampling_are_those_of_the_source(tmp_path, picture, quality, subsampling):
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    Image.fromarray(picture).save(source, quality=quality, subsampling=subsampling)
    photo = read_photo(source)
    assert photo.encoding.subsampling == subsampling
    write_photo(photo, target)
    assert settings_of(target) == settings_of(source)
    # the same tables again: hardly any further loss
    difference = np.abs(read_photo(target).pixels.astype(int) - photo.pixels)
    assert difference.mean() < 1
    assert target.stat().st_size < 1.02 * source.stat().st_size


@pytest.mark.parametrize("progressive", [False, True])
def test_progressive_is_kept(tmp_path, picture, progressive):
    Image.fromarray(picture).save(tmp_path / "in.jpg", progressive=progressive)
    write_photo(read_photo(tmp_path / "in.jpg"), tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as image:
        assert bool(image.info.get("progressive")) == progressive


def test_grey_stays_grey(tmp_path, picture):
    Image.fromarray(picture[..., 0]).save(tmp_path / "in.jpg", quality=90)
    photo = read_photo(tmp_path / "in.jpg")
    assert photo.pixels.shape == (40, 56, 1)
    write_photo(photo, tmp_path / "out.jpg")
    assert cv2.imread(str(tmp_path / "out.jpg"), cv2.IMREAD_UNCHANGED).shape == (40, 56)
    assert settings_of(tmp_path / "out.jpg")[0] == settings_of(tmp_path / "in.jpg")[0]


def test_opencv_sees_the_same_colours(tmp_path, picture):
    write_photo(Photo(picture), tmp_path / "out.jpg")
    decoded = cv2.imread(str(tmp_path / "out.jpg"))[..., ::-1]
    assert np.abs(decoded.astype(int) - picture).mean() < 1.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_matches_pillow(tmp_path, picture, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "in.jpg"
    Image.fromarray(picture).save(path, exif=exif, quality=95)
    photo = read_photo(path)
    with Image.open(path) as image:
        np.testing.assert_array_equal(photo.pixels, np.asarray(ImageOps.exif_transpose(image)))
    write_photo(photo, tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.getexif()[0x0112] == 1
        assert image.size == (photo.width, photo.height)


def test_all_metadata_come_back(tmp_path, picture, exif, icc, xmp):
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x07\x1c\x02\x05\0\x02Hi\0"
    iptc_segment = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    Image.fromarray(picture).save(
        source,
        exif=b"Exif\0\0" + exif,
        icc_profile=icc * 30,  # several segments
        xmp=xmp,
        dpi=(300, 150),
        comment=b"a comment",
        extra=iptc_segment,
    )
    photo = read_photo(source)
    assert photo.metadata.dpi == (150, 300)  # turned by 90 degrees
    write_photo(photo, target)
    with Image.open(target) as image:
        assert image.info["icc_profile"] == icc * 30
        assert image.info["xmp"] == xmp.replace(b'"6"', b'"1"')
        assert image.info["dpi"] == (150, 300)
        assert image.info["comment"] == b"a comment"
        assert image.info["exif"] == b"Exif\0\0" + photo.metadata.exif
        assert [data for name, data in image.applist if name == "APP13"] == [iptc]
    assert read_photo(target).metadata == photo.metadata


def test_strip_keeps_only_the_profile(tmp_path, picture, exif, icc, xmp):
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    block = b"Exif\0\0" + exif
    Image.fromarray(picture).save(source, exif=block, icc_profile=icc, xmp=xmp, comment=b"secret")
    write_photo(read_photo(source), target, strip=True)
    assert read_photo(target).metadata == Metadata(icc=icc)
    content = target.read_bytes()
    assert b"secret" not in content
    assert b"Maker" not in content


@pytest.mark.parametrize("with_profile", [True, False])
def test_cmyk_is_converted_with_a_note(tmp_path, cmyk_icc, with_profile):
    picture = Image.new("CMYK", (24, 16), (0, 0, 255, 0))
    path = tmp_path / "in.jpg"
    picture.save(path, quality=98, icc_profile=cmyk_icc if with_profile else None)
    photo = read_photo(path)
    assert (photo.mode, photo.pixels.shape) == ("CMYK", (16, 24, 3))
    assert len(photo.notes) == 1
    if with_profile:
        assert photo.metadata.icc[16:20] == b"RGB "
    else:
        assert photo.metadata.icc is None
        assert np.abs(photo.pixels[8, 8].astype(int) - [255, 255, 0]).max() < 12
    write_photo(photo, tmp_path / "out.jpg")
    assert read_photo(tmp_path / "out.jpg").mode == "RGB"


def test_rare_subsampling_becomes_full(tmp_path, picture):
    ok, data = cv2.imencode(
        ".jpg",
        picture,
        [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440],
    )
    assert ok
    (tmp_path / "in.jpg").write_bytes(data.tobytes())
    photo = read_photo(tmp_path / "in.jpg")
    assert photo.encoding.subsampling == 0
    write_photo(photo, tmp_path / "out.jpg")


def test_first_picture_of_several(tmp_path, picture):
    path = tmp_path / "phone.jpg"
    first, second = Image.fromarray(picture), Image.fromarray(picture[::-1, ::-1].copy())
    first.save(path, "MPO", save_all=True, append_images=[second], quality=95)
    photo = read_photo(path)
    assert np.abs(photo.pixels.astype(int) - picture).mean() < 4
    assert any("MPO" in note for note in photo.notes)


def test_transparency_is_refused_unless_opaque(tmp_path, picture):
    alpha = np.full((40, 56), 255, np.uint8)
    write_photo(Photo(picture, alpha), tmp_path / "opaque.jpg")
    assert read_photo(tmp_path / "opaque.jpg").alpha is None
    alpha = alpha.copy()
    alpha[0, 0] = 254
    with pytest.raises(ImageWriteError, match="transparency"):
        write_photo(Photo(picture, alpha), tmp_path / "clear.jpg")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["opaque.jpg"]


def test_too_much_metadata_is_refused(tmp_path, picture):
    for metadata in (Metadata(xmp=b"x" * 65505), Metadata(exif=b"II*\0" + bytes(65530))):
        with pytest.raises(ImageWriteError, match="do not fit a JPEG"):
            write_photo(Photo(picture, metadata=metadata), tmp_path / "out.jpg")
    write_photo(Photo(picture, metadata=Metadata(xmp=b"x" * 65504)), tmp_path / "out.jpg")
    assert read_photo(tmp_path / "out.jpg").metadata.xmp == b"x" * 65504


def test_too_long_a_side_is_refused(tmp_path):
    with pytest.raises(ImageWriteError, match="65500"):
        write_photo(Photo(np.zeros((1, 65501, 1), np.uint8)), tmp_path / "long.jpg")


def test_deep_pixels_are_rounded_to_8_bits(tmp_path, picture):
    write_photo(Photo(picture.astype(np.uint16) * 257), tmp_path / "a.jpg")
    write_photo(Photo(picture), tmp_path / "b.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


@pytest.mark.parametrize("progressive", [False, True])
def test_noise_at_the_highest_quality_is_written(tmp_path, progressive, rng, capfd):
    """Larger than the buffer in which Pillow optimises."""
    noise = rng.integers(0, 256, (300, 400, 3), np.uint8)
    settings = JpegSettings(((1,) * 64, (1,) * 64), 0, progressive)
    write_photo(Photo(noise, format="JPEG", encoding=settings), tmp_path / "noise.jpg")
    assert (tmp_path / "noise.jpg").stat().st_size > 2 * 300 * 400
    again = read_photo(tmp_path / "noise.jpg")
    assert again.encoding.tables == settings.tables
    assert np.abs(again.pixels.astype(int) - noise).mean() < 1


def test_settings_survive_new_pixels(picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=60)
    settings = JpegSettings(tables=((1,) * 64,), subsampling=2)
    photo = Photo(picture, format="JPEG", encoding=settings)
    assert photo.with_pixels(photo.to_image()).encoding is settings
