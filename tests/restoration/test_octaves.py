"""Meeting a large blur on a smaller copy."""

from __future__ import annotations

import numpy as np
import pytest

from unblur.degradation import delta_psf
from unblur.restoration.octaves import restore_at, shrink


class Brighten:
    """A restorer that adds a constant, and remembers what it was given."""

    def __init__(self):
        self.shapes = []

    def restore(self, image, psf, *, certainty, linear, passes):
        self.shapes.append(image.shape)
        return image + np.float32(0.1)


def test_shrinking_is_the_mean_of_blocks(cat):
    small = shrink(cat[:64, :64], 2)
    expected = cat[:64, :64].reshape(16, 4, 16, 4, 3).mean((1, 3))
    np.testing.assert_allclose(small, expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(63, 65), (64, 64), (1, 7)])
def test_the_change_is_enlarged_and_added_to_the_whole(shape):
    image = np.full((*shape, 3), 0.4, np.float32)
    restorer = Brighten()
    restored = restore_at(restorer, image, delta_psf(), 1, certainty=1, linear=True, passes=1)
    assert restored.shape == image.shape
    assert restorer.shapes == [((shape[0] + 1) // 2, (shape[1] + 1) // 2, 3)]
    np.testing.assert_allclose(restored, 0.5, atol=1e-5)


def test_a_slanted_change_stays_in_place():
    ramp = np.linspace(0.2, 0.4, 64, dtype=np.float32)
    image = np.repeat(np.repeat(ramp[None, :, None], 48, 0), 3, 2)

    class Double:
        def restore(self, image, psf, *, certainty, linear, passes):
            return 2 * image

    restored = restore_at(Double(), image, delta_psf(), 1, certainty=1, linear=True, passes=1)
    np.testing.assert_allclose(restored[:, 4:-4], 2 * image[:, 4:-4], atol=1e-4)
