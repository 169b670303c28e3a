"""``unblur restore`` as a process: results, exit codes, bad files, odd names, second runs."""

import json
import os
import pty
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unblur
from unblur.cli.exits import ExitCode


def records(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_the_result_lies_beside_its_source_and_nothing_is_said_in_a_pipe(
    small_program, picture, tmp_path
):
    picture(tmp_path / "photo.png")
    done = small_program("restore", tmp_path / "photo.png")
    assert (done.returncode, done.stdout, done.stderr) == (ExitCode.DONE, b"", b"")
    assert names(tmp_path) == {"photo.png", "photo.sharp.png"}


def test_a_tree_keeps_its_shape_and_a_second_run_skips_it(small_program, picture, tmp_path):
    for name in ("a.png", "deep/b.JPG", "deep/er/c.tif"):
        picture(tmp_path / "shots" / name)
    words = ("restore", tmp_path / "shots", "-o", tmp_path / "out", "--json")
    first, second = small_program(*words), small_program(*words)
    assert names(tmp_path / "out") == {"a.png", "deep/b.JPG", "deep/er/c.tif"}
    assert [record["outcome"] for record in records(first)] == ["restored"] * 3
    assert [record["outcome"] for record in records(second)] == ["skipped"] * 3
    assert first.returncode == second.returncode == ExitCode.DONE


def test_a_second_run_beside_the_sources_makes_no_results_of_results(
    small_program, picture, tmp_path
):
    picture(tmp_path / "a.png")
    for _ in range(3):
        done = small_program("restore", *sorted(tmp_path.glob("*.png")))  # as a shell expands *
        assert done.returncode == ExitCode.DONE
    small_program("restore", tmp_path)
    assert names(tmp_path) == {"a.png", "a.sharp.png"}


def test_overwrite_restores_again(small_program, picture, tmp_path):
    source, target = picture(tmp_path / "a.png"), tmp_path / "b.png"
    target.write_bytes(b"old")
    assert small_program("restore", source, "-o", target).returncode == ExitCode.DONE
    assert target.read_bytes() == b"old"
    assert small_program("restore", source, "-o", target, "--overwrite").returncode == ExitCode.DONE
    assert np.array_equal(pixels(target), pixels(source))


def test_psf_and_strength_reach_the_restorer(small_program, picture, tmp_path):
    source = picture(tmp_path / "a.png")
    results = []
    for strength in ("0", "0.5", "1"):
        target = tmp_path / f"{strength}.png"
        small_program("restore", source, "-o", target, "--psf", "box:3", "--strength", strength)
        results.append(pixels(target).astype(float))
    assert np.array_equal(results[0], pixels(source))
    assert np.abs(results[2] - results[0]).max() > 20
    image = pixels(source).astype(np.float32) / 255
    full = np.clip(unblur.wiener(image, unblur.box_psf(3)), 0, 1) * 255
    assert np.abs(results[2] - full).max() <= 1
    half = np.clip((image + unblur.wiener(image, unblur.box_psf(3))) / 2, 0, 1) * 255
    assert np.abs(results[1] - half).max() <= 1


def test_bad_files_do_not_stop_the_others(small_program, picture, tmp_path):
    shots = tmp_path / "shots"
    for name in ("1.png", "3.png", "6.png"):
        picture(shots / name)
    picture(shots / "5.png", size=(13, 13))  # on which the small restorer breaks
    (shots / "2.png").write_bytes(b"not a picture")
    cut = picture(shots / "4.jpg")
    cut.write_bytes(cut.read_bytes()[:300])
    missing = tmp_path / "missing.png"
    done = small_program("restore", missing, shots, "-o", tmp_path / "out", "--json")
    outcomes = {Path(record["source"]).name: record["outcome"] for record in records(done)}
    assert done.returncode == ExitCode.FAILED
    assert names(tmp_path / "out") == {"1.png", "3.png", "6.png"}
    assert outcomes == {
        "1.png": "restored",
        "2.png": "failed",
        "3.png": "restored",
        "4.jpg": "failed",
        "5.png": "failed",
        "6.png": "restored",
        "missing.png": "failed",
    }
    told = done.stderr.decode().splitlines()
    start = told.index("not restored (4):")
    listed = told[start + 1 : start + 5]
    for name in ("missing.png", "2.png", "4.jpg", "5.png"):
        assert sum(name in line for line in listed) == 1  # one line each


def test_a_fault_shows_its_traceback_and_goes_on(small_program, picture, tmp_path):
    picture(tmp_path / "a.png", size=(13, 13))
    picture(tmp_path / "b.png")
    done = small_program("restore", tmp_path)
    said = done.stderr.decode()
    assert "RuntimeError: thirteen" in said
    assert "Traceback" in said
    assert (tmp_path / "b.sharp.png").exists()


def test_json_lines_hold_everything(small_program, picture, tmp_path):
    source, target = picture(tmp_path / "a.png"), tmp_path / "b.png"
    (record,) = records(small_program("restore", source, "-o", target, "--json"))
    assert set(record) == {"source", "target", "outcome", "reason", "notes", "seconds", "report"}
    assert (record["source"], record["target"]) == (str(source), str(target))
    assert record["reason"] is None
    assert record["seconds"] > 0
    assert record["report"]["blur"]["kind"] == "motion"


def test_names_can_be_anything(small_program, picture, tmp_path):
    odd = {"two words.png", "Ελλάδα 日本 🌲.png", "[red] a.png", "-o.png", "new\nline.png", "*.png"}
    for name in odd:
        picture(tmp_path / "in put" / name)
    done = small_program("restore", tmp_path / "in put", "-o", tmp_path / "out put", "--json")
    assert done.returncode == ExitCode.DONE
    assert names(tmp_path / "out put") == odd
    assert {Path(record["source"]).name for record in records(done)} == odd


def test_a_name_that_is_no_text(small_program, picture, tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    picture(tmp_path / "in" / "good.png")
    shutil.copy(tmp_path / "in" / "good.png", tmp_path / "in" / name)
    (tmp_path / "in" / os.fsdecode(b"bad\xff.png")).write_bytes(b"")
    done = small_program("restore", tmp_path / "in", "-o", tmp_path / "out", "--json")
    assert done.returncode == ExitCode.FAILED
    assert names(tmp_path / "out") == {"good.png", name}
    assert len(records(done)) == 3
    assert b"bad\\" in done.stderr


def test_a_name_after_two_dashes(small_program, picture, tmp_path):
    picture(tmp_path / "-v.png")
    done = small_program("restore", "--", "-v.png", cwd=tmp_path)
    assert done.returncode == ExitCode.DONE
    assert names(tmp_path) == {"-v.png", "-v.sharp.png"}


def test_patterns_are_understood_without_a_shell(small_program, picture, tmp_path):
    for name in ("a.png", "b.jpg", "sub/c.png"):
        picture(tmp_path / name)
    done = small_program("restore", "**/*.png", "-o", "out", cwd=tmp_path)
    assert done.returncode == ExitCode.DONE
    assert {Path(name).name for name in names(tmp_path / "out")} == {"a.png", "c.png"}


def test_nothing_found_is_told_path_by_path(small_program, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    done = small_program("restore", tmp_path / "*.png", tmp_path, tmp_path / "no.png")
    assert done.returncode == ExitCode.NOTHING
    told = done.stderr.decode().splitlines()
    assert len(told) == 4
    assert "*.png" in told[1]
    assert "holds no pictures" in told[2]
    assert "does not exist" in told[3]


def test_a_name_without_the_suffix_of_a_picture_needs_one_for_the_result(
    small_program, picture, tmp_path
):
    source = picture(tmp_path / "a.png").rename(tmp_path / "scan")
    done = small_program("restore", source)
    assert done.returncode == ExitCode.FAILED
    assert "scan.sharp" in done.stderr.decode()
    assert small_program("restore", source, "-o", tmp_path / "b.png").returncode == ExitCode.DONE


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["a.png", "b.png", "-o", "one.png"], "folder"),
        (["a.png", "-o", "a.gif"], "slash"),
        (["a.png", "-o", "a.png"], "itself"),
        (["a.png", "sub/a.png", "-o", "out"], "both"),
        (["a.png", "--psf", "disk:x"], "disk:RADIUS"),
        (["a.png", "b.png", "-o", "-"], "pipe"),
        (["a.png", "-o", "-", "--json"], "JSON"),
        (["sub", "-o", "-"], "pipe"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_work(
    small_program, picture, tmp_path, words, reason
):
    for name in ("a.png", "b.png", "sub/a.png"):
        picture(tmp_path / name)
    before = names(tmp_path)
    done = small_program("restore", *words, cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert reason in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1
    assert names(tmp_path) == before


def test_a_missing_model_is_told_once(small_program, picture, tmp_path):
    done = small_program("restore", picture(tmp_path / "a.png"), "--model", "none")
    assert done.returncode == ExitCode.FAILED
    assert done.stderr.decode() == "unblur: none: no such model: see unblur models\n"


def without_root_rights() -> None:
    """Let file modes count for root, too, from the next program on (Linux only)."""
    import ctypes

    drop, may_write_anything, may_read_anything = 24, 1, 2
    libc = ctypes.CDLL(None)
    for right in (may_write_anything, may_read_anything):
        libc.prctl(drop, right, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux capabilities")
def test_a_folder_that_cannot_be_written(small_program, picture, tmp_path):
    picture(tmp_path / "in" / "a.png")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    for target in (locked, locked / "new", tmp_path / "in" / "a.png" / "below"):
        done = small_program(
            "restore", tmp_path / "in", "-o", target, preexec_fn=without_root_rights
        )
        assert done.returncode == ExitCode.FAILED
        said = done.stderr.decode()
        assert "Traceback" not in said
        assert len(said.splitlines()) == 2
    assert names(tmp_path) == {"in/a.png"}


def test_a_terminal_shows_a_bar_a_line_a_file_and_a_summary(small_program, picture, tmp_path):
    for name in ("a.png", "[b].png", "c.png"):
        picture(tmp_path / name)
    (tmp_path / "c.png").write_bytes(b"")
    ours, theirs = pty.openpty()
    done = small_program(
        "restore", tmp_path, stderr=theirs, stdout=-1, capture_output=False, env={"TERM": "xterm"}
    )
    os.close(theirs)
    said = b""
    while b"restored, " not in said:
        said += os.read(ours, 65536)
    os.close(ours)
    shown = said.decode()
    assert done.stdout == b""
    assert "3/3" in shown
    assert "[b].png -> " in shown
    assert "motion 12.2 px at 30°" in shown
    assert "2 restored, 0 skipped, 1 failed" in shown
