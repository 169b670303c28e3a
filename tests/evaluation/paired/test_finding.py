from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unblur.errors import ArgumentError, ImageReadError
from unblur.evaluation.paired.finding import FOLDERS, MARKERS, Pair, find_pairs
from unblur.evaluation.paired.splitting import split_pairs


@pytest.fixture
def tree(tmp_path):
    """Makes empty files of these names."""

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return make


def found(folder, **settings):
    paired = find_pairs(folder, **settings)
    return [
        (
            pair.name,
            pair.kind,
            *(p.relative_to(folder).as_posix() for p in (pair.sharp, pair.blurred)),
        )
        for pair in paired.pairs
    ]


def test_the_papers_layout_with_extensions_in_any_case(tree):
    root = tree(
        "sharp/0_IPHONE-SE_S.JPG",
        "sharp/12_HONOR_S.jpg",
        "defocused_blurred/0_IPHONE-SE_F.jpg",
        "defocused_blurred/12_HONOR_F.PNG",
        "motion_blurred/0_IPHONE-SE_M.JPEG",
        "motion_blurred/12_HONOR_M.Jpg",
        "sharp/.hidden_S.jpg",
        "motion_blurred/notes.txt",
    )
    sharp = {"0_IPHONE-SE": "sharp/0_IPHONE-SE_S.JPG", "12_HONOR": "sharp/12_HONOR_S.jpg"}
    assert found(root) == [
        ("0_IPHONE-SE", "defocus", sharp["0_IPHONE-SE"], "defocused_blurred/0_IPHONE-SE_F.jpg"),
        ("0_IPHONE-SE", "motion", sharp["0_IPHONE-SE"], "motion_blurred/0_IPHONE-SE_M.JPEG"),
        ("12_HONOR", "defocus", sharp["12_HONOR"], "defocused_blurred/12_HONOR_F.PNG"),
        ("12_HONOR", "motion", sharp["12_HONOR"], "motion_blurred/12_HONOR_M.Jpg"),
    ]
    assert find_pairs(root).kinds == ("defocus", "motion")
    assert [kind for _, kind, *_ in found(root, kinds=["motion"])] == ["motion", "motion"]


@pytest.mark.parametrize(
    ("sharp", "blurred"),
    [("target", "input"), ("sharp", "blur"), ("GT", "Blurred"), ("target", "inputC")],
)
def test_plain_pairs_of_folders(tree, sharp, blurred):
    root = tree(f"{sharp}/a.png", f"{blurred}/a.jpg", f"{sharp}/b_1.png", f"{blurred}/b_1.png")
    assert [row[:2] for row in found(root)] == [("a", blurred), ("b_1", blurred)]


def test_nested_folders_of_frames(tree):
    names = [f"test/GOPR{n}/{side}/0001.png" for n in (1, 2) for side in ("blur", "sharp")]
    assert [row[0] for row in found(tree(*names))] == ["test/GOPR1/0001", "test/GOPR2/0001"]


def test_folders_inside_both_sides(tree):
    names = [f"{side}/{clip}/7.png" for side in ("train_sharp", "train_blur") for clip in "ab"]
    assert [row[0] for row in found(tree(*names))] == ["a/7", "b/7"]


def test_both_in_one_folder(tree):
    root = tree("x_n-8_blurred.png", "x_n-8_sharp.png", "y_sharp.png", "other.png")
    assert found(root) == [("x_n-8", "blurred", "x_n-8_sharp.png", "x_n-8_blurred.png")]
    assert [missing.path.name for missing in find_pairs(root).missing] == ["y_sharp.png"]


def test_letters_that_name_a_scene_are_kept(tree):
    names = [f"{side}/img_{letter}.png" for side in ("sharp", "blur") for letter in "ABC"]
    assert [row[0] for row in found(tree(*names))] == ["img_A", "img_B", "img_C"]


def test_pictures_without_a_partner_are_told_with_the_folder_that_lacks_it(tree):
    root = tree(
        "sharp/1_S.png",
        "sharp/1_S.jpg",
        "sharp/2_S.png",
        "motion_blurred/1_M.png",
        "motion_blurred/3_M.png",
        "defocused_blurred/1_F.png",
        "defocused_blurred/2_F.png",
    )
    missing = {
        (m.path.relative_to(root).as_posix(), m.where.name) for m in find_pairs(root).missing
    }
    assert missing == {
        ("sharp/2_S.png", "motion_blurred"),
        ("motion_blurred/3_M.png", "sharp"),
        ("sharp/1_S.png", "defocused_blurred"),  # its name is taken by 1_S.jpg
    }


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ((), ImageReadError, "holds no pairs"),
        (("a.png",), ImageReadError, "holds no pairs"),
        (("sharp/a.png", "gt/a.png", "blur/a.png"), ArgumentError, "gt and sharp both look sharp"),
    ],
)
def test_what_is_no_paired_folder(tree, names, error, message):
    with pytest.raises(error, match=message):
        find_pairs(tree(*names))


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(ImageReadError, match="is no folder"):
        find_pairs(tmp_path / "none")


def test_an_unknown_kind_is_refused(tree):
    with pytest.raises(ArgumentError, match="no pairs of 'shake', only of: motion"):
        find_pairs(tree("sharp/a_S.png", "motion_blurred/a_M.png"), kinds=["shake"])


def test_every_kind_has_a_folder_and_a_letter_of_its_own():
    assert FOLDERS.keys() == MARKERS.keys()
    assert len({*MARKERS.values(), "S"}) == len(MARKERS) + 1


SCENES = st.lists(st.text("abcdef0123456789", min_size=1, max_size=6), min_size=2, unique=True)


@given(SCENES, st.floats(0.05, 0.95), st.integers(0, 9))
def test_a_split_keeps_scenes_together_and_loses_none(scenes, share, seed):
    pairs = [Pair(n, kind, Path(), Path()) for n in scenes for kind in ("defocus", "motion")]
    train, held = split_pairs(pairs, share=share, seed=seed)
    assert sorted([*train, *held]) == sorted(pairs)
    assert {pair.name for pair in train}.isdisjoint(pair.name for pair in held)
    assert abs(len(held) / 2 - share * len(scenes)) <= 1
    reordered = split_pairs(pairs[::-1], share=share, seed=seed)
    assert set(reordered[1]) == set(held)


def test_the_split_is_the_same_on_every_machine():
    pairs = [Pair(str(n), "motion", Path(), Path()) for n in range(10)]
    assert [pair.name for pair in split_pairs(pairs)[1]] == ["1", "3"]


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_share_that_splits_nothing_is_refused(share):
    pairs = [Pair(str(n), "motion", Path(), Path()) for n in range(3)]
    with pytest.raises(ArgumentError, match="splits nothing"):
        split_pairs(pairs, share=share)
    with pytest.raises(ArgumentError, match="1 scene cannot be split"):
        split_pairs(pairs[:1])
