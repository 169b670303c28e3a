"""The loop over methods and cases, on small real files."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PIL import Image

from unblur.errors import ArgumentError, ArrayError, ImageReadError
from unblur.evaluation.benchmark import Benchmark
from unblur.evaluation.methods import INPUT, Method
from unblur.evaluation.metrics import psnr, ssim
from unblur.evaluation.paired.picture_set import PairSet
from unblur.evaluation.pictures import PictureSet
from unblur.evaluation.protocols import DPIR, VALIDATION

TWO_KINDS = VALIDATION.only(["motion", "none"])


class Spy:
    """A method that keeps what it was given, and returns some of it."""

    def __init__(self, answer=lambda seen: seen.image):
        self.calls = []
        self.answer = answer

    def __call__(self, seen):
        self.calls.append(seen)
        return self.answer(seen)


@pytest.fixture
def pictures(folder):
    return PictureSet.from_folder(folder, limit=2, protocol=TWO_KINDS)


def test_folder_is_read_sorted_with_its_subfolders(folder):
    found = PictureSet.from_folder(folder)
    assert found.name == "sharp"
    assert [path.name for path in found.paths] == ["a.png", "b.png", "c.png", "grey.png"]


@pytest.mark.parametrize(("limit", "names"), [(1, "a"), (2, "ac"), (3, "abc"), (9, "abcg")])
def test_limit_spreads_over_the_folder(folder, limit, names):
    found = PictureSet.from_folder(folder, limit=limit)
    assert "".join(path.name[0] for path in found.paths) == names


def test_folders_that_cannot_be_scored_are_refused(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageReadError, match="no picture"):
        PictureSet.from_folder(tmp_path / "empty")
    with pytest.raises(ImageReadError, match="missing"):
        PictureSet.from_folder(tmp_path / "missing")
    with pytest.raises(ArgumentError, match="limit of 0"):
        PictureSet.from_folder(folder, limit=0)
    (folder / "more" / "a.png").write_bytes((folder / "a.png").read_bytes())
    with pytest.raises(ArgumentError, match=r"only a\.png"):
        PictureSet.from_folder(folder)


def test_grey_pictures_have_one_channel(folder):
    cases = {case.picture: case for case in PictureSet.from_folder(folder).cases()}
    assert cases["grey.png"].blurred.shape == (40, 48, 1)
    assert cases["a.png"].blurred.shape == (40, 48, 3)


def test_known_methods_get_the_psf_and_blind_ones_none(pictures):
    known, blind = Spy(), Spy()
    methods = (Method("known", known), Method("blind", blind, blind=True))
    rows = list(Benchmark(methods, (pictures,)).run())
    assert len(rows) == 2 * 2 * 3
    assert all(seen.psf is None for seen in blind.calls)
    case = next(pictures.cases())
    seen = known.calls[1]  # the first call warms up
    np.testing.assert_array_equal(seen.image, case.blurred)
    np.testing.assert_array_equal(seen.psf, case.psf)
    assert not seen.image.flags.writeable
    assert (seen.linear, seen.circular, seen.noise) == (True, False, 0.005)


def test_methods_are_told_where_a_circular_blur_acted(folder):
    spy = Spy()
    pictures = PictureSet.from_folder(folder, limit=1, protocol=DPIR)
    list(Benchmark((Method("spy", spy),), (pictures,)).run())
    seen = spy.calls[-1]
    assert (seen.linear, seen.circular, seen.noise) == (False, True, pytest.approx(0.01))


def test_real_pairs_run_blind_methods_alone(folder, tmp_path):
    for kind, source in (("sharp", "a.png"), ("blurred", "b.png")):
        (tmp_path / "pairs" / kind).mkdir(parents=True)
        (tmp_path / "pairs" / kind / "1.png").write_bytes((folder / source).read_bytes())
    pairs = PairSet.from_folder(tmp_path / "pairs")
    blind = Spy()
    methods = (Method("known", Spy()), Method("blind", blind, blind=True))
    benchmark = Benchmark(methods, (pairs,))
    rows = list(benchmark.run())
    assert benchmark.total == 2
    assert [(row.method, row.protocol, row.picture) for row in rows] == [
        ("input", "pairs", "1"),
        ("blind", "pairs", "1"),
    ]
    assert blind.calls[-1].noise is None
    with pytest.raises(ArgumentError, match="limit of 0"):
        PairSet.from_folder(tmp_path / "pairs", limit=0)


def test_pairs_of_two_sizes_are_refused(folder, tmp_path):
    for kind, cut in (("sharp", 0), ("blurred", 8)):
        (tmp_path / "pairs" / kind).mkdir(parents=True)
        Image.open(folder / "a.png").crop((0, 0, 80 - cut, 72)).save(
            tmp_path / "pairs" / kind / "1.png"
        )
    with pytest.raises(ArrayError, match="align and crop"):
        next(PairSet.from_folder(tmp_path / "pairs").cases())


def test_rows_hold_the_scores_of_the_output(pictures):
    method = Method("brighter", lambda seen: seen.image * 1.1, settings={"gain": 1.1})
    rows = list(Benchmark((method,), (pictures,), threads=2).run())
    case = next(pictures.cases())
    output = (np.round(np.clip(case.blurred * 1.1, 0, 1) * 255) / 255).astype(np.float32)
    own, row = rows[:2]
    assert (own.method, row.method, row.kind, row.picture) == (
        "input",
        "brighter",
        "motion",
        "a.png",
    )
    assert own.psnr == pytest.approx(psnr(case.blurred, case.sharp))
    assert row.psnr == pytest.approx(psnr(output, case.sharp), abs=1e-4)
    assert row.ssim == pytest.approx(ssim(output, case.sharp), abs=1e-5)
    assert row.kept == pytest.approx(psnr(output, case.blurred), abs=1e-4)
    assert own.kept == 100
    assert (row.height, row.width, row.seed) == (40, 48, VALIDATION.seed)
    assert row.provenance.threads == 2
    assert row.aligned_psnr is None
    assert own.aligned_psnr is not None


def test_shifted_blind_results_are_scored_at_their_best_shift(pictures):
    method = Method("shift", lambda seen: np.roll(seen.image, 3, axis=1), blind=True)
    rows = list(Benchmark((method,), (pictures,)).run())
    own, row = rows[2:4]
    assert row.kind == "none"
    assert row.psnr < own.psnr - 5
    assert row.aligned_psnr == pytest.approx(own.aligned_psnr)


def test_time_is_that_of_the_method_without_its_loading(pictures):
    loaded = []

    def slow_at_first(seen):
        time.sleep(0.01 if loaded else 0.5)
        loaded.append(True)
        return seen.image

    rows = list(Benchmark((Method("slow", slow_at_first),), (pictures,)).run())
    seconds = [row.seconds for row in rows if row.method == "slow"]
    assert 0.01 <= min(seconds) <= max(seconds) < 0.5


def test_second_run_repeats_nothing(pictures, tmp_path):
    record = tmp_path / "rows.jsonl"
    spy = Spy()
    benchmark = Benchmark((Method("spy", spy, blind=True),), (pictures,))
    first = list(benchmark.run(record))
    calls, size = len(spy.calls), record.stat().st_size
    steps = []
    assert list(benchmark.run(record, progress=steps.append)) == first
    assert (len(spy.calls), record.stat().st_size) == (calls, size)
    assert [step.done for step in steps] == list(range(1, 9))
    assert {(step.total, step.fresh) for step in steps} == {(8, False)}


def test_run_goes_on_where_it_was_stopped(pictures, tmp_path):
    record = tmp_path / "rows.jsonl"
    spy = Spy()
    benchmark = Benchmark((Method("spy", spy),), (pictures,))
    stopped = benchmark.run(record)
    early = [next(stopped) for _ in range(3)]
    stopped.close()
    rows = list(benchmark.run(record))
    assert rows[:3] == early
    assert len(rows) == 8
    assert len(record.read_text().splitlines()) == 8


def test_rows_are_taken_again_when_settings_or_pixels_change(pictures, folder, tmp_path):
    record = tmp_path / "rows.jsonl"

    def fresh(method):
        steps = []
        list(Benchmark((method,), (pictures,)).run(record, progress=steps.append))
        return sum(step.fresh for step in steps)

    assert fresh(Method("m", Spy(), settings={"k": 1})) == 8
    assert fresh(Method("m", Spy(), settings={"k": 1})) == 0
    assert fresh(Method("m", Spy(), settings={"k": 2})) == 4
    (folder / "a.png").write_bytes((folder / "b.png").read_bytes())
    assert fresh(Method("m", Spy(), settings={"k": 2})) == 4


def test_input_comes_first_and_once(pictures):
    spy = Method("spy", Spy())
    assert Benchmark((spy, INPUT), (pictures,)).methods == (INPUT, spy)
    assert Benchmark((spy,), (pictures,)).total == 8


def test_names_are_unique(pictures):
    with pytest.raises(ArgumentError, match="two methods are called 'spy'"):
        Benchmark((Method("spy", Spy()), Method("spy", Spy())), (pictures,))
    with pytest.raises(ArgumentError, match="two sets"):
        Benchmark((), (pictures, pictures))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda seen: seen.image[1:], r"spy on a\.png \(motion\) returned the shape"),
        (lambda seen: seen.image * np.nan, "not finite"),
    ],
)
def test_results_that_cannot_be_scored_name_the_method(pictures, answer, message):
    with pytest.raises(ArrayError, match=message):
        list(Benchmark((Method("spy", Spy(answer)),), (pictures,)).run())
