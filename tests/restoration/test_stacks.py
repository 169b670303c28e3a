import numpy as np
import pytest

from unblur.classical.bounded_wiener import bounded_wiener
from unblur.classical.total_variation import richardson_lucy_tv
from unblur.degradation import gaussian_psf
from unblur.degradation.optics import Optics, microscope_psf
from unblur.errors import ArgumentError, PSFError
from unblur.images.stack import Channel, Stack
from unblur.restoration.stack_psfs import optics_psfs
from unblur.restoration.stacks import Deconvolution, deconvolve_stack

FAST = Deconvolution(num_iter=3)


def counts(*shape):
    return np.random.default_rng(0).poisson(200, shape).astype(np.uint16)


@pytest.mark.parametrize("axes", ["TZCYX", "CZTYX", "TCYXZ"])
def test_each_channel_by_its_own_psf_wherever_the_axes_are(axes):
    extents = {"T": 2, "Z": 5, "C": 2, "Y": 20, "X": 24}
    values = counts(*(extents[axis] for axis in axes))
    psfs = [np.ones((3, 3, 3)), np.ones((3, 5, 5))]
    told = []
    sharp, report = deconvolve_stack(
        Stack(values, axes), psfs, how=FAST, progress=lambda *done: told.append(done)
    )
    place = tuple({"T": 1, "C": 1}.get(axis, slice(None)) for axis in axes)
    order = [axes.replace("T", "").replace("C", "").index(axis) for axis in "ZYX"]
    volume = values[place].transpose(order).astype(np.float32)
    expected = richardson_lucy_tv(volume, psfs[1], num_iter=3, tv_weight=0.002)
    np.testing.assert_allclose(sharp.values[place].transpose(order), expected, rtol=1e-4)
    assert (report.volumes, report.dimensions, told[-1]) == (4, 3, (4, 4))
    assert report.flux_change < 1e-3
    assert report.flux == pytest.approx(values.sum(dtype=float))


def test_planes_of_a_stack_by_a_psf_of_a_plane():
    stack = Stack(counts(3, 20, 24).astype(np.float64), "ZYX")
    how = Deconvolution("wiener", background=50.0, max_gain=2.0)
    sharp, report = deconvolve_stack(stack, [gaussian_psf(1.0)], how=how)
    plane = stack.values[2].astype(np.float32) - 50
    expected = bounded_wiener(plane, gaussian_psf(1.0), max_gain=2.0)
    np.testing.assert_allclose(sharp.values[2], expected, rtol=1e-4, atol=1e-3)
    assert (report.volumes, report.dimensions) == (3, 2)
    assert stack.values.dtype == np.float64  # untouched


def test_optics_are_completed_by_the_file():
    stack = Stack(
        counts(2, 5, 20, 24),
        "CZYX",
        voxel=(0.3, 0.1, 0.1),
        channels=(Channel("GFP", 509.0), Channel("RFP", 610.0)),
        na=1.2,
        index=1.33,
    )
    psfs = optics_psfs(stack, Optics())
    for psf, wavelength in zip(psfs, (509, 610), strict=True):
        known = Optics(na=1.2, wavelength=wavelength, pixel=0.1, z=0.3, index=1.33)
        np.testing.assert_array_equal(psf, microscope_psf(known, planes=5))
    assert [psf.ndim for psf in optics_psfs(stack, Optics(wavelength=500), volume=False)] == [2]


def test_what_does_not_fit_is_said():
    stack = Stack(counts(3, 20, 24), "CYX")
    with pytest.raises(PSFError, match="2 PSFs for 3 channels"):
        deconvolve_stack(stack, [gaussian_psf(1.0)] * 2)
    with pytest.raises(PSFError, match="no Z"):
        deconvolve_stack(stack, [np.ones((3, 3, 3))])
    with pytest.raises(PSFError, match="all the same"):
        deconvolve_stack(stack, [np.ones((3, 3, 3)), gaussian_psf(1.0), gaussian_psf(1.0)])
    with pytest.raises(ArgumentError, match="no method"):
        Deconvolution("magic")
    with pytest.raises(PSFError, match="not square"):
        optics_psfs(
            Stack(counts(20, 24), "YX", voxel=(None, 0.2, 0.1)), Optics(na=1, wavelength=500)
        )
