"""Made data sets: exact physics, the same bytes whatever happens, and nothing else touched."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.signal import convolve2d
from skimage.data import astronaut, coffee

from unblur.errors import ArgumentError, ConfigurationError, ImageReadError, PSFError
from unblur.evaluation.dataset.files import read_psfs
from unblur.evaluation.dataset.framing import cut_square
from unblur.evaluation.dataset.making import make_dataset
from unblur.evaluation.dataset.manifest import read_entries
from unblur.evaluation.dataset.settings import DatasetSettings
from unblur.evaluation.paired.finding import FOLDERS, MARKERS, find_pairs

SMALL = DatasetSettings(kinds=("defocus", "motion"), size=32, noise=(0.0, 0.02))


@pytest.fixture
def photos(tmp_path):
    """Three photographs: in colour, grey with 16 bits, in a folder below."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    Image.fromarray(astronaut()[:200, :256]).save(folder / "face.JPG")
    Image.fromarray(coffee()[100:300:2, 100:400:2]).save(folder / "more" / "cup of coffee.png")
    grey = astronaut()[200:300, 100:300, 1].astype(np.uint16) * 257
    Image.fromarray(grey).save(folder / "grey.png")
    return folder


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def pixels(path):
    with Image.open(path) as picture:
        assert picture.mode == "RGB"
        return np.asarray(picture, np.float64) / 255


def test_layout_and_pairs(photos, tmp_path):
    made = make_dataset(photos, tmp_path / "out", SMALL)
    assert (made.scenes, made.made, made.wanted) == (3, 3, 3)
    paired = find_pairs(tmp_path / "out")
    assert (paired.kinds, paired.missing, len(paired.pairs)) == (("defocus", "motion"), (), 6)
    for pair in paired.pairs:
        assert pixels(pair.sharp).shape == pixels(pair.blurred).shape == (32, 32, 3)
        assert pair.blurred.name == f"{pair.name}_{MARKERS[pair.kind]}.png"
    names = sorted(pair.name.partition("_")[2] for pair in paired.pairs[::2])
    assert names == ["cup-of-coffee", "face", "grey"]


@pytest.mark.parametrize("kind", [kind for kind in FOLDERS if kind != "mixed"])
def test_the_manifest_explains_every_pixel(photos, tmp_path, kind):
    """The sharp source, cut as told and convolved with the PSF as told, is the blurred file."""
    plan = DatasetSettings(kinds=(kind,), size=40, count=1, framing="crop", linear=False)
    make_dataset(photos, tmp_path / "out", plan)
    (entry,) = read_entries(tmp_path / "out")
    (version,) = entry.blurred
    with Image.open(photos / entry.source) as source:
        full = np.asarray(source, np.float64) / (65535 if source.mode.startswith("I") else 255)
    full = np.broadcast_to(full.reshape(*full.shape[:2], -1), (*full.shape[:2], 3))
    top, left, height, width = entry.frame
    square = full[top : top + height, left : left + width]
    psf = read_psfs(tmp_path / "out")[f"{entry.name}_{MARKERS[kind]}"]
    margin = psf.shape[0] // 2
    expected = np.stack([convolve2d(square[..., c], psf, mode="valid") for c in range(3)], axis=2)
    sharp = square[margin:-margin, margin:-margin]
    assert np.abs(pixels(tmp_path / "out" / version.file) - expected).max() <= 0.51 / 255
    assert np.abs(pixels(tmp_path / "out" / entry.sharp) - sharp).max() <= 0.51 / 255
    assert version.kind == kind


def test_noise_and_jpeg_are_drawn_within_their_ranges_and_told(photos, tmp_path):
    plan = DatasetSettings(
        kinds=("mixed",), size=24, count=12, framing="crop", noise=(0.01, 0.03), jpeg=(40, 60)
    )
    make_dataset(photos, tmp_path / "out", plan)
    versions = [entry.blurred[0] for entry in read_entries(tmp_path / "out")]
    assert all(0.01 <= each.noise <= 0.03 and 40 <= each.jpeg <= 60 for each in versions)
    assert len({each.kind for each in versions}) > 2
    assert len({each.noise for each in versions}) == 12


