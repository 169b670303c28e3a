"""Pictures in memory as far as they fit, asked for by several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from unblur.errors import ImageReadError
from unblur.training import pictures
from unblur.training.pictures import load_pictures


@pytest.mark.parametrize("room", [0.4, 10])
def test_the_same_pictures_whatever_fits_into_memory(photos, monkeypatch, room):
    whole = list(load_pictures(photos, 80))
    decoded: list[object] = []
    decode = pictures.decode
    monkeypatch.setattr(pictures, "_memory", lambda: int(room * sum(p.nbytes for p in whole)))
    monkeypatch.setattr(pictures, "decode", lambda path: decoded.append(path) or decode(path))
    found = load_pictures(photos, 80)
    assert len(decoded) == (3 if room > 1 else 0)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(found.__getitem__, [0, 1, 2, -1] * 5))
    for place, pixels in enumerate(again):
        assert np.array_equal(pixels, whole[[0, 1, 2, -1][place % 4]])
    assert len(decoded) == 3 if room > 1 else len(decoded) > 3
    assert [pixels.shape for pixels in found[1:]] == [pixels.shape for pixels in whole[1:]]


def test_a_picture_that_could_not_be_read_is_tried_again(photos, tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes((photos / "astronaut.png").read_bytes())
    monkeypatch.setattr(pictures, "_memory", lambda: 0)
    found, whole = load_pictures(tmp_path, 80), path.read_bytes()
    path.write_bytes(whole[:100])
    with pytest.raises(ImageReadError, match=r"a\.png: not a readable picture"):
        found[0]
    path.write_bytes(whole)
    assert found[0].shape == (150, 160, 3)
