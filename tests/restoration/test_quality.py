"""Qualities and what they do."""

from __future__ import annotations

from itertools import pairwise

import pytest

from unblur.errors import ArgumentError
from unblur.restoration.quality import QUALITIES, effort_of


@pytest.mark.parametrize("passes", [2, 5])
def test_better_does_more(passes):
    efforts = [effort_of(quality, passes) for quality in QUALITIES]
    assert all(more.passes > less.passes for less, more in pairwise(efforts))
    assert all(more.searches > less.searches for less, more in pairwise(efforts))
    assert efforts[-1].passes == passes


def test_an_unknown_quality_names_those_there_are():
    with pytest.raises(ArgumentError, match="'good' is no quality: choose of fast, balanced, best"):
        effort_of("good", 3)
