"""Samples made ahead: in order, bounded, and never waited for if the trainer is slower."""

from __future__ import annotations

import itertools
import time

import pytest

from unblur.training.ahead import Ahead


@pytest.mark.parametrize("samples", [0, 1, 5])
def test_samples_come_in_their_order(samples):
    def make(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return -number

    assert list(Ahead(samples).make(make, range(20))) == [-number for number in range(20)]


def test_no_more_are_made_than_asked_for():
    made: list[int] = []
    stream = Ahead(3).make(lambda number: made.append(number), itertools.count())
    for _ in range(4):
        next(stream)
        time.sleep(0.02)
    stream.close()
    assert max(made) < 4 + 3


def test_what_is_made_meanwhile_is_not_waited_for():
    def make(number: int) -> int:
        time.sleep(0.02)
        return number

    waited = []
    for samples in (0, 4):
        ahead = Ahead(samples)
        for place, _ in enumerate(ahead.make(make, range(20))):
            if place == 4:
                ahead.waited = 0.0  # before the first ones nothing can be ready
            time.sleep(0.02)
        waited.append(ahead.waited)
    assert waited[1] < waited[0] / 3


def test_an_error_is_raised_where_its_sample_is_asked_for():
    stream = Ahead(2).make(lambda number: 1 // number, [1, 0, 1])
    assert next(stream) == 1
    with pytest.raises(ZeroDivisionError):
        next(stream)
