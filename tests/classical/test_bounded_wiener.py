import numpy as np
import pytest
from scipy import ndimage

from unblur.classical.bounded_wiener import BoundedWiener, bounded_wiener
from unblur.degradation import convolve, disk_psf, gaussian_psf
from unblur.errors import ArgumentError, ArrayError, PSFError


@pytest.fixture(scope="module")
def psf():
    return disk_psf(3.0)


@pytest.mark.parametrize("gain", [1.5, 3.0, 10.0])
def test_no_frequency_is_raised_above_the_bound(psf, gain):
    response = np.abs(BoundedWiener.make(psf, (64, 64), gain).response)
    assert response.max() <= gain * (1 + 1e-5)
    assert response.max() > 0.95 * gain  # and the bound is met where the PSF lets it
    assert response[0, 0] == pytest.approx(1, abs=1e-6)


def test_is_the_one_linear_filter_that_it_says(psf):
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 40, 50)).astype(np.float32)
    together = bounded_wiener(2 * one - 3 * other, psf)
    apart = 2 * bounded_wiener(one, psf) - 3 * bounded_wiener(other, psf)
    np.testing.assert_allclose(together, apart, atol=2e-5)


def test_equals_dense_least_squares_on_the_mirrored_picture():
    psf, gain = gaussian_psf(0.8, size=5), 2.0
    image = np.random.default_rng(0).random((24, 20)).astype(np.float32)
    k = (gain - np.sqrt(gain**2 - 1)) ** 2
    # the mirrored picture is periodic in twice its size, and there the normal equations hold
    tile = np.pad(image, [(0, n) for n in image.shape], mode="symmetric").astype(float)
    blur = np.fft.fft2(np.roll(np.pad(psf, [(0, n - 5) for n in tile.shape]), (-2, -2), (0, 1)))
    found = bounded_wiener(image, psf, max_gain=gain)
    full = np.pad(found, [(0, n) for n in image.shape], mode="symmetric").astype(float)
    spectrum = np.fft.fft2(full)
    left = np.fft.ifft2(np.abs(blur) ** 2 * spectrum + k * spectrum).real
    right = (1 + k) * np.fft.ifft2(blur.conj() * np.fft.fft2(tile)).real
    np.testing.assert_allclose(left, right, atol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_no_value_changes_by_more_than_the_bound(psf, seed):
    image = np.random.default_rng(seed).integers(0, 2, (48, 48)).astype(np.float32)
    method = BoundedWiener.make(psf, image.shape, 3.0)
    change = np.abs(method.apply(image) - image).max()
    assert 0.1 * method.change / 2 < change <= method.change / 2


def test_noise_grows_by_the_factor_that_is_told(psf):
    noise = np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32)
    method = BoundedWiener.make(psf, noise.shape, 3.0)
    assert method.apply(noise).std() == pytest.approx(method.noise, rel=0.02)


def test_sharpens_pictures_volumes_and_channels_alike(psf):
    rng = np.random.default_rng(1)
    scene = ndimage.gaussian_filter(rng.random((60, 64)), 1).astype(np.float32)
    colour = np.dstack([scene, scene[::-1], scene[:, ::-1]])
    blurred = convolve(colour, psf)
    sharp = bounded_wiener(blurred, psf)
    assert np.abs(sharp - colour).mean() < 0.9 * np.abs(blurred - colour).mean()
    np.testing.assert_allclose(sharp[..., 1], bounded_wiener(blurred[..., 1], psf), atol=1e-5)
    flat = bounded_wiener(np.stack([blurred[..., 0]] * 3), psf[np.newaxis])  # a volume of planes
    np.testing.assert_allclose(flat[1], sharp[..., 0], atol=1e-5)


@pytest.mark.parametrize("kernel", [gaussian_psf(2.0), np.ones((3, 5, 5)) / 75])
def test_the_flux_is_kept_whatever_the_numbers(kernel):
    shape = (40, 50) if kernel.ndim == 2 else (8, 40, 50)
    image = np.random.default_rng(0).poisson(3000, shape).astype(np.float32)
    assert bounded_wiener(image, kernel).sum(dtype=float) == pytest.approx(
        image.sum(dtype=float), rel=1e-4
    )


@pytest.mark.parametrize(
    ("image", "kernel", "error"),
    [
        (np.zeros((8, 8), np.uint8), np.ones((3, 3)), ArrayError),
        (np.zeros(8, np.float32), np.ones((3, 3)), ArrayError),
        (np.zeros((8, 8), np.float32), np.ones((3, 3, 3)), ArrayError),
        (np.full((8, 8), np.nan, np.float32), np.ones((3, 3)), ArrayError),
        (np.zeros((8, 8), np.float32), -np.ones((3, 3, 3)), PSFError),
        (np.zeros((8, 8), np.float32), np.zeros((3, 3)), PSFError),
    ],
)
def test_wrong_arrays(image, kernel, error):
    with pytest.raises(error):
        bounded_wiener(image, kernel)


def test_wrong_gain(psf):
    with pytest.raises(ArgumentError, match="from 1 up"):
        bounded_wiener(np.zeros((8, 8), np.float32), psf, max_gain=0.5)
