import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unblur.classical.edges import pad_edges, taper_edges
from unblur.classical.wiener import wiener
from unblur.degradation import convolve, crop_valid, disk_psf, motion_psf
from unblur.errors import ArgumentError, ArrayError, PSFError

MODES = ["replicate", "reflect", "wrap", "zero"]


@pytest.mark.parametrize("boundary", MODES)
@pytest.mark.parametrize("frame", [pad_edges, taper_edges])
@settings(max_examples=20, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    channels=st.sampled_from([None, 1, 3]),
    size=st.sampled_from([1, 3, 9, 33]),
)
def test_the_image_itself_stays(frame, boundary, height, width, channels, size):
    shape = (height, width) if channels is None else (height, width, channels)
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    framed = frame(image, np.ones((size, size)), boundary=boundary)
    np.testing.assert_array_equal(framed.crop(framed.planes), image)
    assert framed.planes.dtype == np.float32
    assert framed.transfer.shape == (framed.planes.shape[1], framed.planes.shape[2] // 2 + 1)


@pytest.mark.parametrize("boundary", ["replicate", "reflect"])
@pytest.mark.parametrize("frame", [pad_edges, taper_edges])
def test_no_jump_where_the_end_meets_the_start(camera, frame, boundary):
    planes = frame(camera, disk_psf(3), boundary=boundary).planes[0]
    inner = np.abs(np.diff(camera, axis=1)).max()
    assert np.abs(planes[:, 0] - planes[:, -1]).max() < inner
    assert np.abs(planes[0] - planes[-1]).max() < np.abs(np.diff(camera, axis=0)).max()


def test_wrap_adds_nothing_and_zero_adds_black(camera):
    assert pad_edges(camera, disk_psf(3), boundary="wrap").planes.shape == (1, *camera.shape)
    padded = taper_edges(camera, disk_psf(3), boundary="zero").planes[0]
    assert not padded[camera.shape[0] :].any()
    assert not padded[:, camera.shape[1] :].any()


def test_no_ghosts_along_the_border(camera):
    psf = motion_psf(13, 25)
    blurred = convolve(camera, psf, boundary="valid")
    sharp = np.asarray(crop_valid(camera, psf))
    border = np.ones(sharp.shape, bool)
    border[16:-16, 16:-16] = False

    def error(boundary):
        restored = wiener(blurred, psf, boundary=boundary)
        return np.sqrt(np.mean((restored - sharp)[border] ** 2))

    inner = np.sqrt(np.mean((wiener(blurred, psf) - sharp)[~border] ** 2))
    assert error("replicate") < 1.5 * inner
    assert error("replicate") < 0.5 * error("wrap")


@pytest.mark.parametrize(
    ("image", "psf", "boundary", "error"),
    [
        (np.zeros((8, 8), np.uint8), np.ones((3, 3)), "replicate", ArrayError),
        (np.zeros(8, np.float32), np.ones((3, 3)), "replicate", ArrayError),
        (np.zeros((8, 8), np.float32), np.zeros((3, 3)), "replicate", PSFError),
        (np.zeros((8, 8), np.float32), np.ones((3, 3)), "mirror", ArgumentError),
    ],
)
def test_refuses(image, psf, boundary, error):
    with pytest.raises(error):
        taper_edges(image, psf, boundary=boundary)
