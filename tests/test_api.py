"""The public functions agree with the objects behind them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage import data

import unblur


@pytest.fixture(scope="module")
def picture():
    return np.ascontiguousarray(data.astronaut()[100:228, 150:310])


def test_one_shot_and_reusable_give_the_same(picture):
    restorer = unblur.Restorer(threads=1)
    np.testing.assert_array_equal(unblur.restore(picture, threads=1), restorer.restore(picture))
    psf = unblur.disk_psf(2.0)
    np.testing.assert_array_equal(
        unblur.restore(picture, psf, strength=0.7, threads=1),
        restorer.restore(picture, psf, strength=0.7),
    )


def test_inspecting_and_estimating_agree(picture):
    report = unblur.inspect(picture, threads=1)
    psf = unblur.estimate_psf(picture, threads=1)
    np.testing.assert_array_equal(report.psf, psf)
    assert abs(float(psf.sum()) - 1) < 1e-4
    assert psf.min() >= 0


def test_degrading_is_reproducible_and_keeps_the_kind(picture):
    psf = unblur.motion_psf(9, 45)
    first, second, other = (
        unblur.degrade(picture, psf, noise=0.02, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    assert first.dtype == picture.dtype
    assert isinstance(unblur.degrade(Image.fromarray(picture), psf), Image.Image)
    deep = unblur.degrade(picture.astype(np.uint16) * 257, psf, seed=1)
    assert len(np.unique(deep)) > 256


def test_a_file_keeps_what_it_carries(picture, tmp_path):
    source, target = tmp_path / "in.jpg", tmp_path / "sub" / "out.jpg"
    exif = Image.Exif()
    exif[0x010E] = "a description"
    Image.fromarray(picture).save(source, quality=92, exif=exif, dpi=(300, 300))
    before = source.read_bytes()
    report = unblur.restore_file(source, target, psf=unblur.gaussian_psf(1.0))
    assert not report.blind
    assert source.read_bytes() == before
    with Image.open(target) as result:
        assert result.size == picture.shape[1::-1]
        assert result.getexif()[0x010E] == "a description"
        assert tuple(map(round, result.info["dpi"])) == (300, 300)
    with pytest.raises(unblur.ImageWriteError, match="exists"):
        unblur.restore_file(source, target)


def test_a_file_whose_numbers_were_blurred_is_restored_as_such(tmp_path):
    psf = unblur.motion_psf(9, 30)
    sharp = data.astronaut()[:160, :160].astype(np.float32) / 255
    blurred = unblur.degrade(sharp, psf, linear=False, boundary="wrap", seed=0)
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    Image.fromarray((blurred * 255).round().astype(np.uint8)).save(source)
    errors = []
    for linear in (False, True):
        unblur.restore_file(source, target, psf=psf, linear=linear, overwrite=True)
        restored = np.asarray(Image.open(target), dtype=np.float32) / 255
        errors.append(float(((restored - sharp)[24:-24, 24:-24] ** 2).mean()))
    assert errors[0] < 0.8 * errors[1]
