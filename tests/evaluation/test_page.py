"""The page, its crops and plots, from a small real run."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from unblur.degradation import box_psf, delta_psf, gaussian_psf, motion_psf
from unblur.evaluation.benchmark import Benchmark
from unblur.evaluation.case import Case
from unblur.evaluation.gallery import PSF_NAME, SHARP_NAME, Gallery
from unblur.evaluation.methods import Method
from unblur.evaluation.page import html_page
from unblur.evaluation.pictures import PictureSet
from unblur.evaluation.plots import _bin, draw_plots
from unblur.evaluation.protocols import VALIDATION

KINDS = ("gaussian", "motion")


@pytest.fixture
def run(folder, tmp_path):
    """Rows of two pictures with two kinds of blur, and the gallery."""
    pictures = PictureSet.from_folder(folder, limit=2, protocol=VALIDATION.only(KINDS))
    gallery = Gallery(tmp_path / "crops")
    dim = Method("dim <b>", lambda seen: 0.9 * seen.image, parameters=10**6)
    return list(Benchmark((dim,), (pictures,), gallery=gallery).run()), gallery


def crop(gallery, method, kind="motion"):
    return np.asarray(Image.open(gallery.path("sharp", "validation", kind, method)))


def test_crops_are_of_one_place_of_the_first_picture(run, folder):
    _, gallery = run
    first = np.asarray(Image.open(folder / "a.png"))[16:-16, 16:-16]
    assert crop(gallery, SHARP_NAME).shape == (40, 40, 3)  # as large as the picture allows
    places = np.lib.stride_tricks.sliding_window_view(first, (40, 40, 3))[..., 0, :, :, :]
    assert any(
        (place == crop(gallery, SHARP_NAME)).all() for place in places.reshape(-1, 40, 40, 3)
    )
    bright, dim = crop(gallery, "input").astype(int), crop(gallery, "dim <b>").astype(int)
    assert np.abs(0.9 * bright - dim).max() <= 1
    assert crop(gallery, PSF_NAME).shape == (33, 33)


def test_the_page_stands_alone(run):
    rows, gallery = run
    plots = {("sharp", "validation"): draw_plots(rows)}
    page = html_page(rows, gallery=gallery, plots=plots)
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert len(pictures) == 3 + 2 * 4  # plots; sharp, input, PSF and method for each kind
    for content in pictures:
        Image.open(io.BytesIO(base64.b64decode(content))).verify()
    assert len(re.findall(r"(?:src|href)=", page)) == len(pictures)
    assert "<td>dim &lt;b&gt;</td>" in page
    assert "<b>" not in page
    assert "sharp: 2 pictures, protocol validation" in page


def test_crops_that_were_never_kept_are_left_out(run, tmp_path):
    rows, _ = run
    assert "<img" not in html_page(rows, gallery=Gallery(tmp_path / "none"))


def test_plots_are_those_that_have_something_to_show(run, make_row):
    rows, _ = run
    assert list(draw_plots(rows)) == ["time", "parameters", "extent"]
    flat = [make_row(), make_row(method="other", parameters=0)]
    assert list(draw_plots(flat)) == ["time"]
    assert draw_plots(flat[:1]) == {}


@pytest.mark.parametrize(
    ("psf", "extent"),
    [
        (delta_psf(5), 0),
        (box_psf(7), (7**2 - 1) ** 0.5),
        (motion_psf(15, 0), 15),
        (motion_psf(15, 45), 15),
        (gaussian_psf(2.0, size=33), 12**0.5 * (4 + 1 / 12) ** 0.5),
    ],
)
def test_extent_is_the_length_of_a_motion_that_spreads_as_far(psf, extent):
    grey = np.zeros((9, 9, 1), np.float32)
    found = Case("a", "b", grey, grey, psf).extent
    assert found == pytest.approx(extent, abs=0.3 if extent == 15 else 0.02)
    assert Case("a", "b", grey, grey, None).extent is None


def test_extents_are_binned_apart_when_few_and_evenly_when_many():
    boxes = [2.8, 4.9, 6.9, 9.0, 11.0, 15.0]
    assert [_bin(extent, boxes) for extent in boxes] == [1, 2, 3, 4, 5, 6]
    many = [float(extent) for extent in range(80)]
    assert np.bincount([_bin(extent, many) for extent in many]).tolist() == [0, *([10] * 8)]
