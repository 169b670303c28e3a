"""Memory as another process tells it."""

from __future__ import annotations

import numpy as np
import pytest

from unblur.errors import ArgumentError
from unblur.evaluation.benchmark import Benchmark
from unblur.evaluation.case import Case
from unblur.evaluation.memory import peak_memory
from unblur.evaluation.methods import Method
from unblur.evaluation.pictures import PictureSet
from unblur.evaluation.protocols import VALIDATION

HUNDRED = 100_000_000


def frugal(seen):
    return seen.image


def hungry(seen):
    return seen.image + 0 * np.ones(HUNDRED // 8)[0].astype(np.float32)


def broken(seen):
    raise ValueError("no such luck")


@pytest.fixture
def case():
    grey = np.full((40, 40, 1), 0.5, np.float32)
    return Case("a.png", "none", grey, grey, np.ones((1, 1), np.float32))


def test_what_this_process_held_before_does_not_count(case):
    ballast = np.ones(6 * HUNDRED // 8)
    plain = peak_memory(Method("frugal", frugal), case)
    assert ballast.sum() > 0
    if plain is None:
        pytest.skip("this system does not tell")
    assert 1e7 < plain < 6 * HUNDRED
    more = peak_memory(Method("hungry", hungry), case)
    assert more - plain == pytest.approx(HUNDRED, rel=0.2)


def test_what_cannot_be_measured_says_why(case):
    with pytest.raises(ArgumentError, match="top level of a module"):
        peak_memory(Method("here", lambda seen: seen.image), case)
    with pytest.raises(ArgumentError, match=r"broken failed .*no such luck"):
        peak_memory(Method("broken", broken), case)


def test_a_benchmark_measures_each_method_once_a_set(folder, tmp_path):
    pictures = PictureSet.from_folder(folder, limit=2, protocol=VALIDATION.only(["none"]))
    benchmark = Benchmark((Method("hungry", hungry),), (pictures,), memory=True)
    rows = list(benchmark.run(tmp_path / "rows.jsonl"))
    peaks = [row.peak_bytes for row in rows]
    assert peaks[0] is peaks[2] is peaks[3] is None
    assert peaks[1] > HUNDRED
    assert list(benchmark.run(tmp_path / "rows.jsonl")) == rows
