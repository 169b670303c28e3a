import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from unblur.degradation import (
    box_psf,
    camera_shake_psf,
    delta_psf,
    disk_psf,
    gaussian_psf,
    motion_psf,
    resize_psf,
)
from unblur.errors import PSFError
from unblur.estimation.describe import describe_psf, draw_as_shapes
from unblur.evaluation.metrics import psf_similarity

SIZE = 33


def draw(kind, rng):
    """Random PSF of a kind, its extent and its angle."""
    angle = None
    if kind == "none":
        return delta_psf(SIZE), 0.0, angle
    if kind == "gaussian":
        sigma = rng.uniform(1, 3)
        ratio = rng.choice([1.0, rng.uniform(0.55, 1)])
        turn = rng.uniform(0, 180)
        psf = gaussian_psf(sigma, sigma_minor=ratio * sigma, angle=turn, size=SIZE)
        return psf, 2.355 * sigma, angle
    if kind == "defocus":
        radius, blades = rng.uniform(1.5, 6), int(rng.choice([0, 0, 6, 7]))
        softness = rng.uniform(0, min(1, radius / 2))
        return disk_psf(radius, blades=blades, softness=softness, size=SIZE), 2 * radius, angle
    if kind == "motion":
        length, angle = rng.uniform(5, 20), rng.uniform(0, 180)
        curvature = rng.choice([0.0, rng.uniform(-100, 100)])
        return motion_psf(length, angle, curvature=curvature, size=SIZE), length, angle
    extent = rng.uniform(8, 25)
    return camera_shake_psf(rng, extent=extent, size=SIZE, jitter=1.0), extent, angle


def estimate(psf, rng, noise, smoothing):
    """What an estimator might have made of a PSF."""
    values = ndimage.gaussian_filter(psf.astype(np.float64), smoothing)
    values += noise * values.max() * rng.standard_normal(values.shape)
    return np.maximum(values, 0)


@pytest.mark.parametrize("kind", ["none", "gaussian", "defocus", "motion", "shake"])
@pytest.mark.parametrize(("noise", "smoothing"), [(0, 0), (0.03, 0.5)], ids=["exact", "estimated"])
def test_random_psfs_of_every_kind(kind, noise, smoothing):
    rng = np.random.default_rng(20)
    found, extents = [], []
    for _ in range(50):
        psf, extent, _ = draw(kind, rng)
        description = describe_psf(estimate(psf, rng, noise, smoothing))
        found.append(description.kind)
        extents.append(abs(description.extent - extent) <= 0.2 * extent)
    assert np.mean([name == kind for name in found]) >= 0.9
    assert np.mean(extents) >= 0.8


@settings(max_examples=25, deadline=None)
@example(length=7.0, angle=7.0)  # seven pixels, less than half a pixel off the row
@given(length=st.floats(5, 20), angle=st.floats(0, 180))
def test_lines_are_measured_closely(length, angle):
    found = describe_psf(motion_psf(length, angle))
    assert found.kind == "motion"
    assert found.extent == pytest.approx(length, abs=0.3 + 0.03 * length)
    assert found.angle is not None
    assert abs((found.angle - angle + 90) % 180 - 90) < 1 + 15 / length
    assert 0 <= found.angle < 180


@settings(max_examples=25, deadline=None)
@given(radius=st.floats(1.5, 9))
def test_disks_are_measured_closely(radius):
    found = describe_psf(disk_psf(radius))
    assert (found.kind, found.angle) == ("defocus", None)
    assert found.extent == pytest.approx(2 * radius, abs=0.2)


@settings(max_examples=25, deadline=None)
@given(sigma=st.floats(1, 6), tight=st.booleans())
def test_gaussians_are_measured_closely(sigma, tight):
    psf = gaussian_psf(sigma) if tight else gaussian_psf(sigma, size=65)
    found = describe_psf(psf)
    assert (found.kind, found.angle) == ("gaussian", None)
    assert found.extent == pytest.approx(2.355 * np.hypot(sigma, np.sqrt(1 / 12)), rel=0.03)


@pytest.mark.parametrize("sigma", [0.75, 0.8, 0.9, 1.0, 1.3])
@pytest.mark.parametrize("make", [gaussian_psf, lambda spread: disk_psf(1.7 * spread)])
def test_a_small_round_psf_is_no_short_line(make, sigma):
    near = make(sigma) + 0.1 * np.roll(make(sigma), 1, axis=0)  # hardly longer than wide
    for psf in (make(sigma), near):
        assert describe_psf(psf).kind != "motion"


