"""The guard: what a wrong PSF makes must be told from what a right one makes."""

from __future__ import annotations

import numpy as np
import pytest

from unblur.degradation import Degradation, delta_psf, gaussian_psf, motion_psf
from unblur.restoration.guard import is_sharp, trust, unexplained

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
    doubtful, certain = ([trust(share, certainty) for share in shares] for certainty in (0, 1))
    for weights in (doubtful, certain):
        assert weights[0] == 1
        assert weights[-1] == 0
        assert all(np.diff(weights) <= 0)
    assert all(np.subtract(doubtful, certain) >= 0)
    assert doubtful[10] > certain[10]


@pytest.mark.parametrize(("psf", "sharp"), [(delta_psf(9), True), (gaussian_psf(0.7), False)])
def test_no_blur_is_told_from_a_little(psf, sharp):
    assert is_sharp(psf) is sharp
