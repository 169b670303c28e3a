"""Faithful restoration, and medical files through the same loop as photographs."""

import warnings

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

import unblur
from unblur.degradation import convolve, disk_psf, gaussian_psf
from unblur.errors import ArgumentError, PSFError
from unblur.images.color import srgb_to_linear
from unblur.restoration.faithful import FaithfulRestorer
from unblur.restoration.frames import restore_pixels
from unblur.restoration.job import Settings

CT = get_testdata_file("CT_small.dcm", download=False)


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pydicom\.")
        yield


@pytest.fixture(scope="module")
def picture():
    rows, columns = np.mgrid[0:64, 0:72]
    board = 0.2 + 0.6 * ((rows // 8 + columns // 9) % 2)
    return np.dstack([board, board * 0.8, board * 0.6]).astype(np.float32)


@pytest.mark.parametrize("linear", [True, False])
def test_sharpens_within_its_bound(picture, linear):
    psf = disk_psf(2.0)
    blurred = unblur.degrade(picture, psf, linear=linear)
    sharp, report = FaithfulRestorer(threads=1).restore_with_report(blurred, psf, linear=linear)
    light = srgb_to_linear if linear else np.asarray  # in which the filter works
    before, after = (np.abs(light(each) - light(picture)).mean() for each in (blurred, sharp))
    assert after < 0.9 * before
    assert 0 < report.bound.changed <= report.bound.change
    assert (report.bound.gain, report.blind) == (3.0, False)
    assert "linear filter" in report.to_sentence()
    assert report.to_dict()["bound"]["noise"] > 1


def test_the_function_and_the_object_give_the_same(picture):
    psf = gaussian_psf(1.2)
    pixels = (255 * picture).astype(np.uint8)
    expected = FaithfulRestorer().restore_with_report(pixels, psf, strength=0.5)[0]
    result = unblur.restore(pixels, psf, faithful=True, strength=0.5)
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == np.uint8


def test_it_guesses_nothing(picture):
    with pytest.raises(ArgumentError, match="give the PSF"):
        unblur.restore(picture, faithful=True)


def test_a_scan_blurred_by_millimetres_is_restored_in_its_own_numbers(tmp_path):
    record = pydicom.dcmread(CT)
    scan = record.pixel_array.astype(np.float32)
    psf = unblur.PhysicalPSF.parse("gaussian:0.9mm")
    record.PixelData = (
        np.rint(convolve(scan, psf.in_pixels(record.PixelSpacing))).astype("<i2").tobytes()
    )
    record.save_as(tmp_path / "in.dcm")
    report = unblur.restore_file(tmp_path / "in.dcm", tmp_path / "out.dcm", psf=psf, faithful=True)
    after = pydicom.dcmread(tmp_path / "out.dcm")
    blurred, sharp = record.pixel_array.astype(float), after.pixel_array.astype(float)
    inside = np.s_[8:-8, 8:-8]
    assert np.abs(sharp - scan)[inside].mean() < 0.7 * np.abs(blurred - scan)[inside].mean()
    assert sharp.mean() == pytest.approx(scan.mean(), rel=2e-3)
    assert "gaussian:0.9mm" in after.DerivationDescription
    # linear in the stored numbers: no curve of brightness came between
    expected = unblur.bounded_wiener(
        blurred.astype(np.float32), psf.in_pixels((0.661468, 0.661468))
    )
    np.testing.assert_allclose(sharp, expected, atol=0.6)
    assert report.bound.changed <= report.bound.change


def test_frames_are_restored_one_by_one(tmp_path):
    record = pydicom.dcmread(CT)
    frames = np.stack([record.pixel_array, record.pixel_array.T])
    record.NumberOfFrames, record.PixelData = 2, frames.tobytes()
    record.save_as(tmp_path / "in.dcm")
    photo = unblur.read_photo(tmp_path / "in.dcm")
    told = []
    done, report = restore_pixels(
        photo,
        FaithfulRestorer(),
        Settings(psf=gaussian_psf(1.0)),
        progress=lambda done, tiles: told.append((done, tiles)),
    )
    np.testing.assert_allclose(done.frames[1][..., 0], done.frames[0][..., 0].T, atol=1e-4)
    assert (report.tiles, told[-1]) == (2, (2, 2))
    assert report.megapixels == pytest.approx(2 * 128 * 128 / 1e6)


def test_millimetres_need_a_spacing(tmp_path, picture):
    unblur.write_photo(unblur.Photo((255 * picture).astype(np.uint8)), tmp_path / "a.png")
    psf = unblur.PhysicalPSF.parse("disk:1mm")
    with pytest.raises(PSFError, match="how large its pixels are"):
        unblur.restore_file(tmp_path / "a.png", tmp_path / "b.png", psf=psf, faithful=True)
    assert not (tmp_path / "b.png").exists()
