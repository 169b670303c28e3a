"""What all classical methods have in common."""

import inspect

import numpy as np
import pytest

from unblur import classical
from unblur.degradation import disk_psf

METHODS = [getattr(classical, name) for name in classical.__all__]
DECONVOLUTIONS = [method for method in METHODS if method is not classical.non_local_means]


def run(method, image):
    result = method(image, disk_psf(1.5)) if method in DECONVOLUTIONS else method(image)
    return result[0] if isinstance(result, tuple) else result


@pytest.mark.parametrize("method", METHODS)
def test_argument_order(method):
    parameters = list(inspect.signature(method).parameters.values())
    first = 2 if method in DECONVOLUTIONS else 1
    assert [parameter.name for parameter in parameters[:first]] == ["image", "psf"][:first]
    for parameter in parameters[first:]:
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.default is not parameter.empty


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(33, 40), (33, 40, 1), (33, 40, 3)])
def test_same_kind_out_and_input_untouched(method, shape):
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    before = image.copy()
    image.flags.writeable = False
    result = run(method, image)
    assert result.shape == shape
    assert result.dtype == np.float32
    assert result.flags.writeable
    assert np.isfinite(result).all()
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("method", METHODS)
def test_flat_pictures_stay_flat(method):
    image = np.full((24, 30, 3), 0.4, np.float32)
    np.testing.assert_allclose(run(method, image), image, atol=1e-3)
