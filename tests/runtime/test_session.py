"""Sessions: a good model runs, and every way a model can be bad is a `ModelError`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from unblur.errors import ArrayError, ModelError
from unblur.runtime import NetworkSession, default_threads, load_session


def test_a_model_runs_at_any_size(model):
    session: NetworkSession = load_session(model, threads=1)
    assert session.card.id == "doubler"
    for shape in ((1, 3, 4, 4), (2, 3, 8, 12)):
        batch = np.random.default_rng(0).random(shape, np.float32)
        batch.flags.writeable = False
        np.testing.assert_array_equal(session.run(batch), 2 * batch)


@pytest.mark.parametrize("shape", [(1, 1, 4, 4), (3, 4, 4), (1, 3, 6, 4), (1, 3, 4, 7)])
def test_an_array_that_does_not_fit_the_card_is_refused(model, shape):
    with pytest.raises(ArrayError, match=r"doubler: takes arrays \(B, 3, H, W\)"):
        load_session(model, threads=1).run(np.zeros(shape, np.float32))


def test_a_file_that_is_no_model_is_told_in_one_line(rubbish):
    with pytest.raises(ModelError, match=r"rubbish: ONNX Runtime cannot load it") as caught:
        load_session(rubbish)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_does_not_match_its_digest(model):
    model.write_bytes(model.read_bytes()[:-5])
    with pytest.raises(ModelError, match="SHA-256"):
        load_session(model)


def test_a_missing_card_is_named(model):
    model.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match=r"doubler\.json: .*cannot be read"):
        load_session(model)


def test_an_unknown_key_in_the_card_is_named(model):
    card = model.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | {"colour": "red"}))
    with pytest.raises(ModelError, match="colour"):
        load_session(model)


def test_threads_default_to_what_the_process_may_use(monkeypatch):
    assert default_threads() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS and Windows
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert default_threads() == 1


@pytest.mark.parametrize("device", ["cpu", *(["openvino"] if find_spec("openvino") else [])])
def test_nobody_is_told_that_a_model_was_loaded(model, tmp_path, device):
    """Unless kept from it, both engines report to their makers, and keep an id for that."""
    kept = {name: value for name, value in os.environ.items() if name != "CI"}  # it is shy in CI
    load = f"load_session({str(model)!r}, threads=1, device={device!r})"
    code = f"from unblur.runtime import load_session; {load}"
    home = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "home")}
    (tmp_path / "home").mkdir()
    subprocess.run([sys.executable, "-c", code], env={**kept, **home}, check=True)
    assert list((tmp_path / "home").iterdir()) == []
