"""The restorer with the shipped model: what people rely on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import data

from unblur.degradation import (
    Degradation,
    camera_shake_psf,
    crop_valid,
    disk_psf,
    gaussian_psf,
    motion_psf,
)
from unblur.errors import ArgumentError, ArrayError, ModelError, PSFError
from unblur.estimation.describe import describe_psf
from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.restoration import picture_task as module
from unblur.restoration.restorer import Restorer
from unblur.training.exposure import Layer, Motion, expose


@pytest.fixture(scope="module")
def restorer():
    return Restorer(threads=1, device="cpu")


@pytest.fixture(scope="module")
def crop(cat):
    return np.ascontiguousarray(cat[60:188, 100:260])


def psnr(image, reference):
    return float(-10 * np.log10(np.mean((image - reference) ** 2)))


@pytest.mark.parametrize(
    ("psf", "gain"),
    [(gaussian_psf(1.8), 1.5), (disk_psf(3.0), 2.0), (motion_psf(11, 35), 2.5)],
    ids=["gaussian", "defocus", "motion"],
)
def test_a_known_blur_is_taken_out(restorer, psf, gain):
    scene = data.coffee().astype(np.float32)[100:340, 100:420] / 255
    blurred = Degradation(psf, boundary="valid", read_noise=0.005).apply(scene, 1)
    sharp = crop_valid(scene, psf)
    assert psnr(restorer.restore(blurred, psf), sharp) > psnr(blurred, sharp) + gain


def test_a_blur_is_found_and_taken_out(restorer):
    scene = data.coffee().astype(np.float32)[40:360, 100:500] / 255
    psf = gaussian_psf(2.0)
    blurred = Degradation(psf, boundary="valid", read_noise=0.005).apply(scene, 1)
    sharp = crop_valid(scene, psf)
    restored, report = restorer.restore_with_report(blurred)
    assert psnr(restored, sharp) > psnr(blurred, sharp) + 1
    assert report.blind
    assert report.blur.kind != "none"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(40, 56), (40, 56, 1), (40, 56, 3), (40, 56, 4)])
def test_the_same_kind_comes_back(restorer, dtype, shape):
    rng = np.random.default_rng(0)
    image = rng.random(shape)
    if np.dtype(dtype).kind == "u":
        image = image * np.iinfo(dtype).max
    image = image.astype(dtype)
    image.setflags(write=False)
    restored = restorer.restore(image, gaussian_psf(1.0))
    assert restored.shape == image.shape
    assert restored.dtype == image.dtype
    if shape[-1] == 4:
        np.testing.assert_array_equal(restored[..., 3], image[..., 3])


def test_a_given_psf_is_used_however_small_its_blur(restorer, crop):
    psf = gaussian_psf(0.5)  # more than half of its light stays in place
    assert not np.array_equal(restorer.restore(crop, psf), crop)


def test_a_pillow_image_comes_back_as_one(restorer, crop):
    picture = Image.fromarray((crop * 255).astype(np.uint8))
    restored = restorer.restore(picture, gaussian_psf(1.0))
    assert isinstance(restored, Image.Image)
    assert (restored.mode, restored.size) == (picture.mode, picture.size)


def test_strength_goes_from_nothing_to_all(restorer, crop):
    psf = gaussian_psf(1.5)
    whole = restorer.restore(crop, psf)
    half = restorer.restore(crop, psf, strength=0.5)
    np.testing.assert_array_equal(restorer.restore(crop, psf, strength=0.0), crop)
    np.testing.assert_allclose(half, (whole + crop) / 2, atol=1e-5)


def test_tiles_make_no_seams(restorer, cat, monkeypatch):
    psf = motion_psf(9, 20)
    blurred = Degradation(psf, read_noise=0.002).apply(cat, 0)
    pixels = np.rint(blurred * 255).astype(np.uint8)
    whole = restorer.restore(pixels, psf)
    monkeypatch.setattr(module, "TILE", 280)  # as many times the overlap as the smallest in use
    tiled, report = restorer.restore_with_report(pixels, psf)
    assert report.tiles > 1
    difference = tiled.astype(int) - whole.astype(int)
    # A Wiener filter rings a long way from a border, so a tile is not the whole to the last bit ...
    assert np.abs(difference).mean() < 0.5
    # ... but nowhere does it jump: columns at the seams differ no more than their neighbours.
    jumps = np.abs(np.diff(difference, axis=1)).mean((0, 2))
    first, second = (report.field[index].tile for index in (0, 1))
    seams = jumps[second.left : first.left + first.width]
    assert 50 < len(seams) < 150
    assert seams.max() < 3 * jumps.mean() + 0.1


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_is_told_tile_by_tile(crop, monkeypatch, threads):
    monkeypatch.setattr(module, "TILE", 64)
    told = []
    _, report = Restorer(threads=threads).restore_with_report(
        crop, gaussian_psf(1.0), progress=lambda *numbers: told.append(numbers)
    )
    assert report.tiles > 1
    assert told == [(done, report.tiles) for done in range(report.tiles + 1)]


def test_a_large_picture_has_smaller_tiles(restorer, cat, monkeypatch):
    psf = gaussian_psf(1.0)
    monkeypatch.setattr(module, "TILE", 280)
    monkeypatch.setattr(module, "SMALLER_TILE", 192)
    sides = []
    for large in (cat.size, cat.shape[0] * cat.shape[1]):
        monkeypatch.setattr(module, "LARGE", large)
        _, report = restorer.restore_with_report(cat, psf)
        sides.append(max(max(each.tile.height, each.tile.width) for each in report.field))
    assert 192 < sides[0] <= 280
    assert sides[1] <= 192


def test_threads_change_nothing(cat, monkeypatch):
    monkeypatch.setattr(module, "TILE", 256)
    psf = gaussian_psf(1.5)
    one, two = (Restorer(threads=threads).restore(cat, psf) for threads in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-5)


def test_flat_and_tiny_pictures_survive(restorer):
    flat = np.full((70, 90, 3), 200, np.uint8)
    np.testing.assert_allclose(restorer.restore(flat).astype(int), 200, atol=1)
    for shape in [(1, 1, 3), (5, 7), (2, 300, 3)]:
        assert restorer.restore(np.full(shape, 77, np.uint8)).shape == shape


def test_a_psf_larger_than_the_picture_is_no_problem(restorer, crop):
    restored = restorer.restore(crop[:40, :40], gaussian_psf(9.0))
    assert np.isfinite(restored).all()


@pytest.mark.parametrize(
    ("image", "psf", "strength", "error"),
    [
        (np.zeros((8, 8, 5), np.uint8), None, 1.0, ArrayError),
        (np.zeros((0, 8, 3), np.uint8), None, 1.0, ArrayError),
        (np.full((8, 8), np.nan, np.float32), None, 1.0, ArrayError),
        (np.zeros((8, 8), np.uint8), np.zeros((3, 3)), 1.0, PSFError),
        (np.zeros((8, 8), np.uint8), None, 1.5, ArgumentError),
    ],
)
def test_wrong_arguments_are_named(restorer, image, psf, strength, error):
    with pytest.raises(error):
        restorer.restore(image, psf, strength=strength)


def test_unknown_models_and_thread_counts_are_named():
    with pytest.raises(ModelError, match="no such model"):
        Restorer("nobody")
    with pytest.raises(ArgumentError, match="threads"):
        Restorer(threads=0)


def test_the_report_is_ready_for_json(restorer, crop):
    import json

    _, report = restorer.restore_with_report(crop)
    values = json.loads(json.dumps(report.to_dict()))
    assert values["tiles"] == 1
    assert values["blur"]["kind"] in {"none", "gaussian", "defocus", "motion", "shake"}


def test_the_number_of_threads_changes_no_bit(cat, monkeypatch):
    monkeypatch.setattr(module, "TILE", 192)
    blurred = Degradation(gaussian_psf(1.5), read_noise=0.002).apply(cat[:180, :260], 0)
    one, report = Restorer(threads=1, device="cpu").restore_with_report(blurred)
    assert report.tiles > 1
    np.testing.assert_array_equal(Restorer(threads=2, device="cpu").restore(blurred), one)


def test_each_tile_tells_its_place_weight_and_psf(restorer, cat, monkeypatch):
    monkeypatch.setattr(module, "TILE", 192)
    psf, covered = gaussian_psf(1.5), np.zeros((180, 260), bool)
    _, report = restorer.restore_with_report(cat[:180, :260], psf, strength=0.25)
    for each in report.field:
        covered[each.tile.slices] = True
        assert each.weight == 0.25
        np.testing.assert_array_equal(each.psf, psf)
    assert covered.all()
    assert report.tiles == len(report.to_record()["field"]) > 1
    assert "field" not in report.to_dict()


def test_a_field_is_sought_where_the_blur_happened(restorer, cat):
    psf = camera_shake_psf(np.random.default_rng(5), extent=16.0, size=33)
    blurred = Degradation(psf, linear=False, read_noise=0.002).apply(cat[:240, :240], 0)
    field, _ = restorer.find_field(blurred, linear=False)
    _, report = restorer.restore_with_report(blurred, linear=False)
    np.testing.assert_array_equal(field.psf, report.blur.psf)
    assert not np.array_equal(field.psf, restorer.find_field(blurred)[0].psf)


def scene_that_moves() -> tuple[np.ndarray, np.ndarray]:
    """Blurred and sharp: a camera that rolls, and a thing that goes its own way in front."""
    frames = 9
    steps = np.linspace(-1, 1, frames)
    camera = Motion(4 * steps + 0j, 0.012j * steps, 30 - 40j)
    light = srgb_to_linear(data.coffee().astype(np.float32)[20:380, 60:540] / 255)
    other = srgb_to_linear(data.astronaut().astype(np.float32)[:360, :480] / 255)
    cover = np.zeros((360, 480, 1), np.float32)
    cover[120:260, 150:300] = 1
    layers = [Layer(light, camera), Layer(other, Motion(9j * steps, 0j * steps), cover)]
    blurred, sharp = (linear_to_srgb(np.clip(each, 0, 1)) for each in expose(layers))
    noise = 0.003 * np.random.default_rng(0).standard_normal(blurred.shape)
    return np.clip(blurred + noise, 0, 1).astype(np.float32), sharp


def test_a_scene_that_moved_gains_though_no_psf_explains_it(restorer):
    blurred, sharp = scene_that_moves()
    restored, report = restorer.restore_with_report(blurred)
    assert psnr(restored, sharp) > psnr(blurred, sharp) + 0.2
    assert max(each.direct for each in report.field) > 0.5
    assert not any(each.kept for each in report.field)


@pytest.mark.parametrize(("weight", "largest"), [(1.0, 0.0), (0.8, 0.0), (0.4, 0.5), (0.0, 1.0)])
def test_the_other_network_adds_what_a_psf_leaves_open(restorer, monkeypatch, weight, largest):
    blurred = Degradation(disk_psf(3.0), read_noise=0.003).apply(data.astronaut() / 255, 0)
    monkeypatch.setattr(module, "trust", lambda *told, confirmed: weight)
    monkeypatch.setattr(module, "trust_without_psf", lambda *told: 1.0)
    _, report = restorer.restore_with_report(blurred.astype(np.float32))
    assert [each.direct for each in report.field] == [largest] * report.tiles
    assert [each.weight for each in report.field] == [weight] * report.tiles


def test_a_given_psf_is_used_alone(restorer):
    blurred, _ = scene_that_moves()
    _, report = restorer.restore_with_report(blurred, motion_psf(9, 0))
    assert [(each.weight, each.direct) for each in report.field] == [(1, 0)] * report.tiles


def defocused(radii: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Blurred and sharp: a disk to the left, another one to the right, with a soft step between."""
    sharp = data.astronaut().astype(np.float32) / 255
    left, right = (Degradation(disk_psf(each), read_noise=0.003).apply(sharp, 0) for each in radii)
    share = np.clip((np.arange(512) - 236) / 40, 0, 1).astype(np.float32)[:, None]
    return left * (1 - share) + right * share, sharp


def test_parts_that_are_blurred_otherwise_have_psfs_of_their_own(restorer, monkeypatch):
    monkeypatch.setattr(module, "TILE", 400)
    blurred, sharp = defocused((1.8, 4.5))
    field, noise = restorer.find_field(blurred)
    same = restorer.restore_field(blurred, replace(field, local=False), noise, known=False)
    restored, report = restorer.restore_with_report(blurred)
    assert psnr(restored, sharp) > psnr(same, sharp) + 1
    extents = [describe_psf(each.psf).extent for each in report.field]
    assert max(extents) > 1.5 * min(extents)


def test_parts_that_are_blurred_alike_have_the_psf_of_the_picture(restorer, monkeypatch):
    monkeypatch.setattr(module, "TILE", 400)
    blurred, _ = defocused((3.0, 3.0))
    _, report = restorer.restore_with_report(blurred)
    assert len(report.field) > 1
    assert all(each.psf is report.field[0].psf for each in report.field)
