from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unblur.degradation import PSFSampler, centroid
from unblur.errors import ArgumentError, PSFError

KINDS = ("gaussian", "defocus", "motion", "shake", "box", "none")


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 2**32 - 1), st.sampled_from([*KINDS, None]))
def test_all_are_valid_psfs(seed, kind):
    psf, drawn = PSFSampler().sample(np.random.default_rng(seed), kind)
    assert drawn == kind or (kind is None and drawn in KINDS)
    assert psf.shape == (33, 33)
    assert psf.dtype == np.float32
    assert psf.min() >= 0
    assert psf.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    assert centroid(psf) == pytest.approx((0, 0), abs=0.02)


def test_the_seed_decides():
    first, again = (PSFSampler().sample(np.random.default_rng(11)) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]


def test_kinds_come_by_their_weights():
    rng, sampler = np.random.default_rng(0), PSFSampler(("none", "box"), (3.0, 1.0))
    counts = Counter(sampler.sample(rng)[1] for _ in range(1000))
    assert counts["none"] == pytest.approx(750, abs=50)
    assert set(counts) == {"none", "box"}


def test_a_weight_of_zero_is_never_drawn():
    rng, sampler = np.random.default_rng(0), PSFSampler(("none", "box"), (0.0, 1.0))
    assert {sampler.sample(rng)[1] for _ in range(50)} == {"box"}
    assert sampler.sample(rng, "none")[1] == "none"


def spread(psf):
    offsets = np.arange(psf.shape[0]) - psf.shape[0] // 2
    return np.sqrt((psf * (offsets[:, None] ** 2 + offsets**2)).sum())


@pytest.mark.parametrize("kind", ["gaussian", "defocus", "motion", "shake", "box"])
def test_small_and_large_blurs_are_drawn_and_large_ones_more_often(kind):
    rng, sampler = np.random.default_rng(0), PSFSampler()
    spreads = np.array([spread(sampler.sample(rng, kind)[0]) for _ in range(300)])
    assert spreads.min() < 0.35 * spreads.max()
    assert np.median(spreads) > 0.35 * spreads.max()


def test_ranges_are_kept():
    rng, sampler = np.random.default_rng(0), PSFSampler(radius=(2.0, 2.0), size=9)
    areas = [1 / sampler.sample(rng, "defocus")[0].max() for _ in range(50)]
    np.testing.assert_allclose(areas, np.pi * 4, rtol=0.05)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"kinds": ("gauss",), "weights": (1.0,)}, r"unknown PSF kinds \['gauss'\]"),
        ({"kinds": (), "weights": ()}, "one or more of"),
        ({"weights": (1.0,)}, "no weights"),
        ({"weights": (0.0,) * 6}, "no weights"),
        ({"weights": (-1.0, 1, 1, 1, 1, 1)}, "no weights"),
        ({"sigma": (2.0, 1.0)}, "range of sigma"),
        ({"extent": (0.0, 1.0)}, "range of extent"),
    ],
)
def test_nonsense_is_refused(setting, reason):
    with pytest.raises(ArgumentError, match=reason):
        PSFSampler(**setting)


def test_wrong_size_and_kind():
    with pytest.raises(PSFError, match="must be odd"):
        PSFSampler(size=32)
    with pytest.raises(ArgumentError, match="unknown PSF kind 'blur'"):
        PSFSampler().sample(np.random.default_rng(0), "blur")
