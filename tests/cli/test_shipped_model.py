"""The program as it is shipped, with its own model, on one of the example pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unblur
from unblur.cli.exits import ExitCode

PICTURES = Path(__file__).resolve().parents[2] / "examples" / "pictures"


@pytest.fixture(scope="module")
def blurred(tmp_path_factory) -> tuple[Path, Path]:
    """A sharp picture, and the same blurred by a known PSF."""
    folder = tmp_path_factory.mktemp("shipped")
    sharp, blurred = folder / "sharp.png", folder / "blurred.png"
    with Image.open(sorted(PICTURES.glob("*.jpg"))[0]) as picture:
        # scaled down, so that it is sharp whatever its own blur was
        picture.convert("RGB").reduce(4).save(sharp)
    image = unblur.read_photo(sharp).to_image()
    degraded = unblur.Degradation(unblur.gaussian_psf(2.0), read_noise=0.003).apply(image, seed=1)
    unblur.write_photo(unblur.read_photo(sharp).with_pixels(degraded), blurred)
    return sharp, blurred


def psnr(one: Path, two: Path) -> float:
    difference = unblur.read_photo(one).to_image() - unblur.read_photo(two).to_image()
    return float(-10 * np.log10(np.mean(difference**2)))


@pytest.mark.parametrize(("words", "gain"), [((), 0.5), (("--psf", "gaussian:2"), 1.5)])
def test_a_blurred_picture_becomes_sharper(program, blurred, tmp_path, words, gain):
    sharp, source = blurred
    target = tmp_path / "restored.png"
    done = program("restore", source, "-o", target, "--json", "--threads", "1", *words)
    assert (done.returncode, done.stderr) == (ExitCode.DONE, b"")
    assert psnr(target, sharp) > psnr(source, sharp) + gain
    record = json.loads(done.stdout)
    assert record["outcome"] == "restored"
    assert record["report"]["blind"] is (not words)
    assert record["report"]["blur"]["extent"] > 1


def test_a_device_that_is_not_here_gives_way_with_one_line(program, blurred, tmp_path):
    target = tmp_path / "restored.png"
    words = ("--psf", "gaussian:2", "--threads", "1", "--device", "directml", "--json")
    done = program("restore", blurred[1], "-o", target, *words)
    assert done.returncode == ExitCode.DONE
    assert target.exists()
    assert done.stderr.decode().count("\n") == 1
    assert done.stderr.startswith(b"unblur: directml: is not installed here")


def test_inspect_names_the_blur(program, blurred, tmp_path):
    done = program("inspect", blurred[1], "--json", "--psf-out", tmp_path / "psf.png")
    assert done.returncode == ExitCode.DONE
    assert json.loads(done.stdout)["kind"] != "none"
    assert unblur.parse_psf(str(tmp_path / "psf.png")).sum() == pytest.approx(1)
    assert "px" in program("inspect", blurred[1]).stdout.decode()


def test_models_lists_what_is_shipped(program):
    done = program("models", "--json")
    records = [json.loads(line) for line in done.stdout.decode().splitlines()]
    files = [record["bytes"] for record in records if record["model"] == "default"]
    assert files
    assert max(files) < 8e6
    assert sum(files) < 12e6


def test_strength_zero_changes_nothing(program, blurred, tmp_path):
    target = tmp_path / "same.png"
    program("restore", blurred[1], "-o", target, "--strength", "0")
    before, after = (unblur.read_photo(path).pixels for path in (blurred[1], target))
    assert np.array_equal(before, after)
