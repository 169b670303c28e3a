"""A result whose worker was lost is told as ours only if it is the same, and is never touched."""

import dataclasses

import pytest
from PIL import Image
from skimage.data import coffee

import unblur
from unblur.restoration.batch import restore_job
from unblur.restoration.job import Job, Settings
from unblur.restoration.pipeline import Gate
from unblur.restoration.recognising import recognise_result


@pytest.fixture
def written(tmp_path):
    """All that `restore_job` takes, what it said at first, and what it says the second time."""
    Image.fromarray(coffee()[:64, :80]).save(tmp_path / "in.png")
    settings = Settings(unblur.box_psf(3), making=unblur.Making("restore", {}))
    job = Job(tmp_path / "in.png", tmp_path / "out.png")
    how = (job, unblur.FaithfulRestorer(3.0, threads=1), settings, Gate(1))
    first, second = restore_job(*how), restore_job(*how)
    assert (first.outcome, second.outcome) == ("restored", "skipped")
    return how, first, second


def test_the_same_file_is_ours(written):
    how, first, second = written
    before = how[0].target.stat()  # reading may change when it was read
    found = recognise_result(second, *how)
    assert (found.outcome, found.source, found.target) == ("restored", *dataclasses.astuple(how[0]))
    assert found.entry.output == first.entry.output
    assert found.entry.pixels == first.entry.pixels
    after = how[0].target.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_file_stays_another_s(written):
    how, _, second = written
    how[0].target.write_bytes(b"somebody else's")
    assert recognise_result(second, *how) is second
    assert how[0].target.read_bytes() == b"somebody else's"


def test_a_source_that_is_gone_leaves_what_was_said(written):
    how, _, second = written
    how[0].source.unlink()
    assert recognise_result(second, *how) is second
