"""Files, patterns and folders, as a person names them."""

from __future__ import annotations

import pytest

from unblur.errors import ImageReadError
from unblur.images.finding import SUFFIXES, FoundPhoto, find_photos


@pytest.fixture
def tree(tmp_path):
    for name in [
        "b.png", "a.JPG", "notes.txt", ".hidden.jpg", "trip/sea.tiff", "trip/day 2/hill.webp",
        ".cache/x.png", "z/only.txt", "trip/.a.png.12345678.part",
    ]:  # fmt: skip
        path = tmp_path / "shots" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "shots"


def relatives(paths) -> list[str]:
    return [found.relative.as_posix() for found in find_photos(paths)]


def test_folders_are_searched_sorted_and_keep_their_tree(tree):
    assert relatives(tree) == ["a.JPG", "b.png", "trip/sea.tiff", "trip/day 2/hill.webp"]
    assert relatives([str(tree)]) == relatives(tree)
    assert find_photos(tree / "trip")[0] == FoundPhoto(
        tree / "trip" / "sea.tiff", (tree / "trip" / "sea.tiff").relative_to(tree / "trip")
    )


def test_files_are_taken_by_name_whatever_their_suffix(tree):
    assert relatives([tree / "notes.txt", tree / ".hidden.jpg"]) == ["notes.txt", ".hidden.jpg"]


def test_patterns(tree):
    assert relatives(f"{tree}/*.png") == ["b.png"]
    assert relatives(f"{tree}/*.*") == ["a.JPG", "b.png"]
    assert relatives(f"{tree}/**/*.webp") == ["trip/day 2/hill.webp"]
    assert relatives(f"{tree}/[ab].*") == ["a.JPG", "b.png"]
    # a matched folder keeps its own name, so that results of several do not mix
    assert relatives(f"{tree}/tr*") == ["trip/sea.tiff", "trip/day 2/hill.webp"]


def test_relative_patterns(tree, monkeypatch):
    monkeypatch.chdir(tree)
    assert relatives("*/*.tiff") == ["trip/sea.tiff"]
    assert relatives("trip/*.tiff") == ["sea.tiff"]
    assert relatives(".") == ["a.JPG", "b.png", "trip/sea.tiff", "trip/day 2/hill.webp"]


def test_a_name_with_brackets_is_a_name_first(tree):
    odd = tree / "scan[1].png"
    odd.touch()
    assert [found.path for found in find_photos(str(odd))] == [odd]


def test_each_file_once_in_the_order_given(tree):
    paths = [tree / "b.png", tree, f"{tree}/*.png", tree / "trip" / ".." / "b.png"]
    assert relatives(paths) == ["b.png", "a.JPG", "trip/sea.tiff", "trip/day 2/hill.webp"]


def test_links(tree):
    (tree / "link.png").symlink_to(tree / "b.png")
    (tree / "loop").symlink_to(tree)
    assert relatives(tree) == ["a.JPG", "b.png", "trip/sea.tiff", "trip/day 2/hill.webp"]
    assert relatives(tree / "link.png") == ["link.png"]


def test_home_is_expanded(tree, monkeypatch):
    monkeypatch.setenv("HOME", str(tree))
    monkeypatch.setenv("USERPROFILE", str(tree))
    assert relatives("~/b.png") == ["b.png"]
    assert relatives("~/*.png") == ["b.png"]


@pytest.mark.parametrize(
    ("name", "word"),
    [("missing.png", "does not exist"), ("*.gif", "matches no"), ("z", "holds no pictures")],
)
def test_nothing_found_is_an_error(tree, name, word):
    with pytest.raises(ImageReadError, match=word):
        find_photos([tree / "b.png", f"{tree}/{name}"])


def test_no_paths_no_photos():
    assert find_photos([]) == []


def test_suffixes_are_sorted_and_lower_case():
    assert list(SUFFIXES) == sorted(SUFFIXES)
    assert all(suffix == suffix.lower() for suffix in SUFFIXES)
