import numpy as np
import pytest
from skimage import data

from unblur.degradation.noise_level import estimate_noise
from unblur.degradation.pipeline import Degradation
from unblur.degradation.psf import disk_psf, gaussian_psf, motion_psf
from unblur.errors import ArrayError

PSFS = [gaussian_psf(1.5), disk_psf(4.0), motion_psf(12.0, 30.0)]


@pytest.fixture(scope="module")
def picture():
    return data.chelsea()[:256, :256].astype(np.float32) / 255


@pytest.mark.parametrize("psf", PSFS, ids=["gaussian", "disk", "motion"])
@pytest.mark.parametrize("noise", [0.002, 0.005, 0.02])
def test_finds_the_noise_of_blurred_pictures(picture, psf, noise):
    blurred = Degradation(psf, read_noise=noise, bits=8).apply(picture, seed=0)
    expected = np.hypot(noise, 1 / 255 / np.sqrt(12))  # rounding to 8 bits is noise as well
    assert estimate_noise(blurred) == pytest.approx(expected, rel=0.15)


def test_texture_raises_it_but_little(picture):
    noisy = picture + np.random.default_rng(0).normal(0, 0.02, picture.shape).astype(np.float32)
    assert 0.018 < estimate_noise(noisy) < 0.03


@pytest.mark.parametrize("shape", [(64, 64), (97, 130), (300, 33, 3), (18, 18), (7, 40)])
def test_white_noise_of_any_size(shape):
    noise = np.random.default_rng(1).normal(0.5, 0.01, shape).astype(np.float32)
    assert estimate_noise(noise) == pytest.approx(0.01, rel=0.25)


def test_grows_with_the_values():
    noise = np.random.default_rng(1).normal(0.5, 0.01, (80, 80)).astype(np.float32)
    assert estimate_noise(2 * noise - 0.5) == pytest.approx(2 * estimate_noise(noise), rel=1e-5)


def test_ramps_and_clipped_areas_hold_none():
    rows, columns = np.mgrid[:64, :80].astype(np.float32)
    assert estimate_noise(rows / 100 + columns / 200) < 1e-6
    noisy = np.random.default_rng(2).normal(0.9, 0.02, (200, 200)).astype(np.float32)
    noisy[:120] = 1.0  # burnt out
    assert estimate_noise(noisy) == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1), (2, 90), (90, 2, 3)])
def test_too_small_to_tell(shape):
    assert estimate_noise(np.zeros(shape, np.float32)) == 0.0


def test_refuses_integers():
    with pytest.raises(ArrayError, match="to_float"):
        estimate_noise(np.zeros((32, 32), np.uint8))


def test_leaves_the_image_alone():
    image = np.random.default_rng(0).random((40, 40, 3), dtype=np.float32)
    image.flags.writeable = False
    assert estimate_noise(image) > 0
