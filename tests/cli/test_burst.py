"""Bursts of real files, through the program."""

import json

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import shift
from skimage.data import astronaut

from unblur.cli.exits import ExitCode
from unblur.degradation import convolve, motion_psf


@pytest.fixture
def frames(tmp_path):
    """The scene, and three frames of it, shaken, moved and with EXIF, in a folder."""
    scene = (astronaut()[20:180, 120:320] / 255).astype(np.float32)
    folder = tmp_path / "frames"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x010E] = "the first"
    for number, place in enumerate([(0, 0, 0), (3.4, -5.2, 0), (-2.0, 4.7, 0)]):
        frame = convolve(shift(scene, place, mode="nearest"), motion_psf(11, 60 * number))
        picture = Image.fromarray((frame.clip(0, 1) * 255 + 0.5).astype(np.uint8))
        picture.save(folder / f"{number}.png", exif=exif if number == 0 else None)
    return scene, folder


def read(path):
    return np.asarray(Image.open(path)).astype(np.float32) / 255


def test_merges_a_folder_and_keeps_the_metadata_of_the_first(program, frames, tmp_path):
    scene, folder = frames
    done = program("burst", folder, "-o", tmp_path / "out.png", "--no-restore", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[1]["shift"] == pytest.approx([3.4, -5.2], abs=0.4)
    assert all(row["used"] for row in rows)
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.getexif()[0x010E] == "the first"
    inside = np.s_[10:-10, 10:-10]
    errors = [
        np.mean((read(path) - scene)[inside] ** 2)
        for path in (tmp_path / "out.png", folder / "0.png")
    ]
    assert errors[0] < 0.6 * errors[1]


def test_power_zero_without_registration_is_the_mean(program, frames, tmp_path):
    paths = sorted(frames[1].iterdir())
    out = tmp_path / "mean.tif"
    done = program("burst", *paths, "-o", out, "--p", 0, "--no-register", "--no-restore")
    assert done.returncode == 0
    mean = np.mean([read(path) for path in paths], axis=0)
    np.testing.assert_allclose(read(out), mean, atol=0.6 / 255)


def test_the_merged_picture_is_restored(program, frames, tmp_path):
    words = ("burst", frames[1], "-o", tmp_path / "out.png")
    assert program(*words).returncode == 0
    assert read(tmp_path / "out.png").shape == frames[0].shape
    again = program(*words)
    assert again.returncode == ExitCode.USAGE
    assert "exists already" in again.stderr.decode()


def test_a_foreign_frame_is_left_out_and_named(program, frames, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(frames[1] / "9.png")
    done = program("burst", frames[1], "-o", tmp_path / "out.png", "--no-restore")
    assert done.returncode == ExitCode.FAILED
    assert "9.png" in done.stderr.decode()
    assert (tmp_path / "out.png").exists()


def test_refuses_one_frame_and_frames_of_two_sizes(program, frames, tmp_path):
    first = frames[1] / "0.png"
    done = program("burst", first, "-o", tmp_path / "out.png")
    assert done.returncode == ExitCode.USAGE
    assert "1 frame makes no burst" in done.stderr.decode()
    Image.open(first).crop((0, 0, 100, 100)).save(tmp_path / "small.png")
    done = program("burst", first, tmp_path / "small.png", "-o", tmp_path / "out.png")
    assert "small.png: a frame of shape (100, 100, 3) does not fit" in done.stderr.decode()
    assert not (tmp_path / "out.png").exists()