def test_whole_pictures_are_resized_like_pillow_does(photos):
    photo = astronaut()[:200, :256].astype(np.float32) / 255
    plan = DatasetSettings(size=32)
    square, frame = cut_square(photo, plan, np.random.default_rng(0))
    side = plan.source_size
    nearest = Image.fromarray(astronaut()[:200, :256]).resize(
        (side, side), Image.Resampling.NEAREST
    )
    np.testing.assert_array_equal(square, np.asarray(nearest, np.float32) / 255)
    assert frame == (0, 0, 200, 256)
    smooth, _ = cut_square(photo, DatasetSettings(size=32, resample="lanczos"), None)
    lanczos = Image.fromarray(astronaut()[:200, :256]).resize(
        (side, side), Image.Resampling.LANCZOS
    )
    # Pillow rounds and clips bytes between its two passes
    assert np.abs(smooth - np.asarray(lanczos, np.float32) / 255).max() < 5 / 255
    assert np.abs(smooth - np.asarray(lanczos, np.float32) / 255).mean() < 0.5 / 255


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(photos, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        make_dataset(photos, tmp_path / name, DatasetSettings(size=32, seed=seed))
    first, again, other = (contents(tmp_path / name) for name in "abc")
    assert first == again
    assert first["psfs.npz"] != other["psfs.npz"]


def test_a_picture_draws_the_same_whatever_else_there_is(photos, tmp_path):
    make_dataset(photos, tmp_path / "a", SMALL)
    (photos / "grey.png").unlink()
    make_dataset(photos, tmp_path / "b", SMALL)
    few = {entry.scene: entry.blurred for entry in read_entries(tmp_path / "b")}
    all_ = {entry.scene: entry.blurred for entry in read_entries(tmp_path / "a")}
    assert len(few) == 2
    for scene, versions in few.items():
        assert [v.seed for v in versions] == [v.seed for v in all_[scene]]


@pytest.mark.parametrize("stop", [1, 2])
def test_a_broken_run_goes_on_and_ends_with_the_same_bytes(photos, tmp_path, stop):
    make_dataset(photos, tmp_path / "whole", SMALL)

    def interrupt(step):
        if step.done == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_dataset(photos, tmp_path / "out", SMALL, progress=interrupt)
    with (tmp_path / "out" / "manifest.jsonl").open("ab") as file:
        file.write(b'{"name": "cut o')
    (tmp_path / "out" / "sharp" / ".x.part").write_bytes(b"")  # as after a crash
    made = make_dataset(photos, tmp_path / "out", SMALL)
    assert (made.found, made.made) == (stop, 3 - stop)
    (tmp_path / "out" / "sharp" / ".x.part").unlink()
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_lost_picture_is_made_again(photos, tmp_path):
    make_dataset(photos, tmp_path / "out", SMALL)
    before = contents(tmp_path / "out")
    next((tmp_path / "out" / "motion_blurred").iterdir()).unlink()
    assert make_dataset(photos, tmp_path / "out", SMALL).made == 1
    assert contents(tmp_path / "out") == before


def test_other_settings_or_sources_are_refused_and_overwritten_only_when_told(photos, tmp_path):
    out = tmp_path / "out"
    make_dataset(photos, out, SMALL)
    before = contents(out)
    other = DatasetSettings(kinds=("motion",), size=24)
    with pytest.raises(ArgumentError, match="made with another kinds, size, noise"):
        make_dataset(photos, out, other)
    (photos / "grey.png").rename(photos / "gray.png")
    with pytest.raises(ArgumentError, match="another sources"):
        make_dataset(photos, out, SMALL)
    assert contents(out) == before
    (out / "sharp" / "mine.png").write_bytes(b"kept")
    with pytest.raises(ArgumentError, match="something else"):
        make_dataset(photos, out, other, overwrite=True)
    assert contents(out) == {"sharp/mine.png": b"kept"}
    (out / "sharp" / "mine.png").unlink()
    (out / "sharp").rmdir()
    make_dataset(photos, out, other, overwrite=True)
    make_dataset(photos, tmp_path / "fresh", other)
    assert contents(out) == contents(tmp_path / "fresh")


def test_a_folder_of_something_else_is_left_alone(photos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear")
    for overwrite in (False, True):
        with pytest.raises(ArgumentError, match="something else"):
            make_dataset(photos, tmp_path / "out", SMALL, overwrite=overwrite)
    assert contents(tmp_path / "out") == {"letter.txt": b"dear"}


def test_small_and_broken_pictures_are_told_and_left_out(photos, tmp_path):
    Image.new("RGB", (50, 40)).save(photos / "tiny.png")
    (photos / "broken.png").write_bytes(b"no picture")
    made = make_dataset(photos, tmp_path / "out", SMALL)
    assert made.scenes == 3
    assert made.too_small == {photos / "tiny.png": "50x40 pixels, 54x54 are needed"}
    assert "broken.png: is not a picture" in str(made.unreadable[photos / "broken.png"])


def test_crops_of_few_pictures_fill_a_large_count(photos, tmp_path):
    Image.new("RGB", (50, 40)).save(photos / "tiny.png")
    plan = DatasetSettings(kinds=("motion",), size=32, count=7, framing="crop")
    made = make_dataset(photos, tmp_path / "out", plan)
    assert made.scenes == 7
    entries = read_entries(tmp_path / "out")
    assert len({(entry.source, entry.frame) for entry in entries}) == 7
    assert len({entry.source for entry in entries}) == 3


def test_nothing_usable_ends(tmp_path):
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (20, 20)).save(tmp_path / "photos" / "tiny.png")
    plan = DatasetSettings(framing="crop")
    assert make_dataset(tmp_path / "photos", tmp_path / "out", plan).scenes == 0


def test_the_result_may_not_lie_among_its_sources(photos):
    with pytest.raises(ArgumentError, match="among the sharp pictures"):
        make_dataset(photos, photos / "pairs", SMALL)


def test_no_sharp_pictures(tmp_path):
    with pytest.raises(ImageReadError, match="does not exist"):
        make_dataset(tmp_path / "none", tmp_path / "out", SMALL)


@pytest.mark.parametrize(
    ("name", "damage", "error"),
    [
        ("dataset.json", b"{", ConfigurationError),
        ("dataset.json", b"[]", ConfigurationError),
        ("dataset.json", b'{"kinds": ["fog"]}', ConfigurationError),
        ("manifest.jsonl", b"{}\n", ConfigurationError),
    ],
)
def test_damaged_files_are_named(photos, tmp_path, name, damage, error):
    make_dataset(photos, tmp_path / "out", SMALL)
    (tmp_path / "out" / name).write_bytes(damage)
    with pytest.raises(error, match=name):
        make_dataset(photos, tmp_path / "out", SMALL)


def test_damaged_psfs_are_named(tmp_path):
    (tmp_path / "psfs.npz").write_bytes(b"PK")
    with pytest.raises(PSFError, match=r"psfs\.npz"):
        read_psfs(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": ()},
        {"kinds": ("fog",)},
        {"kinds": ("motion", "motion")},
        {"size": 0},
        {"count": 0},
        {"noise": (0.2, 0.1)},
        {"jpeg": (0, 90)},
        {"sigma": (3.0, 1.0)},
        {"length": (0.0, 9.0)},
        {"kinds": ("shake",), "extent": (10.0, 100000.0)},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ArgumentError):
        DatasetSettings(**wrong)


@given(st.sampled_from(list(FOLDERS)), st.integers(0, 99), st.text("abc", max_size=4))
@settings(max_examples=30)
def test_every_draw_fits_the_margin(kind, seed, scene):
    plan = DatasetSettings(kinds=(kind,), seed=seed)
    psf = plan.draw(scene, kind).camera.psf
    assert psf.shape == (2 * plan.margin + 1,) * 2
    assert psf.sum() == pytest.approx(1, abs=1e-5)
    assert plan.source_size == plan.size + 2 * plan.margin


def test_settings_are_written_as_they_are(photos, tmp_path):
    make_dataset(photos, tmp_path / "out", SMALL)
    told = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert told["kinds"] == ["defocus", "motion"]
    assert told["noise"] == [0.0, 0.02]
    assert {"seed", "size", "linear", "unblur", "sources"} <= told.keys()
