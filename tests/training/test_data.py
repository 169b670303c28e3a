"""The stream of crops: seeded, resumable, and true to the physics it claims."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from unblur.degradation import convolve
from unblur.errors import ArgumentError, ConfigurationError, ImageReadError
from unblur.images.color import linear_to_srgb, srgb_to_linear
from unblur.training import sharing
from unblur.training.data import BlurredCrops
from unblur.training.pictures import load_pictures
from unblur.training.recipe import Recipe
from unblur.training.settings import DataSettings

CLEAN = {"jpeg_share": 0.0, "saturation_share": 0.0, "noise": 0.0}


@pytest.fixture(scope="module")
def pictures(photos):
    return load_pictures(photos, 80)


def stream(pictures, *, seed=1, start=0, count=None, **settings):
    shape = DataSettings(crop=48, choices=1, **settings)
    return BlurredCrops(pictures, shape, seed=seed, start=start, count=count)


def same(one, two):
    return one["kind"] == two["kind"] and all(
        torch.equal(one[key], two[key]) for key in ("sharp", "blurred", "psf")
    )


def numpy(tensor):
    return tensor.numpy().transpose(1, 2, 0)


def test_a_crop_depends_on_its_number_and_the_seed_alone(pictures):
    first, other = stream(pictures), stream(pictures)
    other.sample(3)
    assert same(first.sample(5), other.sample(5))
    assert not same(first.sample(5), first.sample(6))
    assert not same(first.sample(5), stream(pictures, seed=2).sample(5))


def test_a_later_start_goes_on_in_the_same_stream(pictures):
    whole = list(stream(pictures, count=6))
    rest = list(stream(pictures, start=4, count=2))
    assert len(whole) == 6
    assert all(map(same, whole[4:], rest))


def test_processes_take_turns_in_the_stream(pictures, monkeypatch):
    whole = list(stream(pictures, start=3, count=7))
    parts = []
    for rank in range(3):
        monkeypatch.setattr(sharing, "rank_and_world", lambda rank=rank: (rank, 3))
        parts.append(list(stream(pictures, start=3, count=7)))
    assert [len(part) for part in parts] == [3, 2, 2]
    assert all(same(one, parts[place % 3][place // 3]) for place, one in enumerate(whole))


def test_crops_grow_with_the_run(pictures):
    settings = DataSettings(crop=64, choices=1, batch_size=2, progressive=(48, 56))
    crops = BlurredCrops(pictures, settings, seed=1, count=12, steps=6)
    sides = [sample["blurred"].shape[-1] for sample in crops]
    assert sides == [48] * 4 + [56] * 4 + [64] * 4


def test_workers_share_the_stream(pictures, monkeypatch):
    whole = list(stream(pictures, count=5))
    parts = []
    for number in range(2):
        worker = SimpleNamespace(id=number, num_workers=2)
        monkeypatch.setattr(sharing, "get_worker_info", lambda worker=worker: worker)
        parts.append(list(stream(pictures, count=5)))
    assert [len(part) for part in parts] == [3, 2]
    assert all(map(same, whole[::2], parts[0]))
    assert all(map(same, whole[1::2], parts[1]))


def test_a_crop_has_the_shapes_and_ranges_it_promises(pictures):
    for index in range(8):
        crop = stream(pictures, jpeg_share=0.5, saturation_share=0.5).sample(index)
        for name in ("sharp", "blurred"):
            assert crop[name].shape == (3, 48, 48)
            assert crop[name].dtype == torch.float32
            assert 0 <= crop[name].min() <= crop[name].max() <= 1
        assert crop["psf"].shape == (33, 33)
        assert crop["psf"].sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("linear", [True, False])
def test_the_psf_turns_the_sharp_crop_into_the_blurred_one(pictures, linear):
    crops = stream(pictures, linear_share=float(linear), **CLEAN)
    for index in range(4):
        crop = crops.sample(index)
        sharp, psf = numpy(crop["sharp"]), crop["psf"].numpy()
        if linear:
            light = convolve(srgb_to_linear(sharp), psf, boundary="valid")
            wanted = linear_to_srgb(np.clip(light, 0, 1))
        else:
            wanted = convolve(sharp, psf, boundary="valid")
        inside = numpy(crop["blurred"])[16:-16, 16:-16]
        np.testing.assert_allclose(inside, wanted, atol=0.5 / 255 + 1e-4)  # it is of 8 bits


def test_a_crop_without_blur_is_the_sharp_one(pictures):
    crop = stream(pictures, kinds={"none": 1.0}, **CLEAN).sample(0)
    torch.testing.assert_close(crop["blurred"], crop["sharp"], atol=0.5 / 255 + 1e-4, rtol=0)


def test_a_tenth_of_the_crops_may_have_strong_noise(pictures):
    clean = {"kinds": {"none": 1.0}, "jpeg_share": 0.0, "saturation_share": 0.0}

    def noises(**settings):
        crops = [stream(pictures, **clean, **settings).sample(index) for index in range(80)]
        return np.array([(crop["blurred"] - crop["sharp"]).std().item() for crop in crops])

    weak, strong = noises(), noises(strong_noise=8.0)
    same = np.isclose(weak, strong)
    assert 0.8 < same.mean() < 1
    assert (strong[~same] > weak[~same]).all()
    assert strong.max() > 0.05 > weak.max()


def test_squeezed_crops_leave_pixels_out():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    settings = DataSettings(
        crop=48, choices=1, kinds={"none": 1.0}, min_scale=0.5, squeezed_share=1.0, **CLEAN
    )
    squeezed = BlurredCrops([stripes], settings, seed=1).sample(0)["sharp"]
    assert set(np.rint(255 * squeezed.unique().numpy())) <= {0, 255}  # no filter mixed them


def test_kinds_come_in_their_shares(pictures):
    crops = stream(pictures, kinds={"motion": 3, "none": 1, "shake": 0}, **CLEAN)
    kinds = [crops.sample(index)["kind"] for index in range(40)]
    assert set(kinds) == {"motion", "none"}
    assert 20 < kinds.count("motion") < 40


def test_a_choice_of_crops_takes_the_detailed_ones():
    half_flat = np.zeros((200, 400, 3), np.uint8)
    half_flat[:, 200:] = np.random.default_rng(0).integers(0, 255, (200, 200, 1))
    detail = []
    for choices in (1, 8):
        settings = DataSettings(crop=48, choices=choices, kinds={"none": 1.0}, min_scale=1.0)
        crops = BlurredCrops([half_flat], settings, seed=0)
        detail.append(np.mean([crops.sample(i)["sharp"].std().item() for i in range(6)]))
    assert detail[1] > detail[0]


def test_pictures_too_small_for_a_crop_are_left_out(photos):
    assert [picture.shape for picture in load_pictures(photos, 155)] == [(160, 160, 3)]
    assert len(load_pictures(photos, 80)) == 3


def test_no_usable_picture_is_told(photos, tmp_path):
    with pytest.raises(ConfigurationError, match="no picture of at least 500 x 500 pixels"):
        load_pictures(photos, 500)
    with pytest.raises(ConfigurationError, match=r"none: cannot be read \(No such file"):
        load_pictures(tmp_path / "none", 80)


def test_a_damaged_picture_is_named(tmp_path):
    path = tmp_path / "torn.png"
    Image.new("RGB", (90, 90)).save(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ImageReadError, match=r"torn\.png: not a readable picture"):
        load_pictures(tmp_path, 80)


def test_scenes_move_in_their_share_of_the_crops(pictures):
    crops = [*stream(pictures, count=60, moving_share=0.5, kinds={"none": 1.0}, **CLEAN)]
    moving = [crop for crop in crops if crop["kind"] == "moving"]
    assert 20 < len(moving) < 40
    for crop in crops:
        assert set(crop) == {"sharp", "blurred", "kind"}
        assert crop["sharp"].shape == crop["blurred"].shape == (3, 48, 48)
        off = float((crop["sharp"] - crop["blurred"]).abs().mean())
        assert off > 0.003 if crop["kind"] == "moving" else off < 0.003


def test_a_moving_scene_depends_on_its_number_alone(pictures):
    first, other = (stream(pictures, moving_share=1.0) for _ in range(2))
    other.sample(1)
    one, same_again = first.sample(4), other.sample(4)
    assert torch.equal(one["blurred"], same_again["blurred"])
    assert torch.equal(one["sharp"], same_again["sharp"])


def test_a_run_that_needs_psfs_refuses_moving_scenes():
    with pytest.raises(ArgumentError, match="have no linear"):
        Recipe(name="x", network="wiener-autoencoder", steps=1, data=DataSettings(moving_share=0.5))
