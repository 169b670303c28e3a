import numpy as np
import pytest

from unblur.degradation import disk_psf, gaussian_psf, motion_psf
from unblur.estimation.fitting import ARC, DISK, GAUSSIAN, LINE, Target, fit_shape

ALONG = np.array([3 / 5, 4 / 5])
ANGLE = np.degrees(np.arctan2(4, 3))

# shape, own parameters, the PSF that the degradations draw, variance of its smoothing
SHAPES = {
    "gaussian": (
        GAUSSIAN,
        np.sqrt(1.5**2 - 0.8**2) * ALONG,
        gaussian_psf(1.5, sigma_minor=0.8, angle=ANGLE, size=21),
        0.8**2 + 1 / 12,  # the area of a pixel has a variance of 1/12 along each axis
    ),
    "disk": (DISK, np.array([3.3]), disk_psf(3.3), 1 / 12),
    "line": (LINE, 8 * ALONG, motion_psf(8, ANGLE), 1 / 6),  # and shares of four pixels 1/6
    "arc": (ARC, np.array([*(8 * ALONG), 1.1]), motion_psf(8, ANGLE, curvature=63.03), 1 / 6),
}


@pytest.fixture(params=SHAPES)
def case(request):
    shape, own, psf, smoothing = SHAPES[request.param]
    return shape, own, Target.of(psf.astype(np.float64)), smoothing


def test_transforms_are_those_of_the_drawn_psfs(case):
    shape, own, target, smoothing = case
    squares = target.fx**2 + target.fy**2
    model = shape.transform(own, target)[0] * np.exp(-2 * np.pi**2 * smoothing * squares)
    model = model * target.weights
    low = squares < 0.1  # above, the pixels fold higher frequencies in
    scale = np.vdot(model[low], target.values[low]).real / np.vdot(model[low], model[low]).real
    assert np.abs(target.values - scale * model)[low].max() < 0.04 * np.abs(target.values).max()


def test_derivatives_by_finite_differences(case):
    shape, own, target, _ = case
    derivatives = shape.transform(own, target)[1]
    assert len(derivatives) == own.size
    for number, derivative in enumerate(derivatives):
        step = 1e-5 * (np.arange(own.size) == number)
        above, below = (shape.transform(own + sign * step, target)[0] for sign in (1, -1))
        np.testing.assert_allclose(derivative, (above - below) / 2e-5, atol=2e-4)


def test_finds_the_parameters_again(case):
    shape, own, target, _ = case
    start = np.array([0.5, -0.5, 0.5])
    fit = fit_shape(target, shape, start, own * 0.7)
    assert fit.similarity > 0.97
    np.testing.assert_allclose(fit.own, own, atol=0.25)


def test_inner_products_are_those_of_the_pixels():
    one, other = np.random.default_rng(0).random((2, 10, 10))  # 10 + 2 is a fast length already
    padded = [np.pad(psf, (0, 2)) for psf in (np.pad(one, (1, 0)), np.pad(other, (1, 0)))]
    one, other = (psf[:11, :11] for psf in padded)
    targets = [Target.of(psf) for psf in (one, other)]
    extent = targets[0].fx.shape[0]
    parts = [np.pad(psf, (0, extent - 11)) for psf in (one, other)]
    expected = (parts[0] * parts[1]).sum() / np.linalg.norm(parts[0]) / np.linalg.norm(parts[1])
    product = np.vdot(targets[0].values, targets[1].values).real
    assert product == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.4, -0.3), (1.2, 1.0)])
def test_finds_a_line_off_centre(offset):
    target = Target.of(motion_psf(9.3, 25, size=25).astype(np.float64))
    moved = np.exp(-2j * np.pi * (offset[0] * target.fx + offset[1] * target.fy))
    moved = Target(target.values * moved, target.fx, target.fy, target.weights)
    fit = fit_shape(moved, LINE, np.array([0.0, 0.0, 0.3]), np.array([6.0, 3.0]))
    assert fit.similarity > 0.98
    assert np.hypot(*fit.own) == pytest.approx(9.3, abs=0.3)
    assert np.degrees(np.arctan2(fit.own[1], fit.own[0])) == pytest.approx(25, abs=1.5)
