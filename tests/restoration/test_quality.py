"""Qualities and the passes that they stand for."""

from __future__ import annotations

import pytest

from unblur.errors import ArgumentError
from unblur.restoration.quality import QUALITIES, passes_of


def test_better_never_takes_fewer_passes():
    for most in (1, 2, 5):
        counts = [passes_of(quality, most) for quality in QUALITIES]
        assert counts == sorted(counts)
        assert counts[-1] == most


def test_an_unknown_quality_names_those_there_are():
    with pytest.raises(ArgumentError, match="'good' is no quality: choose of fast, balanced, best"):
        passes_of("good", 3)
