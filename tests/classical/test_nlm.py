import sys

import numpy as np
import pytest
from skimage import restoration

from unblur.classical.nlm import non_local_means
from unblur.errors import ArgumentError, MissingExtraError


def test_calls_scikit_image_with_what_it_recommends(camera):
    small = camera[:40, :40]
    expected = restoration.denoise_nl_means(
        small, patch_size=7, patch_distance=11, h=0.016, sigma=0.02, fast_mode=True
    )
    np.testing.assert_allclose(non_local_means(small, noise=0.02), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["camera", "coffee"])
def test_removes_noise(name, request):
    picture = request.getfixturevalue(name)[:90, :90]
    noisy = picture + 0.05 * np.random.default_rng(0).standard_normal(picture.shape)
    denoised = non_local_means(noisy.astype(np.float32))
    assert denoised.shape == picture.shape
    assert np.mean((denoised - picture) ** 2) < 0.6 * np.mean((noisy - picture) ** 2)


def test_without_noise_nothing_changes():
    ramp = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    np.testing.assert_array_equal(non_local_means(ramp, noise=0), ramp)


def test_names_the_extra_when_scikit_image_is_missing(camera, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.restoration", None)
    with pytest.raises(MissingExtraError, match="classical"):
        non_local_means(camera)


@pytest.mark.parametrize(
    "wrong", [{"noise": -1}, {"patch_size": 4}, {"patch_size": 0}, {"patch_distance": 0}]
)
def test_refuses(camera, wrong):
    with pytest.raises(ArgumentError):
        non_local_means(camera, **wrong)
