"""``-``: pictures through pipes, byte for byte what the files would be."""

import io
import os
import subprocess

import numpy as np
import pytest
from PIL import Image

from unblur.cli.exits import ExitCode


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_a_pipe_gives_what_a_file_gives(small_program, picture, tmp_path, suffix):
    source = picture(tmp_path / f"photo{suffix}")
    small_program("restore", source)
    done = small_program("restore", "-", input=source.read_bytes())
    assert (done.returncode, done.stderr) == (ExitCode.DONE, b"")
    with Image.open(io.BytesIO(done.stdout)) as piped, Image.open(source) as original:
        assert piped.format == original.format
    assert done.stdout == (tmp_path / f"photo.sharp{suffix}").read_bytes()


def test_one_side_can_be_a_file(small_program, picture, tmp_path):
    source, target = picture(tmp_path / "a.png"), tmp_path / "b.png"
    done = small_program("restore", "-", "-o", target, input=source.read_bytes())
    assert (done.returncode, done.stdout) == (ExitCode.DONE, b"")
    with Image.open(target) as result, Image.open(source) as original:
        assert np.array_equal(result, original)
    assert small_program("restore", source, "-o", "-").stdout == target.read_bytes()


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"\xff\xd8\xff cut"])
def test_a_bad_pipe_is_told(small_program, tmp_path, data):
    done = small_program("restore", "-", input=data, env={"TMPDIR": str(tmp_path)})
    assert done.returncode == ExitCode.FAILED
    assert done.stdout == b""
    assert "standard input" in done.stderr.decode().replace("-", " ")
    assert "Traceback" not in done.stderr.decode()
    assert not list(tmp_path.iterdir())


def test_a_reader_that_leaves_early_is_no_fault(small_program, picture, tmp_path):
    source = picture(tmp_path / "a.png", size=(400, 400))  # more than a pipe holds
    theirs, ours = os.pipe()
    os.close(theirs)
    pipes = {"stdout": ours, "stderr": subprocess.PIPE, "capture_output": False}
    done = small_program("restore", source, "-o", "-", **pipes)
    os.close(ours)
    assert done.returncode == ExitCode.FAILED
    assert b"Traceback" not in done.stderr
