"""A folder found while it is worked on holds the same jobs as one that is planned first."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import unblur
from unblur.restoration.job import Job
from unblur.restoration.planning import plan_batch
from unblur.restoration.walking import walk_batch

NAMES = [
    "a.jpg",
    "b.sharp.jpg",
    "c/a.png",
    "c/d.tif",
    "out/a.jpg",
    "out/x.jpg",
    "notes.txt",
    ".h.png",
]


def touch(root: Path, names) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def jobs_of(items) -> set[tuple[str, str]]:
    return {(str(item.source), str(item.target)) for item in items if isinstance(item, Job)}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return lambda: tmp_path_factory.mktemp("walk")


@given(
    names=st.sets(st.sampled_from(NAMES), min_size=1),
    results=st.sets(st.sampled_from(["a.jpg", "c/a.png", "c/d.tif"])),
    output=st.sampled_from([None, "out", "elsewhere"]),
    overwrite=st.booleans(),
)
def test_the_same_as_the_plan(places, names, results, output, overwrite):
    folder = places()
    touch(folder / "in", names)
    target = None if output is None else folder / "in" / output
    if output == "elsewhere":
        target = folder / output
        touch(target, results)
    plan = plan_batch([folder / "in"], target, overwrite=overwrite)
    walk = walk_batch([folder / "in"], target, overwrite=overwrite)
    assert jobs_of(walk) == jobs_of(plan.jobs)
    items = list(walk)
    assert {item.source for item in items if not isinstance(item, Job)} == {
        result.source for result in plan.settled
    }
    assert walk.count() == len(items)


def test_several_paths_and_files_are_planned(tmp_path):
    touch(tmp_path, ["a.jpg", "b/c.png"])
    walk = walk_batch([tmp_path / "a.jpg", tmp_path / "b"], tmp_path / "out")
    assert len(jobs_of(walk)) == walk.count() == 2
    with pytest.raises(unblur.ArgumentError, match="do not fit into one file"):
        walk_batch([tmp_path / "a.jpg", tmp_path / "b"], tmp_path / "one.png")


def test_a_folder_over_itself_is_refused_before_any_work(tmp_path):
    touch(tmp_path, ["a.jpg"])
    with pytest.raises(unblur.ArgumentError, match="over itself"):
        walk_batch([tmp_path], tmp_path / "x" / "..")
    assert len(jobs_of(walk_batch([tmp_path], tmp_path, overwrite=True))) == 1


def test_nothing_is_found_before_it_is_asked_for(tmp_path):
    touch(tmp_path, [f"{number:03}/{name}.jpg" for number in range(50) for name in "ab"])
    items = iter(walk_batch([tmp_path], tmp_path / "out"))
    next(items)
    touch(tmp_path, ["049/c.jpg"])
    assert len(list(items)) == 100


def test_what_a_killed_run_left_is_removed(tmp_path):
    touch(tmp_path / "in", ["a.jpg", "b/c.jpg"])
    left = [".a.jpg.0123abcd.part", "b/.c.jpg.0123abcd.part", "b/.mine.part"]
    touch(tmp_path / "out", left)
    list(walk_batch([tmp_path / "in"], tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == [".mine.part"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_link_to_a_picture_of_the_same_folder_is_no_second_picture(tmp_path):
    touch(tmp_path, ["in/a.jpg", "other/b.jpg"])
    (tmp_path / "in" / "link.jpg").symlink_to(tmp_path / "in" / "a.jpg")
    (tmp_path / "in" / "far.jpg").symlink_to(tmp_path / "other" / "b.jpg")
    found = {
        Path(source).name for source, _ in jobs_of(walk_batch([tmp_path / "in"], tmp_path / "o"))
    }
    assert found == {"a.jpg", "far.jpg"}
