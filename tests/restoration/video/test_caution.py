import numpy as np
import pytest

import unblur
from unblur.restoration.field import BlurField
from unblur.restoration.video.caution import belief_in, ramp, sharpening

ROUND = [BlurField(unblur.gaussian_psf(sigma)) for sigma in (1.0, 2.0, 3.0)]


def test_without_noise_only_a_large_round_blur_is_believed_in():
    beliefs = [belief_in(field, 0.001, 1.0) for field in ROUND]
    assert beliefs == sorted(beliefs)
    assert beliefs[0] < 0.05 < beliefs[-1] < 1
    assert belief_in(BlurField(unblur.motion_psf(9, 30)), 0.001, 1.0) == 0.5


@pytest.mark.parametrize("field", ROUND)
def test_noise_tells_that_nothing_was_smoothed(field):
    beliefs = [belief_in(field, noise, 1.0) for noise in (0.0, 0.002, 0.003, 0.01)]
    assert beliefs == sorted(beliefs)
    assert beliefs[0] < beliefs[-1] == 1


def test_an_octave_counts_as_twice_the_size():
    one, two = (BlurField(unblur.gaussian_psf(2.0), octave=octave) for octave in (0, 1))
    assert belief_in(one, 0.001, 1.0) < 0.6 * belief_in(two, 0.001, 1.0)


def test_a_mixture_is_believed_half():
    for field in ROUND:
        alone = belief_in(field, 0.01, 0.9)
        assert belief_in(field, 0.01, 1.3) == 0.5 * alone
        assert 0.5 * alone < belief_in(field, 0.01, 1.1) < alone


def test_sharpening_is_told_by_slopes_but_not_by_noise(moving):
    sharp = moving(1)[0].astype(np.float32) / 255
    blurred = unblur.degrade(sharp, unblur.motion_psf(9, 30))
    noisy = sharp + np.random.default_rng(0).normal(0, 0.01, sharp.shape).astype(np.float32)
    assert sharpening(sharp, sharp) == 1
    assert sharpening(sharp, blurred) > 1.25
    assert 1 < sharpening(noisy, sharp) < 1.05


def test_a_ramp_ends_at_its_limits():
    assert [ramp(value, (1.0, 3.0)) for value in (0.0, 1.0, 1.5, 3.0, 9.0)] == [0, 0, 0.25, 1, 1]
