"""Ctrl-C and SIGTERM at the worst moments: nothing half-written stays, and a second run goes on."""

import signal
import time
from pathlib import Path

import pytest

import unblur
from unblur.cli.exits import ExitCode

ENDS = [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]


def wait_for(path: Path, process) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def whole(folder: Path) -> set[str]:
    """Names of the results, each of which can be read to its end."""
    for path in folder.iterdir():
        unblur.read_photo(path)
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(("number", "code"), ENDS)
@pytest.mark.parametrize("moment", ["restore:2", "fsync:2"])
def test_a_stopped_batch_leaves_only_whole_files(
    start_small_program, small_program, picture, tmp_path, number, code, moment
):
    for name in "abcdef":
        picture(tmp_path / "in" / f"{name}.png")
    stalled, out = tmp_path / "stalled", tmp_path / "out"
    words = ("restore", tmp_path / "in", "-o", out, "--threads", "1")
    process = start_small_program(*words, env={"STALL": moment, "STALLED": str(stalled)})
    wait_for(stalled, process)
    if moment.startswith("fsync"):
        assert [path for path in out.iterdir() if path.suffix == ".part"]
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code
    done = whole(out)
    assert len(done) < 6
    assert " to go: the same command goes on" in said.decode()
    assert "Traceback" not in said.decode()
    assert small_program(*words).returncode == ExitCode.DONE
    assert whole(out) == {f"{name}.png" for name in "abcdef"}


def test_after_kills_a_further_run_does_only_what_is_left(
    start_small_program, small_program, picture, tmp_path
):
    names = {f"{number}.png" for number in range(8)}
    for name in names:
        picture(tmp_path / "in" / name)
    report, out = tmp_path / "report.csv", tmp_path / "out"
    words = ("restore", tmp_path / "in", "-o", out, "--threads", "1", "--report", report)
    for moment in ("fsync:2", "restore:2"):
        stalled = tmp_path / moment.replace(":", "-")
        process = start_small_program(*words, env={"STALL": moment, "STALLED": str(stalled)})
        wait_for(stalled, process)
        process.kill()
        process.communicate(timeout=30)
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    assert small_program(*words).returncode == ExitCode.DONE
    assert whole(out) == names  # nothing hidden is left either
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
    once = tmp_path / "once"
    small_program("restore", tmp_path / "in", "-o", once)
    assert all((once / name).read_bytes() == (out / name).read_bytes() for name in names)
    told = [line.split(",")[0] for line in report.read_text().splitlines()[1:]]
    assert sorted(told) == sorted(str(tmp_path / "in" / name) for name in names)


def test_a_stopped_pipe_leaves_no_temporary_file(start_small_program, picture, tmp_path):
    source, stalled, scratch = picture(tmp_path / "a.png"), tmp_path / "stalled", tmp_path / "tmp"
    scratch.mkdir()
    process = start_small_program(
        "restore",
        source,
        "-o",
        "-",
        env={"STALL": "restore:1", "STALLED": str(stalled), "TMPDIR": str(scratch)},
    )
    wait_for(stalled, process)
    assert list(scratch.iterdir())
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == ExitCode.TERMINATED
    assert out == b""
    assert not list(scratch.iterdir())


def test_a_background_job_that_ignores_the_hang_up_lives_on(start_small_program, picture, tmp_path):
    """As under nohup: a signal that is ignored at the start stays ignored."""
    source, stalled = picture(tmp_path / "a.png"), tmp_path / "stalled"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start_small_program(
            "restore", source, env={"STALL": "restore:1", "STALLED": str(stalled)}
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_for(stalled, process)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=30)
