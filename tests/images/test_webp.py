"""WebP, lossless and lossy, against imagecodecs."""

from __future__ import annotations

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from unblur.errors import ImageReadError, ImageWriteError
from unblur.images.files import read_photo, write_photo
from unblur.images.photo import Metadata, Photo, WebPSettings


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("alpha", [True, False])
def test_lossless_stays_lossless_and_lossy_lossy(tmp_path, picture, lossless, alpha, icc):
    pixels = np.dstack([picture, picture[..., 0]]) if alpha else picture
    source, target = tmp_path / "in.webp", tmp_path / "out.webp"
    # with a profile the pixels are not the first chunk of the file
    options = {"icc_profile": icc} if alpha else {}
    Image.fromarray(pixels).save(source, lossless=lossless, exact=True, quality=80, **options)
    photo = read_photo(source)
    assert photo.encoding == WebPSettings(lossless)
    write_photo(photo, target)
    again = read_photo(target)
    assert again.encoding == WebPSettings(lossless)
    decoded = imagecodecs.webp_decode(target.read_bytes())
    np.testing.assert_array_equal(decoded[..., :3], again.pixels)
    if lossless:
        np.testing.assert_array_equal(photo.pixels, picture)
        np.testing.assert_array_equal(again.pixels, picture)
    else:
        assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 3
    if alpha:
        np.testing.assert_array_equal(again.alpha, picture[..., 0])


def test_metadata_come_back(tmp_path, picture, exif, icc, xmp):
    path = tmp_path / "out.webp"
    metadata = Metadata(exif=exif, icc=icc, xmp=xmp)
    write_photo(Photo(picture, metadata=metadata), path)
    with Image.open(path) as image:
        assert image.info["icc_profile"] == icc
        assert image.info["xmp"] == xmp
        assert image.info["exif"].removeprefix(b"Exif\0\0") == exif
    photo = read_photo(path)
    assert photo.pixels.shape == (56, 40, 3)  # turned, as EXIF demands
    write_photo(photo, tmp_path / "again.webp")
    assert read_photo(tmp_path / "again.webp").metadata == photo.metadata


def test_other_sources_are_written_without_loss_unless_jpeg(tmp_path, picture):
    write_photo(Photo(picture), tmp_path / "a.webp")
    assert read_photo(tmp_path / "a.webp").encoding == WebPSettings(True)
    write_photo(Photo(picture, format="JPEG"), tmp_path / "b.webp")
    assert read_photo(tmp_path / "b.webp").encoding == WebPSettings(False)


@pytest.mark.parametrize("alpha", [True, False])
def test_grey_becomes_rgb_and_a_grey_profile_srgb(tmp_path, picture, alpha, grey_icc):
    photo = Photo(
        picture[..., :1], picture[..., 1] if alpha else None, metadata=Metadata(icc=grey_icc)
    )
    write_photo(photo, tmp_path / "out.webp")
    again = read_photo(tmp_path / "out.webp")
    assert again.metadata.icc[16:20] == b"RGB "
    # linear grey looks brighter in sRGB
    assert again.pixels[20, 28, 0] > picture[20, 28, 0] + 20
    if alpha:
        np.testing.assert_array_equal(again.alpha, picture[..., 1])


def test_animations_are_refused(tmp_path, picture):
    frames = [Image.fromarray(picture), Image.fromarray(255 - picture)]
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageReadError, match="animation"):
        read_photo(tmp_path / "moving.webp")


def test_too_long_a_side_is_refused(tmp_path):
    with pytest.raises(ImageWriteError, match="16383"):
        write_photo(Photo(np.zeros((1, 16384, 1), np.uint8)), tmp_path / "long.webp")


def test_opencv_reads_it(tmp_path, picture):
    write_photo(Photo(picture), tmp_path / "out.webp")
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out.webp"))[..., ::-1], picture)


def test_truncated_files_are_refused(tmp_path, picture):
    write_photo(Photo(picture), tmp_path / "out.webp")
    data = (tmp_path / "out.webp").read_bytes()
    for size in (14, 30, len(data) // 2):
        (tmp_path / "cut.webp").write_bytes(data[:size])
        with pytest.raises(ImageReadError, match=r"cut\.webp"):
            read_photo(tmp_path / "cut.webp")
