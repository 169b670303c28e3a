"""Restoration by a network that sees the picture alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unblur.restoration.direct import DirectRestorer

MULTIPLE = 16


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]))
def test_any_size_comes_back_as_the_network_makes_it(function_session, height, width, channels):
    restorer = DirectRestorer(function_session(lambda batch: batch + np.float32(0.25), MULTIPLE))
    image = np.random.default_rng(0).random((height, width, channels), np.float32)
    image.flags.writeable = False
    restored = restorer.restore(image)
    assert restored.shape == image.shape
    np.testing.assert_allclose(restored, np.minimum(image + 0.25, 1), atol=1e-6)


def test_a_grey_picture_is_shown_as_colour_and_comes_back_grey(function_session):
    shown = []

    def tint(batch):
        shown.append(batch.copy())
        return batch + np.array([0.0, 0.1, 0.2], np.float32)[:, None, None]

    image = np.full((20, 30, 1), 0.5, np.float32)
    restored = DirectRestorer(function_session(tint, MULTIPLE)).restore(image)
    assert shown[0].shape == (1, 3, 32, 32)
    assert (shown[0] == 0.5).all()
    np.testing.assert_allclose(restored, 0.6, atol=1e-6)
