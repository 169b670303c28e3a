"""Motions by the stripes of the spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from unblur.degradation import Degradation, motion_psf
from unblur.degradation.support import correlation, resize_psf
from unblur.estimation.stripes import fit_line

SIZE = 33


def luma(length: float, angle: float, *, linear: bool = True) -> np.ndarray:
    sharp = data.camera()[..., None].astype(np.float32) / 255
    psf = motion_psf(length, angle)
    degradation = Degradation(psf, linear=linear, boundary="valid", read_noise=0.005)
    blurred = degradation.apply(sharp, 1)
    return (np.rint(np.clip(blurred, 0, 1) * 255) / 255).astype(np.float32)[..., 0]


@pytest.mark.parametrize(("length", "angle"), [(6, 80), (11, 30), (16, 135), (21, 3)])
@pytest.mark.parametrize(("longer", "turned"), [(0.85, -8), (1.15, 10)])
def test_a_rough_estimate_becomes_exact(length, angle, longer, turned):
    true = resize_psf(motion_psf(length, angle), SIZE)
    rough = resize_psf(motion_psf(longer * length, angle + turned), SIZE)
    found = fit_line([luma(length, angle)], longer * length, angle + turned, SIZE)
    assert found.shape == (SIZE, SIZE)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert correlation(found, true) > max(0.97, correlation(rough, true))


def test_a_blur_of_encoded_values_is_told_as_one():
    true = resize_psf(motion_psf(13, 50), SIZE)
    found = fit_line([luma(13, 50, linear=False)], 11, 58, SIZE, linear=False)
    assert correlation(found, true) > 0.97


def test_too_small_a_window_tells_nothing():
    window = np.random.default_rng(0).random((8, 9), np.float32)
    assert fit_line([window], 9, 20, SIZE) is None
