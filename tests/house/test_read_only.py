"""Arrays that come in stay as they are: every public function takes a read-only one."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import unblur

Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def image() -> Array:
    """A picture with edges, float32 (96, 112, 3) in [0, 1]."""
    rows, columns = np.mgrid[0:96, 0:112]
    board = ((rows // 12 + columns // 16) % 2).astype(np.float32)
    colours = np.array([0.8, 0.6, 0.4], np.float32)
    picture = 0.1 + board[..., None] * colours
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="module")
def psf() -> Array:
    kernel = unblur.disk_psf(2.0).copy()
    kernel.flags.writeable = False
    return kernel


@pytest.mark.parametrize("method", [unblur.wiener, unblur.regularised, unblur.richardson_lucy])
def test_deconvolution(method: Callable[[Array, Array], Array], image: Array, psf: Array) -> None:
    before = image.copy(), psf.copy()
    result = method(image, psf)
    assert result.shape == image.shape
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(psf, before[1])


@pytest.mark.parametrize("function", [unblur.restore, unblur.estimate_psf, unblur.inspect])
def test_blind(function: Callable[[Array], object], image: Array) -> None:
    before = image.copy()
    assert function(image) is not None
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("function", [unblur.restore, unblur.degrade])
def test_with_a_psf(function: Callable[[Array, Array], Array], image: Array, psf: Array) -> None:
    before = image.copy()
    result = function(image, psf)
    assert result.shape == image.shape
    assert not np.shares_memory(result, image)
    np.testing.assert_array_equal(image, before)


def test_description(psf: Array) -> None:
    assert unblur.describe_psf(psf) is not None


def test_eight_bits_come_back_as_eight_bits(image: Array, psf: Array) -> None:
    pixels = np.round(image * 255).astype(np.uint8)
    pixels.flags.writeable = False
    result = unblur.restore(pixels, psf)
    assert result.dtype == np.uint8
    assert result.shape == pixels.shape
