"""Videos through the program, real processes killed included."""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction

import av
import numpy as np
import pytest
from skimage.data import chelsea

from unblur.cli.exits import ExitCode


@pytest.fixture
def clip(tmp_path):
    """60 frames of 48x64 px at 30 a second."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, width=64, height=48)
        for number in range(60):
            pixels = np.ascontiguousarray(chelsea()[number : number + 48, 100:164])
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def frames(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_part_of_a_clip(program, clip, tmp_path):
    out = tmp_path / "out.mkv"
    words = (
        "video",
        clip,
        "-o",
        out,
        "--start",
        0.5,
        "--end",
        0.7,
        "--psf",
        "gaussian:1",
        "--json",
    )
    done = program(*words)
    assert (done.returncode, done.stderr) == (0, b"")
    told = json.loads(done.stdout)
    assert (told["frames"], told["resumed"], told["target"]) == (6, 0, str(out))
    assert len(frames(out)) == 6
    again = program(*words)
    assert again.returncode == ExitCode.FAILED
    assert again.stderr.decode().count("\n") == 1
    assert "exists already" in again.stderr.decode()


def test_what_is_wrong_is_said_in_one_line(program, clip, tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    done = program("video", tmp_path / "text.mp4", "-o", tmp_path / "out.mp4")
    assert done.returncode == ExitCode.FAILED
    assert done.stderr.decode().startswith(f"unblur: {tmp_path}/text.mp4: cannot be read")
    assert done.stderr.decode().count("\n") == 1
    done = program("video", clip, "-o", tmp_path / "out.mp4", "--codec", "nonsense")
    assert done.returncode == ExitCode.USAGE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "text.mp4"]


def test_after_a_kill_a_second_run_goes_on(program, clip, tmp_path):
    out, work = tmp_path / "out.mp4", tmp_path / ".out.mp4.unblur"
    words = ("video", clip, "-o", out, "--psf", "gaussian:1", "--quality", "fast", "--threads", "1")
    command = [sys.executable, "-m", "unblur", *map(str, words)]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})
    until = time.monotonic() + 100
    while not list(work.glob("*.packets")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    done = program(*words, "--json")
    told = json.loads(done.stdout)
    assert told["frames"] == 60
    assert told["resumed"] >= 24
    assert not work.exists()
    assert len(frames(out)) == 60
