"""Batches of files over a small real restorer: a Wiener filter with the given PSF."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unblur
from unblur.images.color import to_dtype, to_float
from unblur.restoration.batch import Job, restore_batch, restore_photo


class SmallReport:
    def to_dict(self) -> dict[str, object]:
        return {"blur": {"kind": "none"}}


class WienerRestorer:
    """Restores by the PSF; ``failures`` says what it raises for which picture, counted from 0."""

    def __init__(self, failures: dict[int, BaseException] | None = None) -> None:
        self.failures = failures or {}
        self.calls = 0

    def restore_with_report(self, pixels, psf=None, *, strength=1.0, linear=True, progress=None):
        self.calls += 1
        if (error := self.failures.get(self.calls - 1)) is not None:
            raise error
        image = to_float(pixels)
        sharp = image if psf is None else unblur.wiener(image, psf)
        mixed = image + np.float32(strength) * (sharp - image)
        return to_dtype(mixed, pixels.dtype), SmallReport()


def write(path: Path, *, mode: str = "RGB", **settings: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(3).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(values).convert(mode).save(path, **settings)
    return path


def jobs(folder: Path, count: int) -> list[Job]:
    sources = [write(folder / "in" / f"{number}.png") for number in range(count)]
    return [Job(source, folder / "out" / source.name) for source in sources]


def test_results_come_one_by_one(tmp_path):
    restorer = WienerRestorer()
    results = restore_batch(jobs(tmp_path, 3), restorer)
    assert restorer.calls == 0  # nothing is done before it is asked for
    first = next(results)
    assert (first.outcome, restorer.calls) == ("restored", 1)
    assert first.target is not None
    assert first.target.exists()
    assert [result.outcome for result in results] == ["restored"] * 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (unblur.ImageReadError("2.png: too odd: use another"), "2.png: too odd: use another"),
        (MemoryError(), "free memory"),
        (RuntimeError("broken\nin two lines"), "RuntimeError: broken in two lines"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_bad_file_is_told_in_one_line_and_the_others_go_on(tmp_path, error, words):
    results = list(restore_batch(jobs(tmp_path, 4), WienerRestorer({2: error})))
    assert [result.outcome for result in results] == ["restored", "restored", "failed", "restored"]
    reason = results[2].reason
    assert words in reason
    assert "2.png" in reason
    assert "\n" not in reason
    assert results[2].error is error
    assert not [result.reason for result in results if result.outcome != "failed" and result.reason]
    assert len(list((tmp_path / "out").iterdir())) == 3


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(1)])
def test_what_stops_the_program_goes_through(tmp_path, stop):
    results = restore_batch(jobs(tmp_path, 3), WienerRestorer({1: stop}))
    next(results)
    with pytest.raises(type(stop)):
        next(results)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.png"]


def test_a_result_that_appeared_meanwhile_is_skipped(tmp_path):
    todo = jobs(tmp_path, 2)
    todo[1].target.parent.mkdir()
    todo[1].target.write_bytes(b"someone else's")
    restorer = WienerRestorer()
    assert [r.outcome for r in restore_batch(todo, restorer)] == ["restored", "skipped"]
    assert todo[1].target.read_bytes() == b"someone else's"
    assert restorer.calls == 1
    again = list(restore_batch(todo, restorer, overwrite=True))
    assert [result.outcome for result in again] == ["restored"] * 2


def test_every_result_is_json(tmp_path):
    todo = [*jobs(tmp_path, 2), Job(tmp_path / "missing.png", tmp_path / "out" / "missing.png")]
    for result in restore_batch(todo, WienerRestorer()):
        record = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert record["outcome"] == result.outcome
        assert record["source"] == str(result.source)
        assert (record["reason"] is None) == (result.outcome == "restored")


def test_depth_alpha_and_metadata_are_kept_unless_stripped(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    source = write(tmp_path / "a.png", mode="RGBA", exif=exif.tobytes(), dpi=(300, 300))
    for strip in (False, True):
        target = tmp_path / f"{strip}.png"
        restore_photo(source, target, WienerRestorer(), strip=strip)
        with Image.open(target) as result, Image.open(source) as original:
            assert result.mode == "RGBA"
            assert np.array_equal(result, original)
            assert (result.getexif().get(0x010F) == "a camera") is not strip


def test_the_psf_is_used(tmp_path):
    source, target, psf = write(tmp_path / "a.png"), tmp_path / "b.png", unblur.box_psf(3)
    restore_photo(source, target, WienerRestorer(), psf=psf)
    image = unblur.read_photo(source).to_image()
    expected = np.clip(unblur.wiener(image, psf), 0, 1)
    assert np.abs(unblur.read_photo(target).to_image() - expected).max() <= 0.5001 / 255


def test_an_existing_target_is_refused_before_the_work(tmp_path):
    source, restorer = write(tmp_path / "a.png"), WienerRestorer()
    with pytest.raises(unblur.ImageWriteError, match="exists"):
        restore_photo(source, source, restorer)
    assert restorer.calls == 0


def test_a_folder_that_cannot_be_made_is_told_before_the_work(tmp_path):
    source, restorer = write(tmp_path / "a.png"), WienerRestorer()
    with pytest.raises(unblur.ImageWriteError, match="choose another"):
        restore_photo(source, source / "below" / "b.png", restorer)
    assert restorer.calls == 0


def test_several_at_once_give_the_same_files_as_one_by_one(tmp_path):
    todo, psf = jobs(tmp_path, 12), unblur.box_psf(3)
    list(restore_batch(todo, WienerRestorer(), psf=psf))
    again = [Job(job.source, tmp_path / "again" / job.target.name) for job in todo]
    results = list(restore_batch(again, WienerRestorer(), psf=psf, at_once=3))
    assert sorted(result.target.name for result in results) == sorted(j.target.name for j in todo)
    assert all(
        one.target.read_bytes() == two.target.read_bytes()
        for one, two in zip(todo, again, strict=True)
    )


def test_several_at_once_go_on_after_a_bad_one(tmp_path):
    todo = jobs(tmp_path, 9)
    todo[4].source.write_bytes(b"not a picture")
    results = list(restore_batch(todo, WienerRestorer({2: RuntimeError("broken")}), at_once=2))
    assert sorted(result.outcome for result in results) == ["failed"] * 2 + ["restored"] * 7
    assert len(list((tmp_path / "out").iterdir())) == 7


def test_a_full_disk_ends_the_batch(tmp_path, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device")
    calls = []

    def fsync(handle):
        calls.append(handle)
        if len(calls) > 4:  # a file and its folder each
            raise full

    monkeypatch.setattr(os, "fsync", fsync)
    results = restore_batch(jobs(tmp_path, 9), WienerRestorer())
    outcomes = []
    with pytest.raises(unblur.NoRoomError, match="make room"):
        outcomes.extend(result.outcome for result in results)  # keeps those before the error
    assert outcomes == ["restored", "restored", "failed"]
    assert len(list((tmp_path / "out").iterdir())) == 2
