"""PSFs against their analytic moments and optical transfer functions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import diric, j1

from unblur.degradation import (
    box_psf,
    centroid,
    delta_psf,
    disk_psf,
    gaussian_psf,
    motion_psf,
    otf,
)
from unblur.errors import PSFError

PIXEL_VARIANCE = 1 / 12
"""Of the square that a PSF is integrated over."""

angles = st.floats(-360, 360)


def assert_otf(psf, law, *, atol, size=32, copies=12):
    """Compare the OTF of a PSF with `law`, the Fourier transform before sampling.

    `law` takes horizontal and vertical (upward) frequencies in cycles per px. Sampling adds up its
    copies around all whole frequencies.
    """
    vertical, horizontal = -np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    shifts = range(-copies, copies + 1)
    folded = sum(law(horizontal + i, vertical + j) for i in shifts for j in shifts)
    transfer = otf(psf, (size, size))
    np.testing.assert_allclose(transfer.real, folded, atol=atol)
    np.testing.assert_allclose(transfer.imag, 0, atol=atol)


def turned(x, y, angle):
    """Components of (x, y) along and across a direction in degrees."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return x * cosine + y * sine, y * cosine - x * sine


def moments(psf):
    """Second central moments of a PSF: along x, along y (up), and mixed."""
    offsets = np.arange(psf.shape[0]) - psf.shape[0] // 2
    weights = psf.astype(np.float64)
    x, y = offsets[None, :], -offsets[:, None]
    return tuple(float((weights * product).sum()) for product in (x * x, y * y, x * y))


def assert_valid(psf):
    assert psf.dtype == np.float32
    assert psf.shape[0] == psf.shape[1]
    assert psf.shape[0] % 2 == 1
    assert psf.min() >= 0
    assert psf.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    assert centroid(psf) == pytest.approx((0, 0), abs=0.02)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.05, 8), st.floats(0.05, 8), angles)
def test_gaussian_is_a_valid_psf_with_the_mass_that_is_promised(sigma, minor, angle):
    psf = gaussian_psf(sigma, sigma_minor=minor, angle=angle)
    assert_valid(psf)
    wide = gaussian_psf(sigma, sigma_minor=minor, angle=angle, size=psf.shape[0] + 30)
    assert wide[15:-15, 15:-15].sum(dtype=np.float64) >= 0.999


@settings(deadline=None, max_examples=40)
@given(st.floats(0.1, 12), st.sampled_from([0, 3, 4, 5, 6, 7, 9]), angles, st.floats(0, 1))
def test_disk_is_a_valid_psf(radius, blades, rotation, softness):
    assert_valid(
        disk_psf(radius, blades=blades, rotation=rotation, softness=min(softness, 2 * radius))
    )


@settings(deadline=None, max_examples=40)
@given(st.floats(0.1, 30), angles, st.floats(-360, 360))
def test_motion_is_a_valid_psf(length, angle, curvature):
    assert_valid(motion_psf(length, angle, curvature=curvature))


@settings(deadline=None, max_examples=40)
@given(st.floats(0.1, 30))
def test_box_is_a_valid_psf(width):
    assert_valid(box_psf(width))


def test_delta():
    assert delta_psf().tolist() == [[1.0]]
    assert np.argmax(delta_psf(5)) == 12
    np.testing.assert_allclose(otf(delta_psf(5), (8, 8)), 1, atol=1e-6)


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.0, 2.5, 6.0])
def test_gaussian_moments(sigma):
    var_x, var_y, mixed = moments(gaussian_psf(sigma, size=81))
    # below half a pixel the pixel grid, not the law, decides: there the moment is not compared
    if sigma >= 0.5:
        assert var_x == pytest.approx(sigma**2 + PIXEL_VARIANCE, rel=5e-3)
    assert var_y == pytest.approx(var_x)
    assert mixed == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("major", "minor"), [(3.0, 1.0), (1.0, 3.0), (2.0, 0.7), (4.0, 3.9)])
@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 90.0, 130.0, -20.0])
def test_elliptic_gaussian_moments_show_the_angle(major, minor, angle):
    var_x, var_y, mixed = moments(gaussian_psf(major, sigma_minor=minor, angle=angle, size=61))
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    wanted_x = (major * cosine) ** 2 + (minor * sine) ** 2 + PIXEL_VARIANCE
    wanted_y = (major * sine) ** 2 + (minor * cosine) ** 2 + PIXEL_VARIANCE
    assert var_x == pytest.approx(wanted_x, rel=2e-3)
    assert var_y == pytest.approx(wanted_y, rel=2e-3)
    assert mixed == pytest.approx((major**2 - minor**2) * sine * cosine, abs=2e-3)


