"""Training pictures in a bucket: copied once, fetched ahead, the same crops as from a folder."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unblur.errors import ImageReadError
from unblur.images.mirror import Mirror
from unblur.images.places import RemotePath
from unblur.training.data import BlurredCrops
from unblur.training.pictures import PictureSet, load_pictures
from unblur.training.recipe import Recipe
from unblur.training.settings import DataSettings, PairSettings
from unblur.training.sources import open_source

SETTINGS = DataSettings(crop=48, batch_size=2, choices=1)


@pytest.fixture
def photos(tmp_path) -> Path:
    """Four textures of different sizes, in three formats, one with its size far from the start."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(("a.png", "b.jpg", "c.webp", "late.jpg")):
        noise = np.random.default_rng(number).integers(0, 256, (100 + 10 * number, 120, 3))
        profile = {"icc_profile": bytes(100_000)} if name == "late.jpg" else {}
        Image.fromarray(noise.astype(np.uint8)).save(folder / name, **profile)
    return folder


@pytest.fixture
def remote(bucket, photos) -> RemotePath:
    place = RemotePath(f"{bucket}/photos")
    for path in photos.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    (place / "notes.txt").write_bytes(b"no picture")
    return place


def crops(pictures: PictureSet) -> list[dict]:
    stream = BlurredCrops(pictures, SETTINGS, seed=3, count=6)
    stream.ahead.samples = 4
    return list(stream)


def test_a_bucket_gives_the_crops_of_a_folder_though_it_stumbles(remote, photos, faults, tmp_path):
    turn = iter(range(10**6))
    faults.answer = lambda method, path: 503 if next(turn) % 4 == 0 else None
    far, near = load_pictures(remote, 80, cache=tmp_path / "cache"), load_pictures(photos, 80)
    assert far.shapes == near.shapes
    for one, two in zip(crops(far), crops(near), strict=True):
        for name in ("sharp", "blurred", "psf"):
            assert torch.equal(one[name], two[name])
    assert faults.failed


def test_what_is_copied_is_not_fetched_again_unless_it_changed(remote, faults, tmp_path):
    asked: list[str] = []

    def note(method: str, path: str) -> None:
        if method in ("GET", "HEAD") and path.endswith((".png", ".jpg", ".webp")):
            asked.append(path.rpartition("/")[2])

    faults.answer = note
    first = load_pictures(remote, 80, cache=tmp_path / "cache")
    before = [pixels.copy() for pixels in first]
    assert set(asked) == {"a.png", "b.jpg", "c.webp", "late.jpg"}
    asked.clear()
    again = load_pictures(remote, 80, cache=tmp_path / "cache")
    assert all(np.array_equal(one, two) for one, two in zip(again, before, strict=True))
    assert asked == []
    Image.fromarray(255 - before[0]).save(tmp_path / "new.png")
    (remote / "a.png").write_bytes((tmp_path / "new.png").read_bytes())
    changed = load_pictures(remote, 80, cache=tmp_path / "cache")
    assert np.array_equal(changed[0], 255 - before[0])
    assert set(asked) == {"a.png"}


def test_files_are_fetched_before_they_are_needed(remote, tmp_path):
    mirror = Mirror(remote, tmp_path / "cache")
    with mirror.filling():
        until = time.monotonic() + 30
        while not all((mirror.folder / name).exists() for name in mirror.versions):
            assert time.monotonic() < until
            time.sleep(0.02)
    assert not list(mirror.folder.glob("*.part"))


def test_what_the_server_refuses_is_told_when_it_is_needed(remote, faults, tmp_path):
    pictures = load_pictures(remote, 80, cache=tmp_path / "cache")
    faults.answer = lambda method, path: 403 if path.endswith("b.jpg") else None
    with pictures.filling:
        assert pictures[0].shape == (100, 120, 3)
        with pytest.raises(ImageReadError, match=r"b\.jpg: cannot be read"):
            pictures[1]
    faults.answer = lambda method, path: None
    assert pictures[1].shape == (110, 120, 3)


def test_an_empty_folder_of_a_bucket_is_told(bucket, tmp_path):
    with pytest.raises(ImageReadError, match="holds no files"):
        load_pictures(f"{bucket}/none", 80, cache=tmp_path / "cache")


def test_pairs_come_from_a_bucket(bucket, photos, tmp_path):
    for kind in ("sharp", "motion_blurred"):
        for name in ("a.png", "b.jpg"):
            data = (photos / name).read_bytes()
            RemotePath(f"{bucket}/pairs/{kind}/{name}").write_bytes(data)
    pairs = PairSettings(crop=32, batch_size=2, protocol="paper")
    recipe = Recipe("pairs", "lowres-autoencoder", epochs=1, data=pairs)
    source = open_source(recipe, f"{bucket}/pairs", None, cache=tmp_path / "cache")
    assert source.epoch_steps == 1
    batch = next(iter(source.training(recipe, 0, 1)))
    assert batch["sharp"].shape == (2, 3, 32, 32)
