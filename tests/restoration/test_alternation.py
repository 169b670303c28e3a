"""Finding a PSF by turns, with a perfect restorer in place of the network."""

from __future__ import annotations

import numpy as np
from skimage import data

from unblur.degradation import Degradation, camera_shake_psf, crop_valid, gaussian_psf, resize_psf
from unblur.evaluation.metrics import psf_similarity
from unblur.restoration.alternation import alternate
from unblur.runtime.spectral import halve


class Oracle:
    """Knows the sharp scene at every octave."""

    def __init__(self, sharp):
        self.scenes = {}
        while min(sharp.shape) > 40:
            self.scenes[sharp.shape] = sharp
            sharp = halve(sharp)

    def restore(self, image, psf, *, known):
        return self.scenes[image.shape[:2]][..., None]


class FirstGuess:
    def estimate(self, windows, *, start=None, octaves=None):
        return resize_psf(gaussian_psf(1.0), 33)


def test_a_shake_follows_from_a_perfect_restoration():
    scene = data.camera().astype(np.float32) / 255
    psf = camera_shake_psf(np.random.default_rng(5), extent=16.0, size=33)
    degradation = Degradation(psf, linear=False, boundary="valid", read_noise=0.003)
    blurred, sharp = degradation.apply(scene, 0), np.asarray(crop_valid(scene, psf))
    found = alternate(blurred, Oracle(sharp), FirstGuess())
    assert psf_similarity(found, psf) > 0.9
    assert abs(float(found.sum()) - 1) < 1e-5
