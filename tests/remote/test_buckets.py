"""``unblur restore`` from and to a bucket, as a process, while the server fails now and then."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unblur
from unblur.images.places import RemotePath

HERE = Path(__file__).parent
PROGRAM = HERE.parent / "cli" / "small_program.py"
COUNT = 12


def environment(store_settings, **more: str) -> dict[str, str]:
    source = str(Path(unblur.__file__).parents[1])
    return os.environ | store_settings | {"PYTHONPATH": source, "OMP_NUM_THREADS": "1"} | more


@pytest.fixture
def run(store_settings):
    def run(*words: object) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, str(PROGRAM), "restore", *map(str, words)]
        return subprocess.run(
            command, env=environment(store_settings), capture_output=True, timeout=120
        )

    return run


@pytest.fixture
def shots(bucket) -> str:
    for number in range(COUNT):
        pixels = np.random.default_rng(number).integers(0, 256, (24, 32, 3), dtype=np.uint8)
        with io.BytesIO() as file:
            Image.fromarray(pixels).save(file, "PNG")
            RemotePath(f"{bucket}/shots/day{number % 3}/{number}.png").write_bytes(file.getvalue())
    return f"{bucket}/shots"


def outcomes(done) -> list[str]:
    return sorted(json.loads(line)["outcome"] for line in done.stdout.decode().splitlines())


def test_a_bucket_gives_what_a_folder_gives_though_the_server_stumbles(
    run, shots, bucket, faults, tmp_path
):
    seed = random.Random(1)
    faults.answer = lambda method, path: 503 if seed.random() < 0.2 else None
    first = run(shots, "-o", f"{bucket}/out", "--json", "--psf", "box:3")
    assert outcomes(first) == ["restored"] * COUNT, first.stderr
    assert faults.failed
    second = run(shots, "-o", f"{bucket}/out", "--json", "--psf", "box:3")
    assert outcomes(second) == ["skipped"] * COUNT
    local = run(shots, "-o", tmp_path / "out", "--psf", "box:3")
    assert local.returncode == 0
    for path in (tmp_path / "out").rglob("*.png"):
        relative = path.relative_to(tmp_path / "out")
        assert path.read_bytes() == (RemotePath(f"{bucket}/out") / relative).read_bytes()


def test_what_the_server_refuses_is_set_aside_and_done_later(run, shots, bucket, faults):
    refused = ("GET", "shots/day1/4.png"), ("PUT", "out/day2/5.png")
    faults.answer = lambda method, path: (
        403 if any(method == verb and path.endswith(name) for verb, name in refused) else None
    )
    first = run(shots, "-o", f"{bucket}/out", "--json")
    assert first.returncode == 1
    assert outcomes(first) == ["failed"] * 2 + ["restored"] * (COUNT - 2)
    said = first.stderr.decode()
    assert "day1/4.png" in said
    assert "day2/5.png" in said
    assert "Traceback" not in said
    faults.answer = lambda method, path: None
    second = run(shots, "-o", f"{bucket}/out", "--json")
    assert outcomes(second) == ["restored"] * 2 + ["skipped"] * (COUNT - 2)


def test_a_killed_run_leaves_only_whole_objects(run, shots, bucket, store_settings, tmp_path):
    stalled = tmp_path / "stalled"
    words = [
        sys.executable,
        str(PROGRAM),
        "restore",
        shots,
        "-o",
        f"{bucket}/out",
        "--threads",
        "1",
    ]
    process = subprocess.Popen(
        words, env=environment(store_settings, STALL="restore:5", STALLED=str(stalled))
    )
    until = time.monotonic() + 60
    while not stalled.exists() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    places = [RemotePath(f"{bucket}/out/day{day}") for day in range(3)]
    objects = [place / name for place in places for name, _ in place.entries()]
    assert 0 < len(objects) < COUNT
    for place in objects:
        unblur.read_photo(place)
    rest = run(shots, "-o", f"{bucket}/out", "--json")
    assert outcomes(rest) == ["restored"] * (COUNT - len(objects)) + ["skipped"] * len(objects)
