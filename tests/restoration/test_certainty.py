"""How much certainty compression leaves, and that restorations are the better for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from unblur import Restorer
from unblur.degradation import Degradation, motion_psf
from unblur.degradation.noise_level import estimate_noise
from unblur.restoration.certainty import LEAST, certainty_left, noise_left
from unblur.restoration.evidence import Evidence

PSF = motion_psf(11, 30, size=33)


@pytest.fixture(scope="module")
def scene():
    return data.astronaut()[:352, 80:432].astype(np.float32) / 255


def camera(noise, quality=None):
    return Degradation(PSF, boundary="valid", read_noise=noise, jpeg_quality=quality)


def left(pixels):
    return certainty_left(np.atleast_3d(pixels))


@pytest.mark.parametrize("noise", [0.0, 0.005, 0.03])
def test_white_noise_leaves_all(scene, noise):
    pixels = camera(noise).apply(scene, 3)
    assert left(pixels) == 1
    assert left(pixels[..., 1]) == 1
    assert left(pixels[..., [1, 1, 1]]) == 1


@pytest.mark.parametrize("noise", [0.003, 0.01])
def test_compression_leaves_less_and_the_strongest_the_least(scene, noise):
    shares = [left(camera(noise, quality).apply(scene, 3)) for quality in (95, 85, 70, 50)]
    assert shares[0] == max(shares)
    assert max(shares[1:3]) < 0.95
    assert LEAST <= shares[3] == min(shares) < 0.6


def test_the_grid_is_found_wherever_a_picture_was_cut(scene):
    pixels = camera(0.005, 70).apply(scene, 3)
    for top, begin in ((0, 0), (3, 5), (7, 1)):
        assert left(pixels[top:, begin:]) == pytest.approx(left(pixels), abs=0.15)
        assert left(pixels[top:, begin:, 1]) < 0.9


def test_noise_that_hides_the_grid_has_lost_its_colours(scene):
    assert left(camera(0.025, 95).apply(scene, 3)) < 0.7


def test_a_picture_of_few_blocks_is_believed(scene):
    assert left(camera(0.01, 50).apply(scene, 3)[:180]) == 1


def test_a_compressed_picture_is_restored_better(scene):
    """Than with all certainty, which follows the PSF into rounding errors."""
    made = camera(0.01, 60)
    sharp, pixels = made.exposed(scene)[16:-16, 16:-16], made.apply(scene, 3)
    restorer = Restorer(threads=1, device="cpu")
    field, noise = restorer.find_field(pixels, PSF)
    assert field.certainty < 0.8

    def error(certainty):
        asked = replace(field, certainty=certainty)
        result = restorer.restore_field(pixels, asked, noise, known=True)
        return float(((result - sharp) ** 2).mean())

    found, full = error(field.certainty), error(1.0)
    assert found < 0.95 * full
    assert found < float(((pixels - sharp) ** 2).mean())


@pytest.mark.parametrize("quality", [85, 60])
def test_a_coder_does_not_take_the_noise_away(scene, quality):
    """It rounds off what noise is measured by, and leaves the rest."""
    coded = camera(0.02, quality).apply(scene, 3)[..., 1]
    assert estimate_noise(coded) < 0.006
    assert 0.008 < noise_left(coded) < 0.025


def test_without_a_coder_noise_is_what_it_is(scene):
    plain = camera(0.02).apply(scene, 3)[..., 1]
    assert noise_left(plain) == estimate_noise(plain)


def test_the_right_psf_of_a_compressed_picture_is_believed(scene):
    luma = camera(0.02, 70).apply(scene, 3) @ np.array([0.299, 0.587, 0.114], np.float32)
    assert Evidence(luma, estimate_noise(luma)).contradiction(PSF) > 0.6
    assert Evidence(luma, noise_left(luma)).contradiction(PSF) < 0.4
