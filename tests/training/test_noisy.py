"""Noisy low-resolution crops: seeded, and what they claim to be."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import convolve

from unblur.training.noisy import NoisyCrops, psf_size
from unblur.training.pictures import load_pictures
from unblur.training.settings import NOISES, NoiseSettings

STRENGTHS = {
    "gaussian": (0.05, 0.05),
    "poisson": (40.0, 40.0),
    "speckle": (0.2, 0.2),
    "impulse": (0.1, 0.1),
    "none": (0.0, 0.0),
}


@pytest.fixture(scope="module")
def pictures(photos):
    return load_pictures(photos, 80)


def crops(pictures, *, count=None, start=0, steps=None, **settings):
    shape = NoiseSettings(**{"crop": 24, "batch_size": 2, **settings})
    return NoisyCrops(pictures, shape, seed=1, count=count, start=start, steps=steps)


def test_a_crop_depends_on_its_number_alone(pictures):
    whole = list(crops(pictures, count=5))
    rest = list(crops(pictures, start=3, count=2))
    for one, two in zip(whole[3:], rest, strict=True):
        assert one["kind"] == two["kind"]
        for name in ("sharp", "clean", "blurred", "psf"):
            assert torch.equal(one[name], two[name])
    assert not torch.equal(whole[0]["sharp"], whole[1]["sharp"])


def test_the_clean_picture_is_the_sharp_one_blurred(pictures):
    for sample in crops(pictures, count=4, sigma=(1.0, 1.0)):
        sharp, clean, psf = (sample[name].numpy() for name in ("sharp", "clean", "psf"))
        margin = psf_size(NoiseSettings(sigma=(1.0, 1.0))) // 2
        assert psf.shape == (2 * margin + 1, 2 * margin + 1)
        inner = (slice(margin, -margin), slice(margin, -margin))
        for channel in range(3):
            wanted = convolve(sharp[channel], psf, mode="valid")
            np.testing.assert_allclose(clean[channel][inner], wanted, atol=1e-5)


@pytest.mark.parametrize("kind", NOISES)
def test_each_noise_has_its_strength(pictures, kind):
    samples = crops(pictures, count=12, crop=48, noises={kind: STRENGTHS[kind]})
    clean, noisy = (
        np.stack([sample[name].numpy() for sample in samples]) for name in ("clean", "blurred")
    )
    middle = (clean > 0.25) & (clean < 0.75)  # nothing is clipped there
    noise = (noisy - clean)[middle]
    level = clean[middle]
    if kind == "impulse":
        assert (noise != 0).mean() == pytest.approx(0.1, abs=0.01)
    else:
        variance = {"gaussian": 0.05**2, "poisson": level / 40, "speckle": (0.2 * level) ** 2}
        assert (noise**2).mean() == pytest.approx(np.mean(variance.get(kind, 0.0)), rel=0.05)
    assert noisy.min() >= 0
    assert noisy.max() <= 1


def test_every_noise_of_the_settings_comes_up_and_some_crops_are_not_blurred(pictures):
    samples = list(crops(pictures, count=40, noises=STRENGTHS, blur_share=0.5))
    assert {sample["kind"] for sample in samples} == set(NOISES)
    unblurred = sum(torch.allclose(one["sharp"], one["clean"], atol=1e-5) for one in samples)
    assert 8 < unblurred < 32


def test_crops_grow_with_the_run(pictures):
    samples = crops(pictures, count=8, steps=4, progressive=(16,))
    assert [sample["sharp"].shape[-1] for sample in samples] == [16] * 4 + [24] * 4
