from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from unblur.degradation import (
    Degradation,
    convolve,
    crop_valid,
    delta_psf,
    disk_psf,
    gaussian_psf,
    jpeg_roundtrip,
    motion_psf,
    quantise,
)
from unblur.errors import ArgumentError, ArrayError, PSFError
from unblur.images.color import linear_to_srgb, srgb_to_linear


@pytest.fixture(scope="module")
def sharp():
    """Blocks of random colours, with black and white among them."""
    blocks = np.random.default_rng(0).uniform(-0.2, 1.2, (8, 9, 3))
    image = np.clip(np.kron(blocks, np.ones((8, 8, 1))), 0, 1).astype(np.float32)
    image.flags.writeable = False
    return image


def test_blur_acts_in_linear_light(sharp):
    psf = motion_psf(7.0, 20.0)
    wanted = linear_to_srgb(np.clip(convolve(srgb_to_linear(sharp), psf), 0, 1))
    result = Degradation(psf, bits=None).apply(sharp)
    np.testing.assert_allclose(result, wanted, atol=1e-6)
    # half of the light of white is a bright grey, not 0.5
    edge = np.kron([[0.0, 1.0]], np.ones((20, 20)))
    blurred = Degradation(gaussian_psf(2.0)).apply(edge, 0)
    assert blurred[10, 19:21].mean() == pytest.approx(0.735, abs=0.02)


def test_blur_acts_on_encoded_values_where_wanted(sharp):
    psf = disk_psf(2.5)
    result = Degradation(psf, linear=False, bits=None).apply(sharp)
    np.testing.assert_allclose(result, np.clip(convolve(sharp, psf), 0, 1), atol=1e-6)


def test_nothing_happens_without_blur(sharp):
    result = Degradation(delta_psf(5)).apply(quantise(sharp), 0)
    np.testing.assert_array_equal(result, quantise(sharp))


@pytest.mark.parametrize("boundary", ["reflect", "replicate", "wrap", "zero", "valid"])
def test_boundary_is_handed_on(sharp, boundary):
    psf = gaussian_psf(1.5)
    result = Degradation(psf, boundary=boundary, linear=False, bits=None).apply(sharp)
    np.testing.assert_allclose(result, convolve(sharp, psf, boundary=boundary), atol=1e-6)


def test_valid_matches_the_cropped_sharp_image(sharp):
    camera = Degradation(delta_psf(7), boundary="valid", bits=None)
    result = camera.apply(sharp)
    np.testing.assert_allclose(result, crop_valid(camera.exposed(sharp), camera.psf), atol=1e-5)


def test_highlights_are_clipped_after_the_blur():
    image = np.zeros((41, 41), np.float32)
    image[19:22, 19:22] = 1.0  # a lamp of 9 px, spread over 50 px
    camera = Degradation(disk_psf(4.0), saturation=20.0)
    result = camera.apply(image)
    assert result.max() == 1
    assert 50 < (result == 1).sum() < 100  # it burns out the whole disk
    clipped_before = Degradation(disk_psf(4.0)).apply(camera.exposed(image))
    assert clipped_before.max() < 0.6


@pytest.mark.parametrize("linear", [True, False])
def test_exposed_is_what_a_still_camera_sees(sharp, linear):
    for saturation in (1.0, 0.5, 1.8):
        camera = Degradation(delta_psf(), linear=linear, saturation=saturation, bits=None)
        np.testing.assert_allclose(camera.exposed(sharp), camera.apply(sharp), atol=1e-5)


def test_saturation_is_a_gain_of_light():
    grey = np.full((9, 9), 0.4, np.float32)
    result = Degradation(delta_psf(), saturation=2.0, bits=None).apply(grey)
    np.testing.assert_allclose(srgb_to_linear(result), 2 * srgb_to_linear(grey), rtol=1e-4)