@pytest.mark.parametrize(
    "parameters", [(0.5, 0.5, 0.0), (2.5, 2.5, 0.0), (3.0, 1.2, 25.0), (2.0, 0.6, -70.0)]
)
def test_gaussian_otf(parameters):
    major, minor, angle = parameters

    def law(x, y):
        along, across = turned(x, y, angle)
        gaussian = np.exp(-2 * np.pi**2 * ((major * along) ** 2 + (minor * across) ** 2))
        return gaussian * np.sinc(x) * np.sinc(y)  # the area of the pixels

    psf = gaussian_psf(major, sigma_minor=minor, angle=angle, size=41)
    assert_otf(psf, law, atol=1e-5, copies=2)


def test_oblique_gaussian_against_brute_force():
    fine, size = 48, 13
    grid = (np.arange(size * fine) + 0.5) / fine - size / 2
    x, y = np.meshgrid(grid, -grid)
    for major, minor, angle in [(2.0, 1.0, 30.0), (1.5, 0.4, 75.0), (0.5, 0.3, 45.0)]:
        along, across = turned(x, y, angle)
        law = np.exp(-((along / major) ** 2 + (across / minor) ** 2) / 2)
        masses = law.reshape(size, fine, size, fine).sum((1, 3))
        psf = gaussian_psf(major, sigma_minor=minor, angle=angle, size=size)
        np.testing.assert_allclose(psf, masses / masses.sum(), atol=1e-4)


@pytest.mark.parametrize("width", [1, 3, 9])
def test_box_of_odd_width_has_the_dirichlet_kernel_as_otf(width):
    def law(x, y):
        # the Dirichlet kernel of an odd order, from -1 to 1 on a period
        return diric(2 * np.pi * x, width) * diric(2 * np.pi * y, width)

    assert_otf(box_psf(width), law, atol=1e-6, copies=0)


@pytest.mark.parametrize("width", [0.4, 1.0, 2.0, 3.5, 4.9, 6.2])
def test_box_covers_its_outer_pixels_in_part(width):
    row = box_psf(width).sum(axis=0)
    reach = len(row) // 2
    edges = np.clip((np.arange(-reach, reach + 2) - 0.5) / width, -0.5, 0.5)
    np.testing.assert_allclose(row, np.diff(edges), atol=1e-6)


@pytest.mark.parametrize("radius", [2.0, 4.3, 7.0])
def test_disk_otf_is_a_jinc(radius):
    def law(x, y):
        argument = 2 * np.pi * radius * np.hypot(x, y)
        safe = np.where(argument == 0, 1, argument)
        return np.where(argument == 0, 1, 2 * j1(safe) / safe) * np.sinc(x) * np.sinc(y)

    assert_otf(disk_psf(radius), law, atol=5e-4)


@pytest.mark.parametrize("radius", [0.4, 0.7, 1.0, 3.3, 9.5])
def test_disk_pixels_show_the_area_that_is_covered(radius):
    psf = disk_psf(radius)
    assert psf.shape[0] == 2 * max(math.ceil(radius - 0.5), 0) + 1
    fine, size = 200, psf.shape[0]
    grid = (np.arange(size * fine) + 0.5) / fine - size / 2
    inside = np.hypot(grid[:, None], grid) <= radius
    area = inside.reshape(size, fine, size, fine).sum((1, 3)) / fine**2
    np.testing.assert_allclose(psf, area / (np.pi * radius**2), atol=2e-3 / radius**2)


def test_disk_moments():
    for radius in (2.0, 5.5, 20.0):  # the wider, the less do single pixels at the edge count
        var_x, var_y, mixed = moments(disk_psf(radius))
        assert var_x == pytest.approx(radius**2 / 4 + PIXEL_VARIANCE, rel=0.08 / radius)
        assert var_y == pytest.approx(var_x, rel=1e-3)
        assert mixed == pytest.approx(0, abs=1e-4)


def test_disk_is_the_same_in_all_eight_orientations():
    psf = disk_psf(3.7, softness=0.8)
    np.testing.assert_allclose(psf, psf[::-1], atol=1e-6)
    np.testing.assert_allclose(psf, psf.T, atol=1e-4)


def test_soft_disk_falls_in_a_straight_line():
    cone = disk_psf(10.0, softness=20.0)
    row = cone[cone.shape[0] // 2]
    middle = len(row) // 2
    profile = row[middle + 2 : middle + 18] / row[middle + 2]
    expected = (20 - np.arange(2, 18)) / 18
    np.testing.assert_allclose(profile, expected, atol=0.04)
    assert disk_psf(4.0, softness=1.0).max() < disk_psf(4.0).max() * 1.05


@pytest.mark.parametrize("blades", [3, 5, 6, 8])
def test_polygon_has_the_area_of_the_disk(blades):
    area = 1 / disk_psf(6.0, blades=blades, rotation=10.0).max()  # a pixel that is fully covered
    assert area == pytest.approx(np.pi * 36, rel=1e-3)


def test_polygon_corner_points_where_rotation_says():
    psf = disk_psf(8.0, blades=3, rotation=90.0)  # a corner on top, an edge below
    rows = np.flatnonzero(psf.sum(axis=1) > 1e-4)
    middle = psf.shape[0] // 2
    assert middle - rows[0] > 1.5 * (rows[-1] - middle)
    np.testing.assert_allclose(psf, psf[:, ::-1], atol=1e-4)


def test_polygon_of_many_blades_is_a_disk():
    size = disk_psf(5.0).shape[0]
    many = disk_psf(5.0, blades=99, size=size)
    np.testing.assert_allclose(many, disk_psf(5.0), atol=2e-5)


@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 90.0, 135.0, 200.0, -60.0])
def test_motion_moments_show_the_angle(angle):
    length = 15.3
    var_x, var_y, mixed = moments(motion_psf(length, angle))
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    # sharing a point by its neighbours adds f (1 - f), between 0 and 1/4
    assert var_x == pytest.approx(length**2 / 12 * cosine**2 + 0.125, abs=0.126)
    assert var_y == pytest.approx(length**2 / 12 * sine**2 + 0.125, abs=0.126)
    assert mixed == pytest.approx(length**2 / 12 * sine * cosine, abs=0.1)


