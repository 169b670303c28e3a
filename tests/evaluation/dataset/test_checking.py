"""A sound set passes; every fault that is put into it is found, and no other."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, rotate
from skimage.data import astronaut, chelsea, coffee, rocket

from unblur.errors import ImageReadError
from unblur.evaluation.dataset.checking import check_dataset
from unblur.evaluation.dataset.duplicates import doubles, make_print

PHOTOS = [astronaut()[:128, 130:274], coffee()[100:228, 200:344], chelsea()[50:178, 100:244]]


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def blurred(pixels):
    return gaussian_filter(pixels, (1.5, 1.5, 0))


@pytest.fixture
def pairs(tmp_path):
    root = tmp_path / "pairs"
    for number, photo in enumerate(PHOTOS):
        save(root / f"sharp/{number}_S.png", photo)
        save(root / f"motion_blurred/{number}_M.png", blurred(photo))
    return root


def faults(*arguments, **settings):
    found = check_dataset(*arguments, **settings)
    return [(fault.what, fault.path.name) for fault in found.faults]


def test_a_sound_set(pairs):
    steps = []
    found = check_dataset(pairs, progress=steps.append)
    assert (found.is_right, found.faults) == (True, ())
    assert [step.done for step in steps] == [1, 2, 3]
    assert all(np.hypot(*pair.offset.shift) < 0.3 for pair in found.offsets)
    assert all(pair.offset.correlation > 0.9 for pair in found.offsets)


def test_missing_unreadable_and_other_sizes(pairs):
    (pairs / "motion_blurred/0_M.png").unlink()
    (pairs / "sharp/1_S.png").write_bytes(b"no picture")
    save(pairs / "motion_blurred/2_M.png", blurred(PHOTOS[2])[:-8])
    found = check_dataset(pairs)
    assert [(fault.what, fault.path.name) for fault in found.faults] == [
        ("missing partner", "0_S.png"),
        ("size", "2_M.png"),
        ("unreadable", "1_S.png"),
    ]
    assert not found.is_right
    assert found.faults[1].reason == "144x120, but 144x128 is its sharp partner 2_S.png"
    assert "is not a picture" in found.faults[2].reason


@pytest.mark.parametrize("moved", ["shifted", "turned"])
def test_misaligned_pairs(pairs, moved):
    photo = PHOTOS[0]
    if moved == "shifted":
        other = np.roll(photo, (5, -7), (0, 1))
    else:
        other = rotate(photo, 5, reshape=False, mode="reflect", order=1)
    save(pairs / "motion_blurred/0_M.png", blurred(other))
    found = check_dataset(pairs)
    assert [(fault.what, fault.path.name) for fault in found.faults] == [("misaligned", "0_M.png")]
    if moved == "shifted":
        assert found.offsets[0].offset.shift == pytest.approx((-5, 7), abs=0.4)
        assert "shifted by" in found.faults[0].reason
        assert check_dataset(pairs, tolerance=10.0).is_right


def test_doubles_and_leaks(pairs, tmp_path):
    save(pairs / "sharp/3_S.bmp", PHOTOS[0])  # the same pixels in another format
    save(pairs / "motion_blurred/3_M.png", blurred(PHOTOS[0])[::-1])
    held = tmp_path / "held"
    small = Image.fromarray(PHOTOS[1]).resize((90, 80))
    (held / "more").mkdir(parents=True)
    small.save(held / "more" / "cup.jpg", quality=60)
    save(held / "rocket.png", rocket()[:128, 200:344])
    found = check_dataset(pairs, held)
    kinds = [(fault.what, fault.path.name) for fault in found.faults]
    assert ("duplicate", "3_S.bmp") in kinds
    assert [name for what, name in kinds if what == "leak"] == ["1_S.png"]
    assert "cup.jpg" in next(fault.reason for fault in found.faults if fault.what == "leak")


def test_a_validation_in_the_layout_counts_by_its_sharp_pictures(pairs, tmp_path):
    save(tmp_path / "held/sharp/9_S.png", rocket()[:128, 200:344])
    save(tmp_path / "held/motion_blurred/9_M.png", PHOTOS[0])
    assert faults(pairs, tmp_path / "held") == []


def test_look_alikes_are_a_hint(pairs):
    brighter = np.clip(PHOTOS[0] * 0.9 + 12, 0, 255).astype(np.uint8)
    save(pairs / "sharp/3_S.png", brighter)
    save(pairs / "motion_blurred/3_M.png", blurred(brighter))
    found = check_dataset(pairs)
    assert [fault.what for fault in found.faults] == ["near-duplicate"]
    assert found.is_right


def test_a_folder_without_pairs(tmp_path):
    with pytest.raises(ImageReadError, match="holds no pairs"):
        check_dataset(tmp_path)


def test_prints_of_other_pictures_are_far_apart(tmp_path):
    rng = np.random.default_rng(0)
    crops = [
        PHOTOS[n % 3][y : y + 64, x : x + 64]
        for n, (y, x) in enumerate(rng.integers(0, 60, (30, 2)))
    ]
    waves = [gaussian_filter(rng.random((64, 64, 3)), (6, 6, 0)) for _ in range(60)]
    prints = [make_print(tmp_path, wave.astype(np.float32)) for wave in waves]
    assert list(doubles(prints)) == []
    same = [make_print(tmp_path, crop.astype(np.float32) / 255) for crop in crops[:1]]
    again = [make_print(tmp_path, crop.astype(np.float32) / 300 + 0.1) for crop in crops[:1]]
    assert [bits for *_, bits in doubles(same, again)] == [0]
    assert [bits for *_, bits in doubles(same, same)] == [None]
    assert list(doubles(same, [])) == []
