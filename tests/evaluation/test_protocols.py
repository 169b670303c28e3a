"""The protocols of papers, each against its own words."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import convolve

from unblur.degradation import jpeg_roundtrip
from unblur.evaluation.protocols import (
    AVERAGE,
    DPIR,
    LOWRES,
    NOISES,
    PROTOCOLS,
    ROBUST,
    VALIDATION,
)


@pytest.fixture(scope="module")
def sharp():
    rows, columns = np.mgrid[0:90, 0:101]
    waves = [0.5 + 0.3 * np.sin(rows / 5 + k) * np.cos(columns / 4) for k in range(3)]
    return np.stack(waves, axis=-1).astype(np.float32)


def test_names():
    assert list(PROTOCOLS) == ["validation", "robust", "average", "dpir", "lowres", "noises"]
    assert all(protocol.name == name for name, protocol in PROTOCOLS.items())


def test_dpir_blurs_as_its_authors_do(sharp):
    axis = np.arange(-12, 13)
    gaussian = np.exp(-(axis[:, None] ** 2 + axis**2) / (2 * 1.6**2))
    gaussian /= gaussian.sum()
    case = DPIR.case("a.png", sharp, "gaussian1.6")
    cut = sharp[:88, :96]
    np.testing.assert_array_equal(case.sharp, cut)
    np.testing.assert_allclose(case.psf, gaussian, atol=1e-8)
    expected = convolve(cut.astype(float), gaussian[:, :, None], mode="wrap")
    noise = case.blurred - expected
    assert np.std(noise) == pytest.approx(2.55 / 255, rel=0.02)
    assert abs(np.mean(noise)) < 3e-4
    assert np.unique(case.blurred).size > 10_000  # not rounded to 8 bits
    assert (case.linear, case.circular) == (False, True)


def test_average_filters_are_boxes_of_the_sizes_of_the_paper(sharp):
    assert AVERAGE.kinds == ("box3", "box5", "box7", "box9", "box11", "box15")
    for kind in AVERAGE.kinds:
        width = int(kind.removeprefix("box"))
        case = AVERAGE.case("a.png", sharp, kind)
        inside = case.psf[case.psf > 0]
        assert inside.size == width**2
        np.testing.assert_allclose(inside, 1 / width**2, rtol=1e-5)
    expected = convolve(sharp.astype(float), np.full((15, 15, 1), 1 / 225))[7:-7, 7:-7]
    noise = case.blurred - expected
    assert np.std(noise) == pytest.approx(np.hypot(0.01, 1 / 255 / 12**0.5), rel=0.02)
    assert (case.linear, case.circular, case.noise) == (False, False, 0.01)


def test_robust_has_the_blurs_of_the_validation_and_the_traces_of_a_jpeg(sharp):
    case = ROBUST.case("a.png", sharp, "motion")
    np.testing.assert_array_equal(case.psf, VALIDATION.psf("a.png", "motion"))
    again = jpeg_roundtrip(case.blurred, 70)
    clean = VALIDATION.case("a.png", sharp, "motion").blurred
    change = np.abs(again - case.blurred).mean()  # a second JPEG changes less than a first
    assert change < 0.5 * np.abs(jpeg_roundtrip(clean, 70) - clean).mean()
    assert case.noise == 0.02


@pytest.fixture(scope="module")
def grey():
    return np.full((160, 200, 3), 0.5, np.float32)


def test_small_pictures_are_shrunk_then_blurred_then_noisy(grey, sharp):
    case = LOWRES.case("a.png", grey, "gaussian")
    assert case.sharp.shape == (28, 38, 3)  # a quarter, and 12 px less for the support of 13
    assert case.noise == pytest.approx(np.std(case.blurred - 0.5), rel=0.02)
    assert 0.009 < case.noise < 0.11
    assert 0.3 < case.extent / 12**0.5 < 2.1  # sigma of 0.5 to 2
    itself = LOWRES.case("a.png", sharp, "none")
    np.testing.assert_allclose(itself.blurred, itself.sharp, atol=0.5 / 255 + 1e-6)
    assert itself.noise == pytest.approx(1 / 255 / 12**0.5)  # of rounding


def test_every_noise_disturbs_in_its_own_way(grey):
    ramp = np.broadcast_to(np.linspace(0, 1, 400, dtype=np.float32)[:, None], (400, 400))
    ramp = np.stack([ramp] * 3, axis=-1)
    errors = {}
    for kind in NOISES.kinds:
        case = NOISES.case("a.png", ramp, kind)
        error = (case.blurred - case.sharp)[:, 8:-8]
        rows = len(error)
        # dark, middle and bright rows, none of them near the ends, where noise is cut off
        parts = (error[rows // 8 : rows // 4], error[rows // 2 - 9 : rows // 2 + 9])
        errors[kind] = [float(np.std(part)) for part in parts]
        hit = np.abs(error).max(axis=2) > 0.02
        if kind == "impulse":
            assert 0.005 < hit.mean() < 0.12
            values = case.blurred[:, 8:-8][hit]
            assert set(np.unique(values)) <= {0.0, 1.0}
        if kind in ("none", "gaussian-blur"):
            assert not hit.any()  # a ramp stays what it is
    dark, middle = errors["gaussian-noise"]
    assert dark == pytest.approx(middle, rel=0.15)
    dark, middle = errors["poisson"]
    assert (dark / middle) ** 2 == pytest.approx(0.1875 / 0.5, rel=0.3)
    dark, middle = errors["speckle"]
    assert dark / middle == pytest.approx(0.1875 / 0.5, rel=0.15)
