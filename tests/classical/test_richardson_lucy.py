import numpy as np
import pytest
from scipy.signal import convolve as scipy_convolve
from skimage import restoration

from unblur.classical.richardson_lucy import blind_richardson_lucy, richardson_lucy
from unblur.degradation import convolve, delta_psf, disk_psf, gaussian_psf
from unblur.errors import ArgumentError, ArrayError, PSFError


@pytest.fixture(scope="module")
def stars():
    """Thirty stars (64, 60) on black, none at the border."""
    rng = np.random.default_rng(5)
    sky = np.zeros((64, 60), np.float32)
    sky[rng.integers(8, 56, 30), rng.integers(8, 52, 30)] = rng.random(30) + 0.2
    return sky


def test_equals_the_literal_loop(stars, lopsided):
    blurred = scipy_convolve(stars, lopsided, mode="same", method="direct")
    expected = np.maximum(blurred, 1e-6)
    for _ in range(15):
        explained = scipy_convolve(expected, lopsided, mode="same", method="direct")
        ratio = blurred / np.maximum(explained, 1e-6)
        expected *= scipy_convolve(ratio, lopsided[::-1, ::-1], mode="same", method="direct")
    result = richardson_lucy(blurred, lopsided, num_iter=15, boundary="zero")
    inside = np.s_[6:-6, 6:-6]  # ours sees black beyond the border, the loop sees nothing there
    np.testing.assert_allclose(result[inside], expected[inside], atol=2e-4)


def test_agrees_with_scikit_image_inside(camera, lopsided):
    blurred = convolve(camera, lopsided)
    theirs = restoration.richardson_lucy(blurred, lopsided, num_iter=60, clip=False)
    ours = richardson_lucy(blurred, lopsided, num_iter=60)
    inside = np.s_[25:-25, 25:-25]  # they start from grey, and from zeros beyond the border
    assert np.abs(ours - theirs)[inside].mean() < 0.25 * np.abs(blurred - camera)[inside].mean()


def test_likelihood_never_falls(camera, lopsided):
    blurred = convolve(camera, lopsided, boundary="wrap")
    likelihoods = []
    for num_iter in (1, 2, 5, 10, 20):
        restored = richardson_lucy(blurred, lopsided, num_iter=num_iter, boundary="wrap")
        explained = convolve(restored.astype(np.float64), lopsided, boundary="wrap")
        likelihoods.append(np.sum(blurred * np.log(explained + 1e-9) - explained))
    assert likelihoods == sorted(likelihoods)


def test_keeps_the_sum_and_the_sign(camera, lopsided):
    noisy = camera + 0.05 * np.random.default_rng(0).standard_normal(camera.shape)
    restored = richardson_lucy(noisy, lopsided, boundary="wrap")
    assert restored.min() >= 0
    assert restored.sum() == pytest.approx(np.maximum(noisy, 0).sum(), rel=1e-3)


def test_gains_on_a_colour_photograph(coffee):
    psf = disk_psf(3)
    blurred = convolve(coffee, psf)
    restored = richardson_lucy(blurred, psf)
    assert restored.shape == coffee.shape
    assert np.mean((restored - coffee) ** 2) < 0.5 * np.mean((blurred - coffee) ** 2)


def test_damping_holds_back_noise_in_flat_areas():
    psf, rng = gaussian_psf(2), np.random.default_rng(0)
    scene = np.full((80, 80), 0.3, np.float32)
    scene[:, 50:] = 0.9
    noisy = convolve(scene, psf) + 0.01 * rng.standard_normal(scene.shape, dtype=np.float32)
    flat = np.s_[10:-10, 10:40]
    plain, damped = (richardson_lucy(noisy, psf, num_iter=60, damping=d) for d in (0, 0.03))
    assert damped[flat].std() < 1.1 * noisy[flat].std()
    assert plain[flat].std() > 1.5 * noisy[flat].std()
    edge = np.s_[10:-10, 46:54]
    before = np.abs(noisy - scene)[edge].mean()
    assert np.abs(damped - scene)[edge].mean() < 0.75 * before


def test_no_iterations_and_no_blur_change_nothing(coffee):
    np.testing.assert_allclose(richardson_lucy(coffee, disk_psf(2), num_iter=0), coffee, atol=1e-6)
    np.testing.assert_allclose(richardson_lucy(coffee, delta_psf()), coffee, atol=1e-4)


def test_black_stays_black():
    assert richardson_lucy(np.zeros((16, 16), np.float32), disk_psf(2)).max() < 1e-5


def cosine(one, other):
    return float((one * other).sum() / np.linalg.norm(one) / np.linalg.norm(other))


def test_blind_finds_the_psf_of_stars(stars):
    psf = gaussian_psf(1.3, size=9)
    blurred = convolve(stars, psf)
    restored, found = blind_richardson_lucy(blurred, size=9, psf_iter=1)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert found.min() >= 0
    assert cosine(found, psf) > 0.9 > cosine(np.ones((9, 9)), psf)
    assert np.mean((restored - stars) ** 2) < np.mean((blurred - stars) ** 2)


def test_blind_moves_towards_the_psf_of_a_photograph(camera):
    psf = disk_psf(4)
    _, found = blind_richardson_lucy(convolve(camera, psf), np.ones_like(psf))
    assert cosine(found, psf) > cosine(np.ones_like(psf), psf)


def test_blind_needs_no_more_than_the_psf_alone(stars):
    psf = gaussian_psf(1.3)
    blurred = convolve(stars, psf)
    known = richardson_lucy(blurred, psf, num_iter=5)
    blind, same = blind_richardson_lucy(blurred, psf, num_iter=5, psf_iter=0)
    np.testing.assert_array_equal(same, psf)
    np.testing.assert_allclose(blind, known, atol=1e-6)


def test_refuses(camera):
    with pytest.raises(ArgumentError, match="num_iter"):
        richardson_lucy(camera, delta_psf(), num_iter=-1)
    with pytest.raises(ArgumentError, match="damping"):
        richardson_lucy(camera, delta_psf(), damping=-0.1)
    with pytest.raises(ArgumentError, match="odd"):
        blind_richardson_lucy(camera, size=8)
    with pytest.raises(PSFError):
        richardson_lucy(camera, -delta_psf())


def test_goes_on_from_an_earlier_result(camera, lopsided):
    blurred = convolve(camera, lopsided, boundary="wrap")
    six = richardson_lucy(blurred, lopsided, num_iter=6, boundary="wrap")
    ten = richardson_lucy(blurred, lopsided, num_iter=4, start=six, boundary="wrap")
    expected = richardson_lucy(blurred, lopsided, num_iter=10, boundary="wrap")
    np.testing.assert_allclose(ten, expected, atol=1e-5)


def test_from_grey_and_into_the_dark_it_is_scikit_image(coffee, lopsided):
    blurred = convolve(coffee, lopsided)
    grey = np.full_like(blurred, 0.5)
    ours = richardson_lucy(blurred, lopsided, num_iter=10, start=grey, boundary="zero")
    theirs = restoration.richardson_lucy(blurred, lopsided[..., None], num_iter=10, clip=False)
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_a_start_of_another_shape_is_refused(camera, lopsided):
    with pytest.raises(ArrayError, match="shape of the image"):
        richardson_lucy(camera, lopsided, start=camera[1:])
