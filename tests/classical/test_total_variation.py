"""Richardson-Lucy with total variation against scikit-image and against a general optimiser."""

import numpy as np
import pytest
from scipy import ndimage, optimize
from scipy.signal import fftconvolve
from skimage import restoration

from unblur.classical.total_variation import richardson_lucy_tv
from unblur.degradation import convolve, gaussian_psf
from unblur.degradation.optics import Optics, microscope_psf
from unblur.errors import ArgumentError


def blurred(scene, psf, **options):
    return ndimage.convolve(scene.astype(float), psf.astype(float), **options)


@pytest.mark.parametrize("shape", [(20, 22), (7, 14, 16)])
def test_without_variation_equals_scikit_image(shape):
    # scikit-image pads with zeros: with a dark margin both see the same scene
    rng = np.random.default_rng(0)
    psf = np.outer([1, 2, 1], [1, 3, 2]) / 24 if len(shape) == 2 else rng.random((3, 3, 3))
    psf = psf / psf.sum()
    scene = np.zeros(shape)
    scene[(slice(3, -3),) * len(shape)] = 1 + rng.random([n - 6 for n in shape])
    counts = blurred(scene, psf, mode="constant")
    theirs = restoration.richardson_lucy(counts, psf, num_iter=300, clip=False, filter_epsilon=1e-9)
    ours = richardson_lucy_tv(counts.astype(np.float32), psf, num_iter=300, boundary="wrap")
    np.testing.assert_allclose(ours, theirs, atol=0.03)


def variation(scene, smoothing):
    """Sum of the lengths of the gradients, by differences of neighbours, and its own gradient."""
    steps = [np.diff(scene, axis=axis, append=np.take(scene, [-1], axis)) for axis in range(2)]
    lengths = np.sqrt(sum(step**2 for step in steps) + smoothing**2)
    flows = (np.diff(step / lengths, axis=axis, prepend=0) for axis, step in enumerate(steps))
    return lengths.sum(), -sum(flows)


@pytest.mark.parametrize("tv_weight", [0.002, 0.01])
def test_finds_what_a_general_optimiser_finds(tv_weight):
    """The picture of smallest surprise and variation among those of the flux that was counted."""
    rng = np.random.default_rng(0)
    scene = np.full((6, 6), 20.0)
    scene[2:5, 1:4] = 100
    psf = gaussian_psf(0.7, size=3)
    counts = rng.poisson(blurred(scene, psf, mode="wrap")).astype(float)

    def surprise(flat):
        x = flat.reshape(scene.shape)
        seen = blurred(x, psf, mode="wrap")
        length, slope = variation(x, 0.01 * counts.mean())
        value = (seen - counts * np.log(seen)).sum() + tv_weight * length
        return value, (blurred(1 - counts / seen, psf, mode="wrap") + tv_weight * slope).ravel()

    found = optimize.minimize(
        surprise,
        np.full(scene.size, counts.mean()),
        jac=True,
        method="SLSQP",
        bounds=[(1e-6, None)] * scene.size,
        constraints={
            "type": "eq",
            "fun": lambda flat: flat.sum() - counts.sum(),
            "jac": np.ones_like,
        },
        options={"maxiter": 500, "ftol": 1e-12},
    )
    ours, plain = (
        richardson_lucy_tv(
            counts.astype(np.float32), psf, num_iter=800, tv_weight=w, boundary="wrap"
        )
        for w in (tv_weight, 0.0)
    )
    best = found.fun
    assert surprise(ours.astype(float).ravel())[0] < best + 2e-3
    assert surprise(plain.astype(float).ravel())[0] > best + 0.02  # the penalty does matter
    np.testing.assert_allclose(ours, found.x.reshape(scene.shape), atol=1)


def test_a_volume_becomes_truer_and_variation_helps_against_noise():
    psf = microscope_psf(Optics(na=0.8, wavelength=520, pixel=0.2, z=0.8, index=1.0), planes=5)
    z, y, x = np.mgrid[0:15, 0:48, 0:48]
    ball = 900.0 * (np.sqrt(((z - 7) * 2) ** 2 + (y - 24) ** 2 + (x - 24) ** 2) < 9)
    seen = np.maximum(fftconvolve(ball, psf.astype(float), mode="same"), 0)
    counts = np.random.default_rng(0).poisson(seen + 20).astype(np.float32)
    light = counts.sum(dtype=float) - 20 * counts.size

    def error(tv_weight):
        sharp = richardson_lucy_tv(counts, psf, num_iter=60, tv_weight=tv_weight, background=20)
        assert sharp.sum(dtype=float) == pytest.approx(light, rel=1e-5)
        return np.sqrt(((sharp - ball) ** 2).mean())

    plain = error(0.0)
    assert plain < 0.7 * np.sqrt(((counts - 20 - ball) ** 2).mean())
    assert error(0.005) < 0.95 * plain


@pytest.mark.parametrize("boundary", ["reflect", "wrap"])
@pytest.mark.parametrize("scale", [1e-3, 6e4])
@pytest.mark.parametrize("tv_weight", [0.0, 0.01])
def test_the_flux_is_kept_whatever_the_numbers(boundary, scale, tv_weight):
    rng = np.random.default_rng(0)
    image = (scale * ndimage.gaussian_filter(rng.random((50, 60)), 2)).astype(np.float32)
    sharp = richardson_lucy_tv(
        image, gaussian_psf(1.7), num_iter=20, tv_weight=tv_weight, boundary=boundary
    )
    assert sharp.sum(dtype=float) == pytest.approx(image.sum(dtype=float), rel=1e-3)
    assert sharp.max() > image.max()  # nothing was clipped
    unit = richardson_lucy_tv(
        image / np.float32(scale), gaussian_psf(1.7), num_iter=20, tv_weight=tv_weight,
        boundary=boundary,
    )  # fmt: skip
    np.testing.assert_allclose(sharp / scale, unit, rtol=0.01, atol=1e-3)  # nothing was scaled


def test_an_unknown_border_is_not_dark():
    psf = gaussian_psf(2.0)
    scene = 100 + 50 * ndimage.gaussian_filter(np.random.default_rng(0).random((90, 90)), 2)
    scene[:, 12:16] = 400  # just outside of what is seen
    seen = convolve(scene.astype(np.float32), psf)[20:70, 18:68]
    truth = scene[20:70, 18:68]
    errors = {
        boundary: np.abs(richardson_lucy_tv(seen, psf, num_iter=200, boundary=boundary) - truth)[
            :, :4
        ].mean()
        for boundary in ("unknown", "reflect")
    }
    assert errors["unknown"] < 0.5 * errors["reflect"]


def test_the_input_stays_and_zero_iterations_take_off_the_background():
    image = np.full((9, 9), 30, np.float32)
    image.setflags(write=False)
    result = richardson_lucy_tv(image, gaussian_psf(1.0), num_iter=0, background=20)
    np.testing.assert_array_equal(result, 10)
    dark = richardson_lucy_tv(image, gaussian_psf(1.0), background=31)
    np.testing.assert_array_equal(dark, 0)


@pytest.mark.parametrize(
    "options",
    [
        {"num_iter": -1},
        {"tv_weight": -0.1},
        {"tv_weight": 0.25},
        {"background": -1.0},
        {"spacing": (1.0,)},
        {"spacing": (1.0, 0.0)},
        {"boundary": "dark"},
    ],
)
def test_wrong_numbers(options):
    with pytest.raises(ArgumentError):
        richardson_lucy_tv(np.ones((9, 9), np.float32), gaussian_psf(1.0), **options)
