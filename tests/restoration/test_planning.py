"""Which files, which targets: planned without opening a picture."""

import contextlib
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unblur
from unblur.restoration.planning import plan_batch


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def targets(plan) -> dict[str, str]:
    return {str(job.source): str(job.target) for job in plan.jobs}


def test_a_result_lies_beside_its_source(here):
    touch("a.jpg", "sub/b.c.PNG")
    assert targets(plan_batch(["a.jpg", "sub/b.c.PNG"])) == {
        "a.jpg": "a.sharp.jpg",
        "sub/b.c.PNG": "sub/b.c.sharp.PNG",
    }


def test_a_folder_keeps_its_tree_below_the_output(here):
    touch("shots/a.jpg", "shots/day/b.png", "shots/day/notes.txt")
    assert set(targets(plan_batch(["shots"], "out")).values()) == {"out/a.jpg", "out/day/b.png"}


@pytest.mark.parametrize(
    ("output", "target"),
    [("b.png", "b.png"), ("new/b.tif", "new/b.tif"), ("out", "out/a.jpg"), ("v1.5/", "v1.5/a.jpg")],
)
def test_one_picture_goes_to_a_file_or_a_folder(here, output, target):
    touch("a.jpg")
    assert targets(plan_batch(["a.jpg"], output)) == {"a.jpg": target}


def test_an_existing_folder_is_a_folder_whatever_its_name(here):
    touch("a.jpg", "odd.png/x.txt", "v1.5/x.txt")
    assert targets(plan_batch(["a.jpg"], "odd.png")) == {"a.jpg": "odd.png/a.jpg"}
    assert targets(plan_batch(["a.jpg"], "v1.5")) == {"a.jpg": "v1.5/a.jpg"}


@pytest.mark.parametrize(
    ("paths", "output", "reason"),
    [
        (["a.jpg", "b.jpg"], "c.jpg", "give a folder"),
        (["."], "c.jpg", "give a folder"),
        (["a.jpg"], "c.gif", "not a kind of picture"),
        (["a.jpg"], "a.jpg", "over itself"),
        (["."], ".", "over itself"),
        (["a.jpg", "sub/a.jpg"], "out", "both become"),
    ],
)
def test_what_would_lose_a_picture_is_refused(here, paths, output, reason):
    touch("a.jpg", "b.jpg", "sub/a.jpg")
    with pytest.raises(unblur.ArgumentError, match=reason):
        plan_batch(paths, output)


def test_two_pictures_with_one_result_are_refused_even_if_it_exists(here):
    touch("a.jpg", "sub/a.jpg", "out/a.jpg")
    with pytest.raises(unblur.ArgumentError, match="both become"):
        plan_batch(["a.jpg", "sub/a.jpg"], "out")


def test_in_place_only_when_asked_to_overwrite(here):
    touch("a.jpg")
    assert targets(plan_batch(["a.jpg"], "a.jpg", overwrite=True)) == {"a.jpg": "a.jpg"}


def test_a_picture_named_twice_is_restored_once(here):
    touch("shots/a.jpg")
    os.symlink("a.jpg", "shots/link.jpg")
    paths = ["shots/a.jpg", "shots", "./shots/../shots/a.jpg", "shots/*.jpg"]
    assert len(plan_batch(paths).jobs) == 1


def test_results_are_no_sources(here):
    touch("a.jpg", "a.sharp.jpg", "b.sharp.jpg", "out/a.jpg")
    plan = plan_batch(["."], "out")
    assert targets(plan) == {}
    assert {str(result.source) for result in plan.settled} == {
        "a.jpg",
        "a.sharp.jpg",
        "b.sharp.jpg",
        "out/a.jpg",
    }
    assert {result.outcome for result in plan.settled} == {"skipped"}


def test_a_result_named_by_hand_is_a_source(here):
    touch("a.jpg", "a.sharp.jpg")
    assert targets(plan_batch(["a.sharp.jpg"])) == {"a.sharp.jpg": "a.sharp.sharp.jpg"}
    assert targets(plan_batch(["a.jpg", "a.sharp.jpg"])) == {}


def test_paths_that_lead_nowhere_are_failures_of_their_own(here):
    touch("a.jpg")
    plan = plan_batch(["no.jpg", "a.jpg", "nowhere/"])
    assert targets(plan) == {"a.jpg": "a.sharp.jpg"}
    assert [result.outcome for result in plan.settled] == ["failed"] * 2
    assert "no.jpg" in plan.settled[0].reason
    assert plan.found
    assert not plan_batch(["no.jpg", "nowhere/"]).found


NAMES = st.lists(
    st.from_regex(r"([ab]/){0,2}[ab](\.sharp)?\.(jpg|png)", fullmatch=True), unique=True, max_size=8
)


@settings(max_examples=40, deadline=None)
@given(names=NAMES, output=st.sampled_from([None, "in/out", "in/a", "elsewhere"]))
def test_running_twice_is_running_once(names, output):
    """No target is a source or another's target, and after the first run nothing is left."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        touch("in/notes.txt", *(f"in/{name}" for name in names))
        first = plan_batch(["in"], output)
        made = [job.target for job in first.jobs]
        assert len(set(made)) == len(made)
        assert not set(made) & {job.source for job in first.jobs}
        touch(*map(str, made))
        assert plan_batch(["in"], output).jobs == ()
