"""The blur of a whole picture, and of its tiles."""

from __future__ import annotations

import numpy as np
from skimage import data

from unblur.degradation import Degradation, delta_psf, disk_psf, gaussian_psf, resize_psf
from unblur.restoration.field import BlurField, find_blur
from unblur.restoration.model import Model
from unblur.restoration.tile import TileRestorer


class FixedEstimator:
    """Answers from a list, the last one for ever, and counts what it was asked."""

    size = 33

    def __init__(self, *answers):
        self.answers = [resize_psf(psf, 33) for psf in answers]
        self.windows = []

    def estimate(self, windows, *, start=None, octaves=None):
        self.windows.append([window.shape for window in windows])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


WIDE = np.full((33, 33), 1 / 33**2, np.float32)


def test_a_given_psf_is_taken_as_it_is(cat):
    psf = gaussian_psf(2.0)
    field = find_blur(cat, psf, Model(FixedEstimator(WIDE), None))
    assert field.psf is psf
    assert (field.octave, field.local) == (0, False)


def test_a_blur_that_fills_the_support_is_met_one_octave_lower(candidate):
    scene = data.astronaut().astype(np.float32) / 255
    blurred = Degradation(disk_psf(24.0), boundary="valid").apply(scene, 0)  # 49 px, on 33
    estimator = FixedEstimator(WIDE, WIDE, gaussian_psf(2.0))
    field = find_blur(blurred, None, Model(estimator, TileRestorer(candidate(3), candidate(3))))
    assert field.octave == 1
    full, half = estimator.windows[0][0], estimator.windows[2][0]
    assert half == tuple((extent + 1) // 2 for extent in full)


def test_a_small_picture_stops_at_the_octave_that_still_holds_the_support():
    field = find_blur(np.zeros((60, 60, 3), np.uint8), None, Model(FixedEstimator(WIDE), None))
    assert field.octave == 0


def test_flat_tiles_take_the_psf_of_the_picture_and_detailed_ones_their_own(cat):
    own = FixedEstimator(delta_psf())
    field = BlurField(resize_psf(gaussian_psf(2.0), 33), local=True)
    flat = field.psf_of(np.full((64, 64, 3), 0.5, np.float32), own)
    np.testing.assert_allclose(flat, field.psf, atol=1e-6)
    noise = np.random.default_rng(0).random((64, 64, 3), np.float32)
    assert field.psf_of(noise, own).max() > 0.95
    assert abs(float(field.psf_of(cat, own).sum()) - 1) < 1e-5


def test_a_single_tile_needs_no_refinement():
    field = BlurField(gaussian_psf(1.0), local=True)
    assert field.for_tiles(2).local
    assert not field.for_tiles(1).local
