"""Scores on pairs against independent ones; alignment that brings back what was moved."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, rotate
from skimage.data import astronaut, coffee
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from unblur.errors import ArgumentError, ArrayError
from unblur.evaluation.dataset.making import make_dataset
from unblur.evaluation.dataset.settings import DatasetSettings
from unblur.evaluation.methods import Method
from unblur.evaluation.paired.alignment import align_pair
from unblur.evaluation.paired.cases import PairedCases, needed_alignment
from unblur.evaluation.paired.finding import find_pairs
from unblur.evaluation.paired.report import alignment_in_words, report, summary
from unblur.evaluation.paired.scoring import Constant, mean_scores, score_pairs

PHOTOS = {"face": astronaut()[:120, 130:270], "cup": coffee()[100:220, 200:340]}


@pytest.fixture
def root(tmp_path):
    for name, photo in PHOTOS.items():
        for side in ("sharp", "motion_blurred"):
            (tmp_path / side).mkdir(exist_ok=True)
        Image.fromarray(photo).save(tmp_path / "sharp" / f"{name}_S.png")
        soft = gaussian_filter(photo, (2, 2, 0))
        Image.fromarray(soft).save(tmp_path / "motion_blurred" / f"{name}_M.png")
    return tmp_path


def cases_of(root, **settings):
    paired = find_pairs(root)
    return PairedCases.of(paired, paired.pairs, **settings)


def halfway(seen):
    return (seen.image + 0.5) / 2


def test_scores_agree_with_scikit_image(root):
    rows = list(score_pairs(cases_of(root), [Method("half", halfway, blind=True)]))
    assert [row.method for row in rows] == ["constant", "input", "half"] * 2
    for row in rows:
        sharp = PHOTOS[row.name] / 255.0
        soft = gaussian_filter(PHOTOS[row.name], (2, 2, 0)) / 255.0
        flat = np.mean([photo.mean(axis=(0, 1)) for photo in PHOTOS.values()], axis=0) / 255
        outputs = {"constant": flat + 0 * sharp, "input": soft, "half": (soft + 0.5) / 2}
        output = np.round(outputs[row.method] * 255) / 255
        if row.method == "constant":
            output = outputs[row.method]
        assert row.psnr == pytest.approx(
            peak_signal_noise_ratio(sharp, output, data_range=1), abs=1e-3
        )
        expected = structural_similarity(
            sharp,
            output,
            data_range=1,
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        assert row.ssim == pytest.approx(expected, abs=0.02)  # their mean takes in more border
        assert row.mse == pytest.approx(np.mean((sharp - output) ** 2), rel=1e-4)


def test_accuracy_as_keras_defines_it(root):
    """The mean over pixels of equal(argmax(y_true), argmax(y_pred)), both taken over channels."""
    rows = {(row.name, row.method): row for row in score_pairs(cases_of(root), [])}
    for name, photo in PHOTOS.items():
        soft = gaussian_filter(photo, (2, 2, 0))
        equal = [
            [int(np.argmax(a) == np.argmax(b)) for a, b in zip(*lines, strict=True)]
            for lines in zip(photo, soft, strict=True)
        ]
        assert rows[name, "input"].accuracy == pytest.approx(np.mean(equal))
    counts = sum(
        np.bincount(p.argmax(axis=2).ravel(), minlength=3) / p[..., 0].size for p in PHOTOS.values()
    )
    mean = np.mean([rows[name, "constant"].accuracy for name in PHOTOS])
    assert mean == pytest.approx(counts.max() / 2)


def test_the_mean_psnr_is_the_mean_of_the_pictures_psnrs(root):
    rows = [row for row in score_pairs(cases_of(root), []) if row.method == "input"]
    mean = mean_scores(rows)["input"]
    assert mean["psnr"] == pytest.approx(sum(row.psnr for row in rows) / 2)
    pooled = 10 * math.log10(1 / np.mean([row.mse for row in rows]))
    assert mean["psnr"] > pooled


def test_known_psf_noise_and_light_reach_the_method(tmp_path, root):
    settings = DatasetSettings(kinds=("defocus",), size=48, noise=(0.01, 0.01), linear=False)
    make_dataset(root / "sharp", tmp_path / "made", settings)
    seen = []

    def look(observation):
        seen.append(observation)
        return observation.image

    list(score_pairs(cases_of(tmp_path / "made"), [Method("look", look)]))
    assert len(seen) == 2
    assert all(each.psf.shape == (17, 17) and not each.linear for each in seen)
    assert seen[0].noise == pytest.approx(0.01, rel=0.01)
    with pytest.raises(ArgumentError, match="look needs the PSF, which nobody knows"):
        list(score_pairs(cases_of(tmp_path / "made", size=32), [Method("look", look)]))


def test_unaligned_pairs_are_found_out_aligned_and_said_to_be(root):
    for name, photo in PHOTOS.items():
        moved = rotate(np.roll(photo, (6, -4), (0, 1)), 3, reshape=False, mode="reflect", order=1)
        dark = 20 + 0.7 * gaussian_filter(moved, (1, 1, 0))
        Image.fromarray(dark.astype(np.uint8)).save(root / "motion_blurred" / f"{name}_M.png")
    paired = find_pairs(root)
    assert needed_alignment(paired.pairs) == "homography"
    rows = list(score_pairs(cases_of(root), []))
    apart = list(score_pairs(cases_of(root, alignment="none"), []))
    for row, before in zip(rows, apart, strict=True):
        if row.method == "input":
            assert row.psnr > before.psnr + 8
            assert row.correlation > 0.97
            assert before.correlation is None
    said = alignment_in_words(rows, "homography")
    assert "moved onto its blurred one by a homography (ECC)" in said
    assert f"lowest {min(row.correlation for row in rows):.3f}" in said
    assert said in report(rows, "two", said)


def test_aligned_pairs_are_left_as_they_are(root):
    cases = cases_of(root)
    assert cases.alignment == "none"
    assert "without alignment" in alignment_in_words([], cases.alignment)


def test_alignment_leaves_the_blurred_pixels_alone_and_matches_the_exposure():
    sharp = PHOTOS["face"].astype(np.float32) / 255
    blurred = (0.1 + 0.6 * np.roll(sharp, (3, 2), (0, 1))).astype(np.float32)
    moved = align_pair(sharp, blurred, "shift")
    height, width = moved.blurred.shape[:2]
    places = [
        (y, x)
        for y in range(blurred.shape[0] - height + 1)
        for x in range(blurred.shape[1] - width + 1)
        if np.array_equal(blurred[y : y + height, x : x + width], moved.blurred)
    ]
    assert places
    core = (slice(4, -4), slice(4, -4))
    assert np.abs(moved.sharp - moved.blurred)[core].mean() < 0.01


def test_grey_and_colour_of_one_scene_are_compared_in_colour():
    grey = PHOTOS["face"][..., :1].astype(np.float32) / 255
    pair = align_pair(grey, np.repeat(grey, 3, axis=2), "none")
    assert pair.sharp.shape == pair.blurred.shape == (120, 140, 3)


def test_what_does_not_fit_is_told(root):
    Image.fromarray(PHOTOS["cup"][:100]).save(root / "motion_blurred" / "cup_M.png")
    with pytest.raises(ArrayError, match=r"cup_M.png: the sharp picture is 140x120"):
        list(score_pairs(cases_of(root, alignment="none"), []))
    bad = Method("bad", lambda seen: seen.image[1:], blind=True)
    with pytest.raises(ArrayError, match="bad on cup returned the shape"):
        list(score_pairs(cases_of(root, size=40), [bad]))
    far = np.random.default_rng(0).random((40, 40, 3), np.float32)
    assert align_pair(far, far, "shift").correlation == pytest.approx(1)


def test_resizing_takes_the_nearest_pixel(root):
    (face,) = [each.case for each in cases_of(root, size=32) if each.pair.name == "face"]
    nearest = Image.fromarray(PHOTOS["face"]).resize((32, 32), Image.Resampling.NEAREST)
    np.testing.assert_array_equal(face.sharp, np.asarray(nearest, np.float32) / 255)


def test_grey_pictures_have_no_accuracy(root):
    for path in root.rglob("*.png"):
        with Image.open(path) as picture:
            grey = picture.convert("L")
        grey.save(path)
    rows = list(score_pairs(cases_of(root), []))
    assert all(row.accuracy is None for row in rows)
    assert Constant.of(cases_of(root)).colour[0] == pytest.approx(
        Constant.of(cases_of(root)).colour[2]
    )
    assert "%" not in report(rows, "grey", "")


def test_the_page_names_the_worst_and_the_best(root):
    rows = list(score_pairs(cases_of(root), [Method("half", halfway, blind=True)]))
    page = report(rows, "two pairs", "Not aligned.")
    lines = page.splitlines()
    assert lines[:3] == ["## two pairs", "", "Not aligned."]
    assert "### motion: 2 pictures" in lines
    means = summary(rows)["motion"]
    gain = means["half"]["psnr"] - means["input"]["psnr"]
    assert f"| half | {means['half']['psnr']:.2f} | {gain:+.2f} |" in page
    ranked = sorted((row for row in rows if row.method == "half"), key=lambda row: row.psnr)
    assert f"- half, worst: {ranked[0].name} {ranked[0].psnr:.2f} dB" in lines
    assert f"- half, best: {ranked[1].name} {ranked[1].psnr:.2f} dB" in lines