@pytest.mark.parametrize("psf", [motion_psf(11, 20), motion_psf(14, 0, curvature=70)])
def test_turning_the_psf_turns_the_angle(psf):
    straight, turned, mirrored = map(describe_psf, (psf, np.rot90(psf), psf[:, ::-1]))
    assert turned.extent == pytest.approx(straight.extent, abs=0.05)
    assert (turned.angle - straight.angle) % 180 == pytest.approx(90, abs=0.5)
    assert (mirrored.angle + straight.angle + 90) % 180 - 90 == pytest.approx(0, abs=0.5)


def test_an_average_over_a_square_is_nearest_to_defocus():
    assert describe_psf(box_psf(9)).kind == "defocus"


@pytest.mark.parametrize("psf", [delta_psf(), delta_psf(65), gaussian_psf(0.5), motion_psf(1, 0)])
def test_next_to_no_blur_is_none(psf):
    found = describe_psf(psf)
    assert (found.kind, found.extent, found.angle) == ("none", 0.0, None)


def test_two_separate_spots_are_no_simple_blur():
    psf = np.zeros((25, 25))
    psf[5, 5] = psf[18, 20] = 1
    found = describe_psf(psf)
    assert found.kind == "shake"
    assert found.extent == pytest.approx(np.hypot(13, 15), rel=0.1)


def test_zeros_around_change_nothing():
    psf = motion_psf(9, 40)
    tight, wide = describe_psf(psf), describe_psf(resize_psf(psf, 61))
    assert tight.kind == wide.kind == "motion"
    assert tight.extent == pytest.approx(wide.extent, abs=0.02)


def test_confidence_falls_with_noise_and_doubt():
    rng = np.random.default_rng(0)
    clear = describe_psf(disk_psf(5, size=SIZE)).confidence
    noisy = describe_psf(estimate(disk_psf(5, size=SIZE), rng, 0.3, 0)).confidence
    between = describe_psf(disk_psf(1.3, softness=1.2, size=SIZE)).confidence
    assert 0.8 < clear <= 1
    assert 0 <= noisy < clear
    assert 0 <= between < clear


def test_confidence_tells_right_from_wrong():
    rng = np.random.default_rng(4)
    sure, right = [], []
    for number in range(250):
        kind = ["gaussian", "defocus", "motion", "shake"][number % 4]
        found = describe_psf(estimate(draw(kind, rng)[0], rng, 0.06, 0.7))
        sure.append(found.confidence)
        right.append(found.kind == kind)
    sure, right = np.array(sure), np.array(right)
    assert sure[right].mean() > sure[~right].mean() + 0.1
    assert right[sure > 0.8].mean() > 0.97


def test_pure_noise_is_survived():
    noise = np.random.default_rng(0).random((SIZE, SIZE))
    assert 0 <= describe_psf(noise).confidence <= 1


@pytest.mark.parametrize("wrong", [np.zeros((5, 5)), np.ones(5), -np.ones((3, 3))])
def test_refuses_what_is_no_psf(wrong):
    with pytest.raises(PSFError):
        describe_psf(wrong)


def test_is_fast_and_leaves_the_psf_alone():
    psf = camera_shake_psf(np.random.default_rng(0), extent=20, size=SIZE)
    psf.flags.writeable = False
    seconds = []
    for _ in range(5):
        start = time.process_time()
        describe_psf(psf)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.1  # some 0.01 on a quiet machine


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.2])
@pytest.mark.parametrize(
    "make",
    [
        lambda size: gaussian_psf(2.0 * size),
        lambda size: gaussian_psf(3.0 * size, sigma_minor=1.5 * size, angle=40),
        lambda size: disk_psf(4.0 * size),
        lambda size: motion_psf(12 * size, 100),
        lambda size: motion_psf(14 * size, 30, curvature=70),
    ],
    ids=["gaussian", "slanted gaussian", "disk", "line", "arc"],
)
def test_a_shape_is_drawn_in_any_size(make, factor):
    drawn = draw_as_shapes(resize_psf(make(1.0), 33))[0](factor)
    assert drawn.shape == (33, 33)
    assert psf_similarity(drawn, resize_psf(make(factor), 33)) > 0.985


def test_what_resembles_no_shape_is_not_drawn():
    assert draw_as_shapes(camera_shake_psf(np.random.default_rng(3), extent=18)) == ()
    assert draw_as_shapes(delta_psf(33)) == ()


def test_a_round_psf_is_drawn_as_gaussian_and_as_disk():
    for psf, other in ((gaussian_psf(2.0), "defocus"), (disk_psf(4.0), "gaussian")):
        size = resize_psf(psf, 33)
        kinds = [describe_psf(draw(1.0)).kind for draw in draw_as_shapes(size)]
        assert kinds == [describe_psf(size).kind, other]
    assert len(draw_as_shapes(motion_psf(12, 20, size=33))) == 1
