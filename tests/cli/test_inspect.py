"""``unblur inspect`` as a process, over a small inspector that always finds one motion."""

import json

import numpy as np
import pytest
from PIL import Image

import unblur
from unblur.cli.exits import ExitCode


def test_a_person_reads_kind_extent_angle_and_sees_the_psf(small_program, picture, tmp_path):
    source = picture(tmp_path / "a.png")
    done = small_program("inspect", source)
    page = done.stdout.decode()
    assert (done.returncode, done.stderr) == (ExitCode.DONE, b"")
    assert page.startswith(f"{source}\n")
    for word in ("motion", "px", "30"):
        assert word in page
    assert any(sign in page for sign in "░▒▓█▀▄")


def test_a_machine_reads_one_object_a_line(small_program, picture, tmp_path):
    for name in ("a.png", "c.png"):
        picture(tmp_path / name)
    (tmp_path / "b.png").write_bytes(b"no picture")
    done = small_program("inspect", tmp_path, "--json")
    records = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert done.returncode == ExitCode.FAILED
    assert [record["source"].rpartition("/")[2] for record in records] == [
        "a.png",
        "b.png",
        "c.png",
    ]
    assert records[0]["kind"] == records[2]["kind"] == "motion"
    assert records[1]["error"]
    assert "b.png" in done.stderr.decode()


def test_the_psf_comes_out_as_a_file_that_psf_reads(small_program, picture, tmp_path):
    psf = tmp_path / "psf.png"
    words = ("inspect", picture(tmp_path / "a.png"), "--psf-out", psf)
    assert small_program(*words).returncode == ExitCode.DONE
    assert np.abs(unblur.parse_psf(str(psf)) - unblur.motion_psf(9, 30)).max() < 1e-5
    again = small_program(*words)
    assert again.returncode == ExitCode.FAILED
    assert "exists" in again.stderr.decode()
    assert small_program(*words, "--overwrite").returncode == ExitCode.DONE


def test_a_pipe(small_program, picture, tmp_path):
    data = picture(tmp_path / "a.jpg").read_bytes()
    done = small_program("inspect", "-", "--json", input=data)
    assert json.loads(done.stdout)["kind"] == "motion"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["a.png", "b.png", "--psf-out", "p.png"], ExitCode.USAGE),
        (["missing.png"], ExitCode.NOTHING),
        (["empty"], ExitCode.NOTHING),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(small_program, picture, tmp_path, words, code):
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    (tmp_path / "empty").mkdir()
    done = small_program("inspect", *words, cwd=tmp_path)
    assert done.returncode == code
    assert len(done.stderr.decode().splitlines()) == 1


def test_the_doubts_of_pillow_are_not_shown(small_program, tmp_path):
    broken = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x0f\x01\x02\0\xff\0\0\0\xf0\0\0\0"
    source = tmp_path / "a.jpg"
    Image.fromarray(np.full((40, 50, 3), 99, np.uint8)).save(source, exif=broken)
    with pytest.warns(UserWarning, match="Tag data|Corrupt EXIF"):
        unblur.read_photo(source)
    done = small_program("inspect", source)
    assert (done.returncode, done.stderr) == (ExitCode.DONE, b"")
