"""Finding a PSF by turns, with a perfect restorer in place of the network."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from unblur.degradation import Degradation, camera_shake_psf, crop_valid, gaussian_psf, resize_psf
from unblur.degradation.support import centroid
from unblur.evaluation.metrics import psf_similarity
from unblur.restoration import alternation
from unblur.restoration.alternation import FROM_COARSE, POLISH, alternate
from unblur.runtime.spectral import halve


class Oracle:
    """Knows the sharp scene at every octave."""

    def __init__(self, sharp):
        self.scenes = {}
        while min(sharp.shape) > 40:
            self.scenes[sharp.shape] = sharp
            sharp = halve(sharp)

    def restore(self, image, psf, *, certainty, linear):
        return self.scenes[image.shape[:2]][..., None]


@pytest.fixture(scope="module", params=[True, False], ids=["linear", "encoded"])
def shaken(request):
    """A photograph, its camera shake, the blurred luma, and whether it blurred linear light."""
    linear = request.param
    scene = data.camera().astype(np.float32) / 255
    psf = camera_shake_psf(np.random.default_rng(5), extent=16.0, size=33)
    degradation = Degradation(psf, linear=linear, boundary="valid", read_noise=0.003)
    return np.asarray(crop_valid(scene, psf)), psf, degradation.apply(scene, 0), linear


@pytest.mark.parametrize("rounds", [FROM_COARSE, POLISH, ((1, 2), (0, 1))])
def test_a_shake_follows_from_a_perfect_restoration(shaken, rounds):
    sharp, psf, blurred, linear = shaken
    found = alternate(
        blurred, resize_psf(gaussian_psf(1.0), 33), Oracle(sharp), rounds, linear=linear
    )
    assert psf_similarity(found, psf) > 0.95
    assert abs(float(found.sum()) - 1) < 1e-5


def test_the_last_turns_do_not_smear(shaken, monkeypatch):
    """A scene that lies half a pixel off gives a PSF that does, which must be moved back."""
    sharp, psf, blurred, linear = shaken
    moved = np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(sharp), (0.5, -0.5))).real
    scene, similarity = Oracle(np.clip(moved, 0, 1).astype(np.float32)), []
    for exact in (0, 2):
        monkeypatch.setattr(alternation, "EXACT", exact)
        found = alternate(blurred, psf, scene, POLISH, linear=linear)
        assert np.abs(centroid(found)).max() < 0.2
        similarity.append(psf_similarity(found, psf))
    assert similarity[1] > similarity[0] + 0.01


def test_specks_apart_from_the_psf_are_noise(shaken):
    sharp, psf, blurred, linear = shaken
    found = alternate(blurred, psf, Oracle(sharp), POLISH, linear=linear)
    _, pieces = ndimage.label(found > 0, np.ones((3, 3)))
    assert pieces == 1