def test_motion_goes_counter_clockwise_from_x_with_y_up():
    psf = motion_psf(11.0, 45.0)
    corner = psf.shape[0] // 2 - 2
    assert psf[:corner, -corner:].sum() > 0.1  # upper right
    assert psf[:corner, :corner].sum() == 0  # upper left


@pytest.mark.parametrize("angle", [20.0, 45.0, 110.0, -30.0])
def test_motion_otf_is_a_sinc(angle):
    def law(x, y):
        line = np.sinc(9.0 * turned(x, y, angle)[0])
        return line * np.sinc(x) ** 2 * np.sinc(y) ** 2  # points shared by their neighbours

    assert_otf(motion_psf(9.0, angle), law, atol=1e-3)


def test_motion_along_a_row_stays_in_the_row():
    psf = motion_psf(8.0, 0.0)
    # from -4 to 4; the outermost pixel gets half a triangle of area 1/2
    np.testing.assert_allclose(psf[4], np.array([0.5, *[1] * 7, 0.5]) / 8, atol=1e-4)


def test_curved_motion_bends_to_the_left():
    # heading right and turning left is a cup, open at the top
    psf = motion_psf(20.0, 0.0, curvature=120.0)
    columns = psf.sum(axis=0)
    rows = np.arange(psf.shape[0])
    middle = psf.shape[0] // 2
    used = np.flatnonzero(columns > 1e-3)
    height = (psf * rows[:, None]).sum(axis=0)[used] / columns[used]
    assert height[0] < middle - 1
    assert height[-1] < middle - 1
    assert height[len(height) // 2] > middle + 1
    np.testing.assert_allclose(psf, psf[:, ::-1], atol=1e-5)


def test_full_circle_is_a_ring():
    circumference = 40.0
    psf = motion_psf(circumference, 17.0, curvature=360.0)
    offsets = np.arange(psf.shape[0]) - psf.shape[0] // 2
    distance = np.hypot(offsets[:, None], offsets)
    mean = (psf * distance).sum()
    assert mean == pytest.approx(circumference / (2 * np.pi), abs=0.05)


def test_tiny_blurs_are_almost_nothing():
    for psf in (gaussian_psf(0.01), disk_psf(0.3), box_psf(0.5), motion_psf(0.01, 30.0)):
        assert psf.max() > 0.98


def test_a_given_size_is_kept():
    for size in (1, 9, 65):
        assert gaussian_psf(2.0, size=size).shape == (size, size)
        assert disk_psf(3.0, blades=5, size=size).shape == (size, size)
        assert motion_psf(12.0, 40.0, size=size).shape == (size, size)


def test_large_blurs_are_made_within_the_limit():
    assert disk_psf(300.0).shape == (601, 601)
    with pytest.raises(PSFError, match="blurs up to 1025 px"):
        disk_psf(600.0)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, 1e-300, 1e300])
def test_nonsense_extents_are_refused(value):
    for call in (gaussian_psf, box_psf, disk_psf, lambda length: motion_psf(length, 0.0)):
        with pytest.raises(PSFError, match="positive number of pixels"):
            call(value)
    with pytest.raises(PSFError, match="sigma_minor"):
        gaussian_psf(1.0, sigma_minor=value)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: gaussian_psf(1.0, angle=math.nan), "angle must be a finite"),
        (lambda: gaussian_psf(1.0, size=4), "must be odd"),
        (lambda: disk_psf(2.0, blades=2), "blades, not 2"),
        (lambda: disk_psf(2.0, blades=-5), "blades, not -5"),
        (lambda: disk_psf(2.0, softness=-0.1), "softness"),
        (lambda: disk_psf(2.0, softness=4.1), "softness"),
        (lambda: disk_psf(2.0, rotation=math.inf), "rotation"),
        (lambda: motion_psf(5.0, math.nan), "angle"),
        (lambda: motion_psf(5.0, 0.0, curvature=361.0), "curvature"),
        (lambda: motion_psf(5000.0, 0.0), "too long"),
    ],
)
def test_other_nonsense_is_refused(call, reason):
    with pytest.raises(PSFError, match=reason):
        call()
