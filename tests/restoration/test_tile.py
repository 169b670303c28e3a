"""The path of a tile through the physics, with mixers that pick one candidate."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from unblur.degradation import Degradation, crop_valid, delta_psf, motion_psf
from unblur.restoration.tile import TileRestorer


def psnr(image, reference):
    return -10 * np.log10(np.mean((image - reference) ** 2))


def test_the_untouched_candidate_is_the_input(cat, candidate):
    restorer = TileRestorer(candidate(0), candidate(0))
    image = cat[:97, :130]  # no multiple of anything
    assert np.array_equal(restorer.restore(image, motion_psf(9, 30), certainty=1), image)


@pytest.mark.parametrize("second", [2, 3])
def test_the_data_step_takes_out_a_known_blur(cat, candidate, second):
    psf = motion_psf(9, 30)
    blurred = Degradation(psf, boundary="valid", read_noise=0.002).apply(cat, 0)
    sharp = crop_valid(cat, psf)
    restored = TileRestorer(candidate(3), candidate(second)).restore(blurred, psf, certainty=1)
    assert psnr(restored, sharp) > psnr(blurred, sharp) + 2


def test_no_blur_changes_nothing_through_the_data_step(cat, candidate):
    image = cat[:64, :96]
    restored = TileRestorer(candidate(0), candidate(2)).restore(image, delta_psf(5), certainty=1)
    assert np.abs(restored - image).max() < 2e-3


def test_each_pass_runs_the_second_network_once(cat, candidate):
    runs = []

    def count(batch):
        runs.append(batch.shape)
        return batch[:, 9:12]

    second = replace(candidate(3), function=count)
    restorer = TileRestorer(candidate(2), second)
    image, psf = cat[:64, :64], motion_psf(9, 30)
    blurred = Degradation(psf, boundary="replicate").apply(image, 0)
    results = []
    for passes in range(restorer.passes + 1):
        runs.clear()
        results.append(restorer.restore(blurred, psf, certainty=1, passes=passes))
        assert len(runs) == passes
    assert all(np.abs(a - b).max() > 1e-3 for a, b in pairwise(results))


def test_grey_is_restored_as_rgb_of_equal_channels(cat, candidate):
    grey = cat[:80, :80, 1:2]
    restorer = TileRestorer(candidate(2), candidate(3))
    psf = motion_psf(5, 0)
    colour = restorer.restore(np.repeat(grey, 3, axis=2), psf, certainty=1)
    single = restorer.restore(grey, psf, certainty=1)
    assert single.shape == grey.shape
    np.testing.assert_allclose(single[..., 0], colour[..., 1], atol=1e-5)


def test_an_asymmetric_psf_does_not_move_the_picture(cat, candidate):
    psf = np.zeros((9, 9), np.float32)
    psf[4, 4], psf[4, 7], psf[2, 4] = 0.6, 0.25, 0.15
    blurred = Degradation(psf, boundary="valid", bits=None).apply(cat, 0)
    sharp = crop_valid(cat, psf)
    restored = TileRestorer(candidate(3), candidate(3)).restore(blurred, psf, certainty=1)
    scores = {
        shift: psnr(np.roll(restored, shift, 1)[20:-20, 20:-20], sharp[20:-20, 20:-20])
        for shift in (-1, 0, 1)
    }
    assert max(scores, key=scores.__getitem__) == 0


def test_a_blur_of_the_encoded_values_is_taken_out_of_them(cat, candidate):
    psf = motion_psf(9, 30)
    blurred = Degradation(psf, linear=False, boundary="valid", bits=None).apply(cat, 0)
    sharp = crop_valid(cat, psf)
    restorer = TileRestorer(candidate(3), candidate(3))
    gains = [
        psnr(restorer.restore(blurred, psf, certainty=1, linear=linear), sharp)
        for linear in (False, True)
    ]
    assert gains[0] > gains[1] + 1
