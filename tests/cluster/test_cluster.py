"""A real Ray cluster of two restoring processes on this machine, one of which is killed.

The program runs as a process of its own: Ray's warnings are not ours, and its workers end with it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest
from PIL import Image

import unblur

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs ray[data]"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds workers in /proc"),
]

PICTURE = Path(__file__).resolve().parents[2] / "examples" / "pictures" / "china.jpg"
COUNT = 14


@pytest.fixture
def shots(tmp_path) -> Path:
    with Image.open(PICTURE) as picture:
        for number in range(COUNT):
            left, suffix = 8 * number, ("jpg", "png", "tif", "webp")[number % 4]
            target = tmp_path / "in" / f"day{number % 3}" / f"{number}.{suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            picture.crop((left, left, left + 128, left + 96)).save(target)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"not a picture")
    return tmp_path / "in"


def environment(mark: str) -> dict[str, str]:
    source = str(Path(unblur.__file__).parents[1])
    ours = {"PYTHONPATH": source, "OMP_NUM_THREADS": "1", "UNBLUR_TEST": mark}
    # Ray's workers step back behind everything else on the machine otherwise
    return os.environ | ours | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}


def program(*words: object) -> list[str]:
    return [sys.executable, "-m", "unblur", "restore", *map(str, words), "--json"]


def restoring_workers(mark: str) -> list[int]:
    """Processes of the cluster that carries this mark, and of no other."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes()
            name = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"UNBLUR_TEST={mark}".encode() in environ and b"ray::" in name and b"_Restore" in name:
            found.append(int(folder.name))
    return found


def test_a_cluster_that_loses_a_worker_gives_the_files_of_this_machine(shots, tmp_path):
    mark = uuid.uuid4().hex
    words = program(shots, "-o", tmp_path / "ray", "--engine", "ray", "--threads", "2")
    words += ["--record", str(tmp_path / "record.json")]
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, env=environment(mark), stdout=pipe, stderr=pipe)
    watchdog = threading.Timer(300, process.kill)
    watchdog.start()
    lines = [process.stdout.readline(), process.stdout.readline()]
    victims = restoring_workers(mark)
    assert len(victims) == 2
    os.kill(victims[0], signal.SIGKILL)
    out, said = process.communicate()
    watchdog.cancel()
    records = [json.loads(line) for line in [*lines, *out.splitlines()]]
    assert process.returncode == 1, said.decode()
    outcomes = {Path(record["source"]).name: record["outcome"] for record in records}
    assert len(records) == COUNT + 1
    assert outcomes.pop("bad.jpg") == "failed"
    assert set(outcomes.values()) == {"restored"}
    assert b"bad.jpg: is not a picture" in said

    done = subprocess.run(
        program(shots, "-o", tmp_path / "local", "--device", "cpu"),  # as records want it
        env=environment(mark),
        capture_output=True,
    )
    assert done.returncode == 1
    local = sorted(path for path in (tmp_path / "local").rglob("*") if path.is_file())
    assert len(local) == COUNT
    for path in local:
        twin = tmp_path / "ray" / path.relative_to(tmp_path / "local")
        assert path.read_bytes() == twin.read_bytes(), path
    entries = unblur.read_record(tmp_path / "record.json")
    recorded = {entry.output.path: entry.output for entry in entries}
    assert len(recorded) == COUNT
    for path, digest in recorded.items():
        assert digest.same_bytes(unblur.FileDigest.of(Path(path).read_bytes(), path))
    assert {entry.parameters["engine"] for entry in entries} == {"ray"}
    hidden = [path for path in (tmp_path / "ray").rglob(".*") if path.is_file()]
    assert not hidden
    until = time.monotonic() + 20
    while restoring_workers(mark) and time.monotonic() < until:
        time.sleep(0.2)
    assert not restoring_workers(mark)  # the cluster ends with the program


DEADLY = """
import os, sys
from pathlib import Path, PosixPath

import unblur


class Deadly(PosixPath):
    def __reduce__(self):  # ends the worker that wants to know the picture
        return os._exit, (9,)


folder, output = map(Path, sys.argv[1:])
jobs = [unblur.Job(each.path, output / each.path.name) for each in unblur.find_photos(folder)]
jobs.insert(3, unblur.Job(Deadly("deadly.jpg"), output / "deadly.jpg"))
for result in unblur.restore_on_cluster(jobs, workers=2, psf=unblur.box_psf(3)):
    print(result.outcome, result.source, result.reason, sep="\\t")
"""


def test_a_picture_that_ends_every_worker_is_set_aside_and_no_other(shots, tmp_path):
    (shots / "bad.jpg").unlink()
    command = [sys.executable, "-c", DEADLY, str(shots), str(tmp_path / "out")]
    done = subprocess.run(
        command, env=environment("deadly"), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    told = [line.split("\t") for line in done.stdout.splitlines() if line.count("\t") == 2]
    failed = [(source, reason) for outcome, source, reason in told if outcome == "failed"]
    assert [source for source, _ in failed] == ["deadly.jpg"]
    assert "the worker was lost with it" in failed[0][1]
    assert sum(outcome == "restored" for outcome, _, _ in told) == COUNT
    assert len(list((tmp_path / "out").iterdir())) == COUNT
