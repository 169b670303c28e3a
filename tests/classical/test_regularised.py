import numpy as np
import pytest
from skimage import restoration

from unblur.classical.regularised import regularised, unsupervised_wiener
from unblur.degradation import convolve, disk_psf
from unblur.errors import ArgumentError


def dense(filter_of_impulse, shape):
    """Matrix of a linear, shift-invariant, periodic operation, from its impulse response."""
    columns = []
    for row in range(shape[0]):
        for column in range(shape[1]):
            impulse = np.zeros(shape)
            impulse[row, column] = 1
            columns.append(filter_of_impulse(impulse).ravel())
    return np.array(columns).T


def laplacian(image):
    around = sum(np.roll(image, step, axis) for step in (1, -1) for axis in (0, 1))
    return (4 * image - around) / 8


@pytest.fixture
def problem(lopsided):
    """Blurred and noisy picture (12, 10), its noise, and the matrices of blur and Laplacian."""
    shape, noise = (12, 10), 0.02
    rng = np.random.default_rng(0)
    sharp = np.zeros(shape)
    sharp[3:9, 4:8] = 1
    blur = dense(lambda x: convolve(x, lopsided, boundary="wrap"), shape)
    blurred = (blur @ sharp.ravel()).reshape(shape) + noise * rng.standard_normal(shape)
    return blurred, noise, blur, dense(laplacian, shape)


def test_equals_dense_constrained_least_squares(problem, lopsided):
    blurred, noise, blur, rough = problem

    def solve(weight):
        return np.linalg.solve(blur.T @ blur + weight * rough.T @ rough, blur.T @ blurred.ravel())

    low, high = -16.0, 7.0
    for _ in range(60):
        middle = (low + high) / 2
        left = np.mean((blurred.ravel() - blur @ solve(np.exp(middle))) ** 2)
        low, high = (low, middle) if left > noise**2 else (middle, high)
    expected = solve(np.exp(low)).reshape(blurred.shape)
    result = regularised(blurred, lopsided, noise=noise, boundary="wrap")
    np.testing.assert_allclose(result, expected, atol=1e-4)
    explained = convolve(result, lopsided, boundary="wrap")
    assert np.sqrt(np.mean((blurred - explained) ** 2)) == pytest.approx(noise, rel=1e-3)


def test_unsupervised_is_the_likeliest_of_all_weights(problem, lopsided):
    """The evidence by dense determinants, over a grid of weights, peaks where ours was chosen."""
    blurred, _, blur, rough = problem
    deviation = blurred.ravel() - blurred.mean()

    def evidence(weight):
        # the prior leaves the mean free: work in the space of zero mean
        basis = np.linalg.svd(np.eye(deviation.size) - 1 / deviation.size)[0][:, :-1]
        prior = np.linalg.pinv(basis.T @ rough.T @ rough @ basis) / weight
        covariance = basis.T @ blur @ basis @ prior @ basis.T @ blur.T @ basis
        covariance += np.eye(covariance.shape[0])
        data = basis.T @ deviation
        size = data.size
        scale = data @ np.linalg.solve(covariance, data) / size
        return -size * np.log(scale) - np.linalg.slogdet(covariance)[1]

    logs = np.linspace(-9, 3, 49)
    best = np.exp(logs[np.argmax([evidence(np.exp(log)) for log in logs])])
    result = unsupervised_wiener(blurred, lopsided, boundary="wrap")
    closest = np.linalg.solve(
        blur.T @ blur + best * rough.T @ rough, blur.T @ blurred.ravel()
    ).reshape(blurred.shape)
    assert np.abs(result - closest).max() < 0.05 * np.ptp(closest)


def test_unsupervised_agrees_with_gibbs_sampling(camera, lopsided):
    blurred = convolve(camera, lopsided, boundary="wrap")
    blurred += 0.01 * np.random.default_rng(1).standard_normal(camera.shape, dtype=np.float32)
    _, chain = restoration.unsupervised_wiener(blurred, lopsided, clip=False, rng=0)
    drawn = [np.mean(chain[power][5:]) for power in ("prior", "noise")]
    expected = restoration.wiener(blurred, lopsided, drawn[0] / drawn[1], clip=False)
    result = unsupervised_wiener(blurred, lopsided, boundary="wrap")
    assert np.abs(result - expected).max() < 0.01


@pytest.mark.parametrize("restore", [regularised, unsupervised_wiener])
def test_gains_on_a_photograph(camera, restore):
    psf = disk_psf(3.5)
    blurred = convolve(camera, psf)
    blurred += 0.005 * np.random.default_rng(0).standard_normal(camera.shape, dtype=np.float32)
    gain = 10 * np.log10(
        np.mean((blurred - camera) ** 2) / np.mean((restore(blurred, psf) - camera) ** 2)
    )
    assert gain > 3  # dB


def test_more_noise_makes_it_smoother(camera, lopsided):
    roughness = [
        np.abs(laplacian(regularised(camera, lopsided, noise=noise))).mean()
        for noise in (0, 0.002, 0.01, 0.05, 1.0)
    ]
    assert roughness == sorted(roughness, reverse=True)


def test_estimates_the_noise_when_not_given(camera, lopsided):
    blurred = convolve(camera, lopsided)
    blurred += 0.01 * np.random.default_rng(0).standard_normal(camera.shape, dtype=np.float32)
    given, found = regularised(blurred, lopsided, noise=0.01), regularised(blurred, lopsided)
    assert np.abs(given - found).mean() < 0.01


@pytest.mark.parametrize("restore", [regularised, unsupervised_wiener])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (16, 16, 3)])
def test_flat_pictures_stay_flat(restore, shape):
    image = np.full(shape, 0.25, np.float32)
    np.testing.assert_allclose(restore(image, disk_psf(2)), image, atol=1e-4)


def test_refuses_negative_noise(camera, lopsided):
    with pytest.raises(ArgumentError, match="noise"):
        regularised(camera, lopsided, noise=-0.1)
