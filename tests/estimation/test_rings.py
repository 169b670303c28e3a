"""Round PSFs by the rings of the spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from unblur.degradation import Degradation, disk_psf, gaussian_psf, motion_psf
from unblur.estimation.rings import fit_round

DRAW = {"gaussian": gaussian_psf, "defocus": disk_psf}


def luma(psf, *, linear: bool = True, noise: float = 0.005, scene=data.camera) -> np.ndarray:
    sharp = scene()[..., None].astype(np.float32) / 255
    degradation = Degradation(psf, linear=linear, boundary="valid", read_noise=noise)
    blurred = degradation.apply(sharp, 1)
    return (np.rint(np.clip(blurred, 0, 1) * 255) / 255).astype(np.float32)[..., 0]


@pytest.mark.parametrize(("kind", "size"), [
    ("gaussian", 1.0), ("gaussian", 1.7), ("gaussian", 3.0),
    ("defocus", 1.6), ("defocus", 3.3), ("defocus", 6.0),
])  # fmt: skip
def test_kind_and_size_are_told(kind, size):
    best, *_ = fit_round([luma(DRAW[kind](size))], 33)
    assert best.kind == kind
    assert best.size == pytest.approx(size, rel=0.1)
    assert best.psf.shape == (33, 33)
    assert best.psf.sum() == pytest.approx(1, abs=1e-5)


def test_a_blur_of_encoded_values_is_told_as_one():
    window = luma(disk_psf(4.0), linear=False)
    best, *_ = fit_round([window], 33, linear=False)
    assert (best.kind, round(best.size)) == ("defocus", 4)


def test_several_windows_say_it_together():
    whole = luma(gaussian_psf(2.0))
    parts = [whole[:240, :240], whole[240:480, :200], whole[100:300, 200:440]]
    best, *_ = fit_round(parts, 33)
    assert best.kind == "gaussian"
    assert best.size == pytest.approx(2.0, rel=0.15)


def test_a_true_shape_fits_the_better_of_both():
    window = luma(disk_psf(3.0))
    first, second = fit_round([window], 33)
    assert (first.kind, second.kind) == ("defocus", "gaussian")
    assert first.misfit < 0.3 * second.misfit


def test_a_sharp_picture_and_a_motion_have_no_round_blur_of_their_size():
    assert not [fit for fit in fit_round([luma(np.ones((1, 1), np.float32))], 33) if fit.size > 1.3]
    fits = fit_round([luma(motion_psf(15, 30))], 33)
    assert not [fit for fit in fits if fit.misfit < 0.01 and fit.size > 2]


def test_too_small_a_window_tells_nothing():
    assert fit_round([np.random.default_rng(0).random((8, 9), np.float32)], 33) == ()


@pytest.mark.parametrize("shape", [(128, 128), (280, 280), (233, 301), (512, 512)])
def test_a_window_of_any_size_is_taken(shape):
    assert isinstance(fit_round([np.random.default_rng(0).random(shape, np.float32)], 33), tuple)
