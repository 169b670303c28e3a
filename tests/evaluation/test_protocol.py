"""The validation's blurred pictures: what they are, and that they never change unseen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.signal import fftconvolve

from unblur.degradation import centroid, gaussian_psf
from unblur.errors import ArgumentError, ArrayError, PSFError
from unblur.evaluation.protocol import Protocol
from unblur.evaluation.protocols import VALIDATION
from unblur.evaluation.psf_sets import psf_set
from unblur.images.color import linear_to_srgb, srgb_to_linear

NAMES = [f"{number}.png" for number in range(12)]


def picture(shape=(80, 96, 3)):
    return np.random.default_rng(3).random(shape, dtype=np.float32)


def spread(psf):
    """Return the standard deviations along the narrowest and the widest direction."""
    y, x = np.mgrid[:33, :33] - 16
    second = np.array([[np.sum(psf * a * b) for b in (x, y)] for a in (x, y)])
    return np.sqrt(np.linalg.eigvalsh(second))


def extent(psf):
    rows, columns = np.nonzero(psf > 1e-4)
    return max(np.ptp(rows), np.ptp(columns)) + 1


@pytest.mark.parametrize("kind", VALIDATION.kinds)
def test_psfs_are_valid_centred_and_reproducible(kind):
    for name in NAMES:
        psf = VALIDATION.psf(name, kind)
        assert psf.shape == (33, 33)
        assert psf.dtype == np.float32
        assert psf.min() >= 0
        assert psf.sum() == pytest.approx(1, abs=1e-5)
        assert centroid(psf) == pytest.approx((0, 0), abs=0.05)
        np.testing.assert_array_equal(psf, VALIDATION.psf(name, kind))


def test_psfs_stay_in_the_ranges_that_the_protocol_names():
    for name in NAMES:
        small, large = spread(VALIDATION.psf(name, "gaussian"))
        assert small == pytest.approx(large, rel=0.01)
        assert 0.95 <= large <= 3.05
        assert 0.7 <= spread(VALIDATION.psf(name, "defocus"))[1] <= 3.1  # a disk's is radius / 2
        narrow, long = spread(VALIDATION.psf(name, "motion"))
        assert narrow < 0.7
        assert 1.4 <= long <= 6.0  # a line's is length / sqrt(12)
        assert 4 <= extent(VALIDATION.psf(name, "shake")) <= 27
        assert VALIDATION.psf(name, "none")[16, 16] == 1


def test_draws_differ_from_picture_to_picture():
    for kind in ("gaussian", "defocus", "motion", "shake"):
        psfs = {VALIDATION.psf(name, kind).tobytes() for name in NAMES}
        assert len(psfs) == len(NAMES)


def test_case_is_blurred_in_linear_light_by_true_pixels():
    quiet = dataclasses.replace(VALIDATION, noise=0.0, bits=16)
    sharp = picture()
    case = quiet.case("a.png", sharp, "shake")
    light = srgb_to_linear(sharp)
    expected = [fftconvolve(light[..., c], case.psf, mode="valid") for c in range(3)]
    np.testing.assert_allclose(srgb_to_linear(case.blurred), np.stack(expected, axis=-1), atol=2e-4)
    np.testing.assert_array_equal(case.sharp, sharp[16:-16, 16:-16])


def test_case_has_the_noise_and_depth_that_the_protocol_names():
    grey = np.full((232, 232, 1), 0.5, np.float32)
    case = VALIDATION.case("a.png", grey, "none")
    levels = case.blurred * 255
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)
    # rounding to 8 bits adds a variance of 1/12 level
    assert np.std(levels / 255) == pytest.approx(np.hypot(0.005, 1 / 255 / 12**0.5), rel=0.02)
    other = VALIDATION.case("b.png", grey, "none")
    assert np.any(other.blurred != case.blurred)


def test_cases_do_not_depend_on_what_else_is_run():
    sharp = picture()
    alone = VALIDATION.only(["motion"]).case("a.png", sharp, "motion")
    assert alone.fingerprint == VALIDATION.case("a.png", sharp, "motion").fingerprint
    assert alone.fingerprint != VALIDATION.case("b.png", sharp, "motion").fingerprint
    reseeded = dataclasses.replace(VALIDATION, seed=2)
    assert alone.fingerprint != reseeded.case("a.png", sharp, "motion").fingerprint


def test_circular_encoded_protocol_keeps_the_size():
    def fixed(rng, support):
        return gaussian_psf(1.6, size=support)

    circular = Protocol("circular", {"g": fixed}, noise=0, linear=False, boundary="wrap")
    sharp = picture((48, 40, 1))
    case = circular.case("a.png", sharp, "g")
    assert case.sharp.shape == case.blurred.shape == sharp.shape
    rolled = circular.case("a.png", np.roll(sharp, 7, axis=0), "g")
    np.testing.assert_allclose(np.roll(case.blurred, 7, axis=0), rolled.blurred, atol=1 / 254)
    np.testing.assert_allclose(case.blurred.mean(), sharp.mean(), atol=1e-3)
    assert linear_to_srgb(sharp).shape == sharp.shape


def test_the_sharp_picture_is_left_alone():
    sharp = picture()
    sharp.flags.writeable = False
    case = VALIDATION.case("a.png", sharp, "none")
    assert case.sharp.dtype == case.blurred.dtype == np.float32


def test_unknown_kinds_and_small_pictures_are_refused():
    with pytest.raises(ArgumentError, match=r"'box' is no kind .* gaussian, defocus"):
        VALIDATION.psf("a.png", "box")
    with pytest.raises(ArgumentError, match="'box'"):
        VALIDATION.only(["motion", "box"])
    with pytest.raises(ArrayError, match=r"a\.png has 20x60"):
        VALIDATION.case("a.png", picture((20, 60, 3)), "none")


def test_psf_set_reads_named_psfs_in_natural_order(tmp_path):
    path = tmp_path / "lab.npz"
    shapes = {"k10": 25, "k2": 5, "k1": 41}
    rng = np.random.default_rng(0)
    psfs = {name: rng.random((size, size), dtype=np.float32) for name, size in shapes.items()}
    np.savez(path, **psfs)
    protocol = psf_set(path)
    assert (protocol.name, protocol.kinds, protocol.support) == ("lab", ("k1", "k2", "k10"), 41)
    drawn = protocol.psf("any.png", "k2")[18:23, 18:23]
    np.testing.assert_allclose(drawn, psfs["k2"] / psfs["k2"].sum(), rtol=1e-5)


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_psf_set_refuses_what_is_no_set_of_psfs(tmp_path, content):
    path = tmp_path / "bad.npz"
    if content is None:
        np.savez(path, k1=np.zeros((3, 3)))
    else:
        path.write_bytes(content)
    with pytest.raises(PSFError, match=r"bad\.npz"):
        psf_set(path)


def test_psf_set_refuses_an_empty_or_missing_file(tmp_path):
    np.savez(tmp_path / "empty.npz")
    np.save(tmp_path / "one.npy", np.ones((3, 3)))
    for name in ("empty.npz", "one.npy", "missing.npz"):
        with pytest.raises(PSFError, match=name):
            psf_set(tmp_path / name)
