import numpy as np
import pytest
from scipy.linalg import lstsq
from skimage import data

from unblur.degradation import (
    Degradation,
    camera_shake_psf,
    centroid,
    convolve,
    disk_psf,
    gaussian_psf,
    motion_psf,
    resize_psf,
)
from unblur.errors import ArgumentError, ArrayError
from unblur.estimation.classical import _clean, _least_squares, estimate_psf_classical
from unblur.estimation.describe import describe_psf

SIZE = 21


def similarity(one, other):
    """Cosine similarity of two PSFs, the largest over all shifts."""
    extent = (2 * SIZE, 2 * SIZE)
    product = np.fft.rfft2(one, extent) * np.fft.rfft2(other, extent).conj()
    return np.fft.irfft2(product, extent).max() / np.linalg.norm(one) / np.linalg.norm(other)


@pytest.fixture(scope="module")
def pictures():
    return {
        "camera": data.camera()[:256, 100:356].astype(np.float32) / 255,
        "astronaut": data.astronaut()[:240, 100:340].astype(np.float32) / 255,
    }


PSFS = {
    "motion": motion_psf(11, 35, size=SIZE),
    "shake": camera_shake_psf(np.random.default_rng(1), extent=14, size=SIZE),
    "defocus": disk_psf(3, size=SIZE),
}


@pytest.mark.parametrize("name", ["camera", "astronaut"])
@pytest.mark.parametrize("kind", PSFS)
def test_beats_every_gaussian_guess(pictures, name, kind):
    psf = PSFS[kind]
    blurred = Degradation(psf, linear=False, read_noise=0.005).apply(pictures[name], seed=0)
    found = estimate_psf_classical(blurred, size=SIZE)
    assert found.shape == (SIZE, SIZE)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert np.hypot(*centroid(found)) < 0.01
    if kind != "defocus":  # a disk is nearly a gaussian
        guesses = [similarity(gaussian_psf(sigma, size=SIZE), psf) for sigma in (1, 1.5, 2, 3, 4)]
        assert similarity(found, psf) > max(guesses)
    assert similarity(found, psf) > 0.6


def test_names_a_motion(pictures):
    blurred = convolve(pictures["camera"], PSFS["motion"])
    found = describe_psf(estimate_psf_classical(blurred, size=SIZE))
    assert found.kind == "motion"
    assert found.angle == pytest.approx(35, abs=8)
    assert found.extent == pytest.approx(11, rel=0.25)


def test_sharp_pictures_have_small_psfs(pictures):
    found = estimate_psf_classical(pictures["camera"], size=SIZE)
    assert resize_psf(found, 5).shape == (5, 5)
    assert found[SIZE // 2 - 2 : SIZE // 2 + 3, SIZE // 2 - 2 : SIZE // 2 + 3].sum() > 0.8


def test_flat_pictures_have_none():
    found = estimate_psf_classical(np.full((70, 90, 3), 0.5, np.float32), size=15)
    assert found[7, 7] == 1


def test_least_squares_equals_the_dense_solution():
    rng = np.random.default_rng(0)
    edges = np.zeros((2, 24, 26), np.float32)
    edges[:, 8:16, 8:18] = rng.standard_normal((2, 8, 10))  # off the border, where nothing wraps
    psf = camera_shake_psf(rng, extent=4, size=5)
    observed = np.stack([convolve(part, psf, boundary="zero") for part in edges])
    observed += 0.01 * rng.standard_normal(observed.shape).astype(np.float32)
    columns = [
        np.roll(edges, (down, right), (1, 2)).ravel()
        for down in range(-2, 3)
        for right in range(-2, 3)
    ]
    matrix = np.array(columns, np.float64).T
    ridge = np.sqrt(0.01 * (edges.astype(np.float64) ** 2).sum()) * np.eye(25)
    expected = lstsq(np.vstack([matrix, ridge]), np.concatenate([observed.ravel(), np.zeros(25)]))
    result = _least_squares(edges, observed, 5)
    np.testing.assert_allclose(result, expected[0].reshape(5, 5), atol=1e-4)


def test_clean_drops_noise_and_islands():
    psf = np.zeros((15, 15))
    psf[4:7, 2:9] = 1
    psf[5, 5] = 2
    psf[13, 13] = 1  # far from the rest
    psf[10, 2] = -3
    psf[4, 9] = 0.01  # faint
    cleaned = _clean(psf)
    assert np.count_nonzero(cleaned) == 21
    assert cleaned.sum() == pytest.approx(1)
    assert cleaned[7, 7] == cleaned.max()  # and to the middle


@pytest.mark.parametrize(
    ("size", "error"), [(8, ArgumentError), (1, ArgumentError), (25, ArrayError)]
)
def test_refuses(size, error):
    with pytest.raises(error):
        estimate_psf_classical(np.zeros((49, 60), np.float32), size=size)


def test_leaves_the_image_alone():
    image = np.random.default_rng(0).random((40, 44)).astype(np.float32)
    image.flags.writeable = False
    estimate_psf_classical(image, size=9)
