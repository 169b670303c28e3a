import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from unblur.degradation import (
    Degradation,
    as_psf,
    camera_shake_psf,
    delta_psf,
    disk_psf,
    gaussian_psf,
    motion_psf,
    resize_psf,
)
from unblur.degradation.noise_level import estimate_noise
from unblur.errors import ArgumentError
from unblur.estimation.report import BlurReport, psf_picture, report_blur

PSFS = {
    "none": delta_psf(9),
    "gaussian": gaussian_psf(2, size=21),
    "defocus": disk_psf(4.2),
    "motion": motion_psf(12, 30),
    "shake": camera_shake_psf(np.random.default_rng(3), extent=20),
}


@pytest.fixture(params=PSFS)
def report(request):
    sharp = data.chelsea()[:120, :140].astype(np.float32) / 255
    psf = PSFS[request.param]
    blurred = Degradation(psf, read_noise=0.01).apply(sharp, seed=0)
    return request.param, report_blur(psf, estimate_noise(blurred))


def test_finds_kind_and_noise(report):
    kind, found = report
    assert found.kind == kind
    assert (found.angle is not None) == (kind == "motion")
    if kind != "none":  # a sharp cat's fur looks like noise
        assert found.noise == pytest.approx(0.01, rel=0.25)


def test_json_keeps_everything(report):
    _, found = report
    back = json.loads(json.dumps(found.to_dict()))
    assert list(back) == ["kind", "extent", "angle", "noise", "confidence", "psf"]
    np.testing.assert_allclose(as_psf(back["psf"]), found.psf, rtol=1e-4, atol=1e-8)
    assert back["extent"] == pytest.approx(found.extent, abs=0.01)


def test_text_is_short_and_plain(report):
    kind, found = report
    lines = found.to_text().splitlines()
    words = {
        "none": "no blur",
        "gaussian": "soft",
        "defocus": "focus",
        "motion": "motion",
        "shake": "shake",
    }
    assert words[kind] in lines[0]
    assert f"{found.confidence:.0%}"[:-1] + " % sure" in lines[0]
    assert lines[1].startswith("noise ")
    drawing = lines[2:]
    assert 1 <= len(drawing) <= found.psf.shape[0] // 2 + 1
    assert set("".join(drawing)) <= set(" ░▒▓█▀▄")
    assert max(map(len, drawing)) <= found.psf.shape[0]


def test_drawing_lies_the_right_way_up():
    rising = BlurReport("motion", 9, 45.0, 0.0, 1.0, motion_psf(9, 45)).to_text().splitlines()[2:]
    assert len(rising[0]) > len(rising[-1])  # from bottom left to top right


@settings(max_examples=30, deadline=None)
@given(sigma=st.floats(0.1, 6), size=st.sampled_from([1, 3, 33]))
def test_everything_can_be_drawn(sigma, size):
    psf = resize_psf(gaussian_psf(sigma), size)
    drawing = BlurReport("gaussian", 1.0, None, 0.0, 0.5, psf).to_text().splitlines()[2:]
    assert any(line.strip() for line in drawing)


def test_picture_of_a_psf():
    picture = psf_picture(motion_psf(7, 0), scale=5)
    assert picture.dtype == np.uint8
    assert picture.shape == (45, 45)
    assert picture[22, 22] == picture.max() == 255
    assert picture[0, 0] == 0
    np.testing.assert_array_equal(picture[::5, ::5], psf_picture(motion_psf(7, 0), scale=1))
    with pytest.raises(ArgumentError, match="scale"):
        psf_picture(delta_psf(), scale=0)


def test_leaves_the_arrays_alone():
    psf = disk_psf(2)
    psf.flags.writeable = False
    report_blur(psf, 0.01)


def test_extents_are_told_at_full_size():
    small, large = (report_blur(disk_psf(4), 0.01, octave=octave) for octave in (0, 2))
    assert large.extent == pytest.approx(4 * small.extent)
    np.testing.assert_array_equal(large.psf, small.psf)
