"""``unblur degrade`` as a process: what the library makes, in a file."""

import io

import numpy as np
import pytest
from PIL import Image

import unblur
from unblur.cli.exits import ExitCode


def pixels(path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_the_blur_is_that_of_the_library(program, picture, tmp_path):
    source, target = picture(tmp_path / "a.png"), tmp_path / "b.png"
    words = ("--psf", "motion:5,30", "--noise", "0.02", "--jpeg-quality", "80", "--seed", "7")
    done = program("degrade", source, "-o", target, *words, "--encoded", "--saturation", "1.5")
    assert (done.returncode, done.stdout, done.stderr) == (ExitCode.DONE, b"", b"")
    made = unblur.Degradation(
        unblur.motion_psf(5, 30), linear=False, saturation=1.5, read_noise=0.02, jpeg_quality=80
    )
    expected = made.apply(unblur.read_photo(source).to_image(), seed=7)
    assert np.array_equal(pixels(target), np.rint(expected * 255))


def test_the_psf_can_be_kept_and_used_again(program, picture, tmp_path):
    source, psf = picture(tmp_path / "a.png"), tmp_path / "psf.png"
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    done = program("degrade", source, "-o", one, "--psf", "disk:3.5", "--psf-out", psf)
    assert done.returncode == ExitCode.DONE
    difference = unblur.parse_psf(str(psf)) - unblur.disk_psf(3.5)
    assert np.abs(difference).max() < 1e-6
    assert program("degrade", source, "-o", two, "--psf", psf).returncode == ExitCode.DONE
    assert np.abs(pixels(one).astype(int) - pixels(two)).max() <= 1


def test_sixteen_bits_stay_sixteen(program, tmp_path):
    source, target = tmp_path / "a.png", tmp_path / "b.png"
    Image.fromarray(np.arange(0, 60000, 100, dtype=np.uint16).reshape(20, 30)).save(source)
    assert program("degrade", source, "-o", target, "--psf", "box:3").returncode == ExitCode.DONE
    values = pixels(target)
    assert values.dtype == np.uint16
    assert len(np.unique(values // 256 * 257 - values)) > 100  # the low bytes are used


def test_it_works_in_a_pipe(program, picture, tmp_path):
    source = picture(tmp_path / "a.png")
    done = program("degrade", "-", "-o", "-", "--psf", "box:3", input=source.read_bytes())
    assert done.returncode == ExitCode.DONE
    assert pixels(io.BytesIO(done.stdout)).shape == pixels(source).shape


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["a.png", "-o", "a.png", "--psf", "box:3"], ExitCode.FAILED, "exists"),
        (["a.png", "-o", "b.png", "--psf", "box:x"], ExitCode.USAGE, "box:WIDTH"),
        (["a.png", "-o", "b.gif", "--psf", "box:3"], ExitCode.FAILED, "b.gif"),
        (["no.png", "-o", "b.png", "--psf", "box:3"], ExitCode.FAILED, "no.png"),
        (["a.png", "-o", "b.png", "--psf", "box:3", "--saturation", "0"], ExitCode.USAGE, "above"),
        (
            ["a.png", "-o", "b.png", "--psf", "box:3", "--psf-out", "p.jpg"],
            ExitCode.FAILED,
            "16 bits",
        ),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(program, picture, tmp_path, words, code, reason):
    before = picture(tmp_path / "a.png").read_bytes()
    done = program("degrade", *words, cwd=tmp_path)
    assert done.returncode == code
    assert reason in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before
