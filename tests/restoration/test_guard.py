"""The guard: what a wrong PSF makes must be told from what a right one makes."""

from __future__ import annotations

import numpy as np
import pytest

from unblur.degradation import Degradation, camera_shake_psf, delta_psf, gaussian_psf, motion_psf
from unblur.restoration.guard import is_sharp, trust, trust_without_psf, unexplained

NOISE = 0.005


def test_the_true_scene_explains_its_blurred_picture(cat):
    psf = motion_psf(12, 40)
    blurred = Degradation(psf, read_noise=NOISE).apply(cat, 0)
    assert unexplained(blurred, cat, psf, NOISE) < 0.1


def test_a_scene_that_another_psf_blurred_is_not_explained(cat):
    blurred = Degradation(motion_psf(12, 40), read_noise=NOISE).apply(cat, 0)
    assert unexplained(blurred, cat, motion_psf(12, 130), NOISE) > 0.5


def test_made_up_texture_is_not_explained(cat):
    rng = np.random.default_rng(0)
    invented = np.clip(cat + 0.2 * np.repeat(np.repeat(rng.random((75, 113, 1)), 4, 0), 4, 1)
                       [:300, :451], 0, 1).astype(np.float32)  # fmt: skip
    assert unexplained(cat, invented, gaussian_psf(1.0, size=9), NOISE) > 0.5


def test_octaves_compare_on_the_smaller_copy(cat):
    psf = motion_psf(12, 40)
    blurred = Degradation(motion_psf(24, 40), read_noise=NOISE).apply(cat, 0)
    assert unexplained(blurred, cat, psf, NOISE, octave=1) < 0.2


def test_trust_falls_from_one_to_nothing():
    shares = np.linspace(0, 2, 41)
    psf = motion_psf(12, 40)
    doubtful, certain = ([trust(share, psf, certainty) for share in shares] for certainty in (0, 1))
    for weights in (doubtful, certain):
        assert weights[0] == 1
        assert weights[-1] == 0
        assert all(np.diff(weights) <= 0)
    assert all(np.subtract(doubtful, certain) >= 0)
    assert doubtful[10] > certain[10]


def test_a_shake_has_to_explain_more_than_a_simple_shape():
    shake = camera_shake_psf(np.random.default_rng(3), extent=21)
    assert trust(0.12, motion_psf(12, 40), 0.8) > trust(0.12, shake, 0.8) > 0


def test_a_long_path_that_two_searches_found_may_leave_more():
    long, short = (camera_shake_psf(np.random.default_rng(3), extent=each) for each in (21, 10))
    assert trust(0.2, long, 0.8, confirmed=True) == 1
    assert trust(0.2, long, 0.8) == 0
    assert trust(0.2, short, 0.8, confirmed=True) == 0
    assert trust(0.4, long, 0.8, confirmed=True) == 0


def test_more_noise_than_was_measured_is_no_doubt(cat):
    psf = motion_psf(12, 40)
    blurred = Degradation(psf, read_noise=0.02).apply(cat, 0)
    assert unexplained(blurred, cat, psf, 0.0195) == 0
    assert unexplained(blurred, cat, psf, 0.01) > 0.05


def test_detail_added_to_a_blurred_picture_is_trusted_without_a_psf(cat):
    blurred = Degradation(motion_psf(9, 40)).apply(cat, 0)
    assert trust_without_psf(blurred, cat, gaussian_psf(2.0)) == 1


def test_where_no_blur_was_found_more_detail_must_be_added(cat):
    blurred = Degradation(gaussian_psf(0.8)).apply(cat, 0)
    some = blurred + np.float32(0.3) * (cat - blurred)
    found, none = (
        trust_without_psf(blurred, some, psf) for psf in (gaussian_psf(0.8), delta_psf(9))
    )
    assert found > none


def test_a_sharp_picture_is_not_given_to_a_network_without_a_psf(cat):
    rng = np.random.default_rng(0)
    change = (0.004 * rng.standard_normal(cat.shape)).astype(np.float32)
    assert trust_without_psf(cat, cat, gaussian_psf(2.0)) == 0
    assert trust_without_psf(cat, np.clip(cat + change, 0, 1), gaussian_psf(2.0)) == 0


def test_nor_is_a_noisy_one_that_it_smooths_or_a_flat_one_that_it_fills(cat):
    rng = np.random.default_rng(0)
    noisy = np.clip(cat + 0.05 * rng.standard_normal(cat.shape), 0, 1).astype(np.float32)
    assert trust_without_psf(noisy, cat, gaussian_psf(2.0)) == 0
    assert trust_without_psf(np.full_like(cat, 0.5), cat, gaussian_psf(2.0)) == 0


@pytest.mark.parametrize(("psf", "sharp"), [(delta_psf(9), True), (gaussian_psf(0.7), False)])
def test_no_blur_is_told_from_a_little(psf, sharp):
    assert is_sharp(psf) is sharp
