"""Data sets made and checked by the program itself."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from unblur.cli.app import main
from unblur.cli.exits import ExitCode


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(astronaut()[:150, :200]).save(folder / "face.png")
    Image.fromarray(astronaut()[300:500, 200:400]).save(folder / "suit.png")
    return folder


def test_make_says_what_it_made_and_goes_on(program, photos, tmp_path):
    words = ("dataset", "make", photos, tmp_path / "out", "--blur", "defocus,motion")
    words = (*words, "--size", 32, "--count", 2, "--noise", "0,0.01", "--jpeg", "80,90")
    done = program(*words)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().endswith("out: 2 scenes, blurred by defocus, motion\n")
    assert len(list((tmp_path / "out").rglob("*.png"))) == 6
    again = program(*words, "--json")
    assert json.loads(again.stdout)["made"] == 0
    other = program(*words, "--seed", 1)
    assert other.returncode == ExitCode.USAGE
    assert "made with another seed" in other.stderr.decode()
    assert program(*words, "--seed", 1, "--overwrite").returncode == 0


def test_make_lists_what_it_leaves_out(program, photos, tmp_path):
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(photos / "tiny.png")
    (photos / "broken.png").write_bytes(b"?")
    words = ("dataset", "make", photos, tmp_path / "out", "--blur", "motion", "--size", 32)
    done = program(*words)
    said = done.stderr.decode()
    assert done.returncode == ExitCode.FAILED
    assert "tiny.png: 20x20 pixels, 54x54 are needed" in said
    assert "broken.png" in said
    assert "only 2 of 350 scenes" in said
    (photos / "broken.png").unlink()
    assert program(*words, "--overwrite").returncode == 0


def test_make_with_nothing_large_enough(program, photos, tmp_path):
    done = program("dataset", "make", photos, tmp_path / "out", "--blur", "box", "--size", 400)
    assert done.returncode == ExitCode.NOTHING


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--blur", "fog"), "'fog' is no kind of blur"),
        (("--blur", "box", "--width", "1,2,3"), "--width '1,2,3' is no range"),
        (("--blur", "box", "--noise", "much"), "--noise 'much' is no range"),
        (("--blur", "box", "--width", "9,3"), "the range of width"),
    ],
)
def test_make_refuses_wrong_words_before_any_work(photos, tmp_path, capsys, words, message):
    folders = [str(photos), str(tmp_path / "out")]
    assert main(["dataset", "make", *folders, *words]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_check_passes_what_make_made_and_finds_what_is_broken(program, photos, tmp_path):
    out = tmp_path / "out"
    program("dataset", "make", photos, out, "--blur", "defocus", "--size", 48)
    done = program("dataset", "check", out)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "out: 2 pairs of 2 scenes (defocus)" in done.stdout.decode()
    assert done.stdout.decode().endswith("nothing is wrong\n")
    next((out / "defocused_blurred").iterdir()).unlink()
    broken = program("dataset", "check", out, "--validation", photos)
    assert broken.returncode == ExitCode.FAILED
    assert "missing partner" in broken.stdout.decode()
    told = json.loads(program("dataset", "check", out, "--json").stdout)
    assert told["right"] is False
    assert [fault["what"] for fault in told["faults"]] == ["missing partner"]
    assert len(told["pairs"]) == 1
    assert abs(told["pairs"][0]["shift"][0]) < 1
