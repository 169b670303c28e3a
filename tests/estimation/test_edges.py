import numpy as np
import pytest

from unblur.degradation import convolve, gaussian_psf
from unblur.estimation.edges import bilateral, edge_threshold, shock


@pytest.fixture(scope="module")
def scene():
    """Bright and dark squares (60, 64) and a little noise."""
    rng = np.random.default_rng(0)
    squares = np.kron(rng.random((5, 4)), np.ones((12, 16)))
    return (squares + 0.01 * rng.standard_normal(squares.shape)).astype(np.float32)


def test_bilateral_equals_the_literal_sum(scene):
    result = bilateral(scene, 2.0, 0.1)
    y, x = np.mgrid[-2:3, -2:3]
    for row, column in [(2, 2), (11, 30), (12, 32), (35, 16), (57, 61)]:
        window = scene[row - 2 : row + 3, column - 2 : column + 3].astype(np.float64)
        weights = np.exp(-(x**2 + y**2) / 8 - (window - scene[row, column]) ** 2 / 0.02)
        assert result[row, column] == pytest.approx((weights * window).sum() / weights.sum())


def test_bilateral_smooths_areas_and_keeps_edges(scene):
    smooth = bilateral(scene, 2.0, 0.1)
    assert smooth[2:10, 2:14].std() < 0.6 * scene[2:10, 2:14].std()
    steps = [np.abs(picture[:, 31] - picture[:, 32]).max() for picture in (scene, smooth)]
    assert steps[1] > 0.9 * steps[0]


def test_shock_steepens_a_blurred_edge():
    sharp = np.zeros((20, 20), np.float32)
    sharp[:, 10:] = 1
    soft = convolve(sharp, gaussian_psf(1.5))
    shocked = soft
    for _ in range(4):
        shocked = shock(shocked, 1.0)
    assert np.abs(shocked - sharp).mean() < 0.35 * np.abs(soft - sharp).mean()


def test_shock_stays_in_range_and_is_even(scene):
    shocked = shock(scene, 1.0)
    assert scene.min() - 1e-6 <= shocked.min() <= shocked.max() <= scene.max() + 1e-6
    np.testing.assert_allclose(shock(scene.T, 1.0).T, shocked, atol=1e-6)
    np.testing.assert_allclose(shock(1 - scene, 1.0), 1 - shocked, atol=1e-5)


def test_threshold_keeps_edges_of_every_direction():
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((2, 50, 50)).astype(np.float32)
    gradients[1] *= 0.01  # hardly any edge runs across
    threshold = edge_threshold(gradients, 40)
    kept = np.hypot(*gradients) >= threshold
    sectors = ((np.arctan2(gradients[1], gradients[0]) % np.pi) / (np.pi / 4)).astype(int)
    present = [np.count_nonzero(sectors == number) for number in range(4)]
    for number in range(4):
        assert np.count_nonzero(kept & (sectors == number)) >= min(40, present[number])


def test_threshold_without_any_edges():
    assert edge_threshold(np.zeros((2, 5, 5), np.float32), 10) == 0
