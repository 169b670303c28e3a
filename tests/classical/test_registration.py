import math

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from unblur.classical.registration import register, warp
from unblur.degradation import convolve, motion_psf
from unblur.errors import ArrayError


def moved(image, shift, degrees=0.0):
    """The scene after it moved by `shift` and turned about the middle, by SciPy alone."""
    angle = math.radians(degrees)
    back = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - back @ (centre + shift)
    return affine_transform(image, back, offset, mode="reflect").astype(np.float32)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.25, -0.6), (3.0, 5.5), (-12.8, 9.4)])
@pytest.mark.parametrize("degrees", [0.0, 1.5])
def test_finds_shift_and_rotation(camera, shift, degrees):
    frame = moved(camera, shift, degrees)
    found = register(frame, camera)
    middle = found.matrix @ np.zeros(2) + found.shift
    np.testing.assert_allclose(middle, shift, atol=0.06)
    assert found.agreement > 0.97
    turned = math.degrees(math.asin(found.matrix[1, 0] - found.matrix[0, 1]) / 2)
    assert abs(abs(turned) - degrees) < 0.1
    laid, inside = warp(frame[:, :, None], found)
    assert inside.mean() > 0.8
    assert np.abs(laid[:, :, 0] - camera)[inside].mean() < 0.012


def test_survives_blur_noise_and_exposure(camera):
    rng = np.random.default_rng(0)
    one = convolve(camera, motion_psf(9, 20)) + 0.01 * rng.standard_normal(camera.shape)
    other = convolve(moved(camera, (6.3, -9.2)), motion_psf(9, 110))
    found = register(0.5 * other + 0.01 * rng.standard_normal(camera.shape), one)
    np.testing.assert_allclose(found.shift, (6.3, -9.2), atol=0.15)
    assert found.gain == pytest.approx(2, rel=0.05)


def test_other_scenes_do_not_agree(camera, coffee):
    shape = min(camera.shape[0], coffee.shape[0]), min(camera.shape[1], coffee.shape[1])
    one, other = camera[: shape[0], : shape[1]], coffee[: shape[0], : shape[1], 0]
    assert register(one, other).agreement < 0.5


@pytest.mark.parametrize("shape", [(40, 41), (8, 8)])
def test_refuses(shape):
    with pytest.raises(ArrayError, match="cannot be registered"):
        register(
            np.zeros(shape, np.float32), np.zeros((40, 40) if shape[0] == 40 else shape, np.float32)
        )
