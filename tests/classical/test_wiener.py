import numpy as np
import pytest
from skimage import restoration

from unblur.classical.wiener import wiener
from unblur.degradation import convolve, otf
from unblur.errors import ArgumentError


def convolution_matrix(psf, height, width):
    """Dense matrix (H W, H W) of the circular convolution, built pixel by pixel."""
    matrix = np.zeros((height * width, height * width))
    centre = psf.shape[0] // 2
    for row in range(height):
        for column in range(width):
            for down in range(psf.shape[0]):
                for right in range(psf.shape[1]):
                    target = (row + down - centre) % height, (column + right - centre) % width
                    source = row * width + column
                    matrix[target[0] * width + target[1], source] += psf[down, right]
    return matrix


@pytest.mark.parametrize("shape", [(9, 11), (10, 8)])
@pytest.mark.parametrize("nsr", [0.1, 0.003])
def test_equals_dense_least_squares(lopsided, shape, nsr):
    image = np.random.default_rng(0).random(shape)
    blur = convolution_matrix(lopsided.astype(np.float64), *shape)
    mean = image.mean()
    ridge = blur.T @ blur + nsr * np.eye(image.size)
    expected = mean + np.linalg.solve(ridge, blur.T @ (image - mean).ravel())
    result = wiener(image, lopsided, nsr=nsr, boundary="wrap")
    np.testing.assert_allclose(result, expected.reshape(shape), atol=2e-5)


def test_equals_scikit_image_given_the_psf_itself(camera, lopsided):
    # scikit-image shifts the PSF to its origin when it makes the transfer function on its own
    white = np.ones(otf(lopsided, camera.shape).shape, complex)
    expected = restoration.wiener(camera, lopsided, 0.01, reg=white, clip=False)
    result = wiener(camera, lopsided, nsr=0.01, boundary="wrap")
    mean_lost = camera.mean() * 0.01 / 1.01  # theirs dims the picture, ours keeps its mean
    np.testing.assert_allclose(result, expected + mean_lost, atol=1e-4)


def test_keeps_the_phase_that_scikit_image_drops(camera, lopsided):
    # given a complex transfer function, scikit-image 0.26 takes its real part (its issue 7363)
    blurred = convolve(camera, lopsided, boundary="wrap")
    transfer = otf(lopsided, camera.shape)
    white = np.ones(transfer.shape, complex)
    theirs = restoration.wiener(blurred, transfer, 0.001, reg=white, clip=False)
    ours = wiener(blurred, lopsided, nsr=0.001, boundary="wrap")
    assert np.abs(ours - camera).mean() < 0.3 * np.abs(theirs - camera).mean()


def test_small_nsr_inverts_exactly(camera):
    psf = np.array([[0, 0, 0], [0, 4, 1], [0, 1, 0]], np.float32) / 6  # without zeros in its OTF
    blurred = convolve(camera, psf, boundary="wrap")
    restored = wiener(blurred, psf, nsr=1e-7, boundary="wrap")
    np.testing.assert_allclose(restored, camera, atol=1e-3)


def test_colours_are_independent(coffee, lopsided):
    result = wiener(coffee, lopsided)
    for channel in range(3):
        alone = wiener(coffee[:, :, channel], lopsided)
        np.testing.assert_allclose(result[:, :, channel], alone, atol=1e-5)


def test_is_linear_in_the_image(camera, lopsided):
    result = wiener(camera, lopsided)
    np.testing.assert_allclose(wiener(3 * camera - 1, lopsided), 3 * result - 1, atol=1e-4)


@pytest.mark.parametrize("nsr", [0, -1, np.nan, np.inf])
def test_refuses_a_wrong_nsr(camera, lopsided, nsr):
    with pytest.raises(ArgumentError, match="nsr"):
        wiener(camera, lopsided, nsr=nsr)