@pytest.mark.parametrize("level", [0.3, 0.5, 0.7])
def test_read_noise_is_measured_in_encoded_values(level):
    flat = np.full((300, 300), level, np.float32)
    noisy = Degradation(gaussian_psf(1.0), read_noise=0.02, bits=None).apply(flat, seed=1)
    assert noisy.std() == pytest.approx(0.02, rel=0.02)


@pytest.mark.parametrize("level", [0.4, 0.7])
def test_shot_noise_is_measured_in_linear_light(level):
    flat = np.full((300, 300), level, np.float32)
    noisy = Degradation(gaussian_psf(1.0), shot_noise=1e-4, bits=None).apply(flat, seed=1)
    variance = srgb_to_linear(noisy).var()
    assert variance == pytest.approx(1e-4 * float(srgb_to_linear([level])[0]), rel=0.03)


def test_noise_follows_the_blur():
    flat = np.full((200, 200), 0.5, np.float32)
    noisy = Degradation(gaussian_psf(3.0), read_noise=0.05, bits=None).apply(flat, seed=1)
    assert np.corrcoef(noisy[:, 1:].ravel(), noisy[:, :-1].ravel())[0, 1] < 0.02


def test_storage_comes_last(sharp):
    psf = gaussian_psf(1.0)
    plain = Degradation(psf, bits=None).apply(sharp)
    np.testing.assert_array_equal(Degradation(psf, bits=5).apply(sharp), quantise(plain, 5))
    stored = Degradation(psf, jpeg_quality=70, jpeg_subsampling="4:4:4").apply(sharp)
    np.testing.assert_array_equal(stored, jpeg_roundtrip(plain, 70, subsampling="4:4:4"))


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_everything_at_once_is_reproducible(sharp, channels):
    image = sharp[:, :, 0] if channels is None else sharp[:, :, :channels]
    camera = Degradation(
        motion_psf(9.0, 50.0),
        boundary="valid",
        saturation=1.4,
        read_noise=0.02,
        shot_noise=1e-4,
        jpeg_quality=85,
    )
    first, again = camera.apply(image, seed=5), camera.apply(image, seed=5)
    np.testing.assert_array_equal(first, again)
    assert first.shape == crop_valid(image, camera.psf).shape
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1
    assert not np.array_equal(first, camera.apply(image, seed=6))
    assert not np.array_equal(camera.apply(image), camera.apply(image))


def test_a_generator_is_drawn_on(sharp):
    camera = Degradation(delta_psf(), read_noise=0.1)
    rng = np.random.default_rng(3)
    first, second = camera.apply(sharp, rng), camera.apply(sharp, rng)
    np.testing.assert_array_equal(first, camera.apply(sharp, 3))
    assert not np.array_equal(first, second)


def test_any_array_becomes_a_psf():
    assert Degradation([[1, 2, 1]]).psf.tolist()[1] == [0.25, 0.5, 0.25]
    with pytest.raises(PSFError, match="negative"):
        Degradation([[1, -2, 1]])


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Degradation(delta_psf()).bits = 3
    changed = dataclasses.replace(Degradation(delta_psf()), read_noise=0.1)
    assert changed.read_noise == 0.1


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("boundary", "mirror", "unknown boundary 'mirror'"),
        ("saturation", 0.0, "saturation must be above zero"),
        ("saturation", math.nan, "saturation must be above zero"),
        ("read_noise", -0.1, "read_noise must be zero or more"),
        ("shot_noise", math.inf, "shot_noise must be zero or more"),
        ("jpeg_quality", 0, "JPEG quality"),
        ("jpeg_subsampling", "4:1:1", "unknown JPEG subsampling"),
        ("bits", 0, "bit depth"),
    ],
)
def test_nonsense_is_refused_at_once(setting, value, reason):
    with pytest.raises(ArgumentError, match=reason):
        Degradation(delta_psf(), **{setting: value})


def test_integers_are_refused():
    with pytest.raises(ArrayError, match="must be float"):
        Degradation(delta_psf()).apply(np.zeros((4, 4), np.uint8))
