"""PSFs from texts and files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from unblur.degradation import (
    box_psf,
    centroid,
    disk_psf,
    gaussian_psf,
    motion_psf,
    parse_psf,
)
from unblur.degradation.support import MAX_SIZE
from unblur.errors import PSFError


@pytest.mark.parametrize(
    ("text", "psf"),
    [
        ("gaussian:2.0", gaussian_psf(2.0)),
        ("  Gaussian: 2 ", gaussian_psf(2.0)),
        ("gaussian:3,1,30", gaussian_psf(3.0, sigma_minor=1.0, angle=30.0)),
        ("disk:3.5", disk_psf(3.5)),
        ("disk:5,6,15", disk_psf(5.0, blades=6, rotation=15.0)),
        ("motion:15,30", motion_psf(15.0, 30.0)),
        ("motion:15,-30,45", motion_psf(15.0, -30.0, curvature=45.0)),
        ("box:9", box_psf(9)),
    ],
)
def test_texts(text, psf):
    np.testing.assert_array_equal(parse_psf(text), psf)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gausian:2", "'gausian:2' names no PSF and no file: write gaussian:SIGMA"),
        ("", "'' names no PSF and no file"),
        ("missing.png", "'missing.png' names no PSF and no file"),
        ("gaussian:", "'gaussian:' holds something that is not a number: write gaussian:SIGMA"),
        ("gaussian:two", "not a number"),
        ("motion:15", "too many or too few numbers: write motion:LENGTH,ANGLE"),
        ("box:3,4", "too many or too few numbers: write box:WIDTH"),
        ("disk:0", "'disk:0': radius must be a positive number"),
        ("disk:nan", "radius must be a positive number"),
        ("disk:3,6.5", "blades, not 6.5"),
        ("disk:3,nan", "blades, not nan"),
        ("disk:3,inf", "blades, not inf"),
        ("motion:inf,0", "length must be a positive number"),
        ("gaussian:1e300", "sigma must be a positive number"),
        ("gaussian:900", "blurs up to 1025 px"),
    ],
)
def test_wrong_texts_are_explained_in_one_line(text, message):
    with pytest.raises(PSFError) as caught:
        parse_psf(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["psf.png", "psf.tif", "psf.npy", "wide.png"])
def test_files_are_trimmed_and_centred(tmp_path, name):
    psf = motion_psf(9.0, 25.0)
    array = np.zeros((40, 64), np.uint16)
    array[20 : 20 + psf.shape[0], 31 : 31 + psf.shape[0]] = np.rint(psf / psf.max() * 60_000)
    path = tmp_path / name
    if name.endswith("npy"):
        np.save(path, array)
    else:
        Image.fromarray(array).save(path)
    read = parse_psf(str(path))
    assert centroid(read) == pytest.approx((0, 0), abs=1e-3)
    middle, reach = read.shape[0] // 2, psf.shape[0] // 2
    crop = read[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
    np.testing.assert_allclose(crop, psf, atol=1e-4)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "1"])
def test_picture_modes(tmp_path, mode):
    array = np.zeros((7, 7), np.uint8)
    array[2:5, 2:5] = 255
    path = tmp_path / "psf.png"
    picture = Image.fromarray(array).convert(mode)
    if "A" in mode:
        picture.putalpha(200)
    picture.save(path)
    np.testing.assert_allclose(parse_psf(str(path)), box_psf(3), atol=1e-6)


def write_text(path):
    path.write_text("not a picture")


def write_truncated(path):
    Image.fromarray(np.eye(64, dtype=np.uint8) * 255).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:60])


def write_large(path):
    Image.new("L", (MAX_SIZE + 1, 3), 255).save(path, "PNG")


def write_bomb(path):
    Image.new("1", (14_000, 14_000)).save(path, "PNG")


@pytest.mark.parametrize(
    ("write", "name", "message"),
    [
        (write_text, "a.png", "cannot be read as a PSF"),
        (write_text, "a.npy", "cannot be read as a PSF"),
        (lambda path: path.touch(), "a.npy", "cannot be read as a PSF"),
        (write_truncated, "a.png", "cannot be read as a PSF"),
        (write_large, "a.png", "too large for a PSF"),
        (write_bomb, "a.png", "cannot be read as a PSF"),
        (lambda path: path.mkdir(), "folder", "cannot be read as a PSF"),
        (lambda path: np.save(path, np.array([None])), "a.npy", "cannot be read as a PSF"),
        (lambda path: np.save(path, np.zeros(())), "a.npy", "two axes"),
        (lambda path: np.save(path, np.array([[1.0, -1.0]])), "a.npy", "negative"),
        (lambda path: Image.new("L", (9, 9)).save(path), "black.png", "zero everywhere"),
    ],
)
def test_files_that_show_no_psf(tmp_path, write, name, message):
    path = tmp_path / name
    write(path)
    with pytest.raises(PSFError, match=message) as caught:
        parse_psf(str(path))
    assert str(path) in str(caught.value)
