"""Which device is taken, and what happens when one is missing or fails."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from unblur.errors import ArgumentError, DeviceWarning, ModelError
from unblur.runtime import devices, load_session
from unblur.runtime.devices import AUTOMATIC, DEVICES, PROVIDERS, available_devices, open_on
from unblur.runtime.session import OnnxSession, open_session

EVERY = tuple(device for device in DEVICES if device != "auto")


@pytest.fixture(autouse=True)
def as_shipped(monkeypatch):
    """Elsewhere tests take the CPU; here is looked at what is taken."""
    monkeypatch.setattr(devices, "AUTOMATIC", AUTOMATIC)


def opener(*failing: str):
    def opened(device: str) -> str:
        if device in failing:
            raise ModelError(f"network: {device} is broken; use the CPU")
        return device

    return opened


@pytest.mark.parametrize(
    ("device", "there", "taken"),
    [
        ("auto", EVERY, "cuda"),
        ("auto", ("directml", "cpu", "openvino"), "directml"),
        ("auto", ("cpu", "openvino"), "openvino"),
        ("auto", ("coreml", "cpu"), "cpu"),  # only when asked for
        ("auto", ("cpu",), "cpu"),
        ("cpu", EVERY, "cpu"),
        *((device, EVERY, device) for device in EVERY),
    ],
)
def test_the_best_that_is_there_is_taken_or_the_one_asked_for(device, there, taken):
    assert open_on(device, opener(), there) == taken


def test_what_is_missing_gives_way_to_the_cpu_with_a_word():
    with pytest.warns(DeviceWarning, match="cuda: is not installed here"):
        assert open_on("cuda", opener(), ("cpu",)) == "cpu"


def test_what_fails_gives_way_to_the_next_best_with_a_word():
    with pytest.warns(DeviceWarning, match="cuda is broken.*without cuda"):
        assert open_on("auto", opener("cuda"), ("cuda", "cpu", "openvino")) == "openvino"
    with pytest.warns(DeviceWarning, match="openvino is broken"):
        assert open_on("openvino", opener("openvino"), ("cpu", "openvino")) == "cpu"


def test_when_the_cpu_fails_there_is_nothing_left():
    with pytest.raises(ModelError, match="cpu is broken"):
        open_on("auto", opener("cpu"), ("cpu",))


def test_an_unknown_device_is_refused():
    with pytest.raises(ArgumentError, match="'tpu' is no device: choose of auto, cpu"):
        open_on("tpu", opener(), ("cpu",))


def test_the_cpu_is_always_there():
    assert "cpu" in available_devices()
    assert set(available_devices()) <= set(EVERY)
    assert set(PROVIDERS) | {"openvino"} == set(EVERY)
    assert set(AUTOMATIC) <= set(EVERY) - {"cpu", "coreml"}


def test_a_provider_that_is_not_built_in_is_an_error_of_the_model(model):
    """Where ONNX Runtime itself would quietly go on without."""
    missing = next(name for name in PROVIDERS if name not in available_devices())
    with pytest.warns(UserWarning, match="not in available"), pytest.raises(ModelError):
        open_session(model.read_bytes(), 1, "doubler", missing)


def test_a_session_goes_on_without_its_device(model):
    missing = next(name for name in PROVIDERS if name not in available_devices())
    with pytest.warns(DeviceWarning, match="goes on with the CPU"):
        session = load_session(model, threads=1, device=missing)
    assert isinstance(session, OnnxSession)
    batch = np.ones((1, 3, 4, 4), np.float32)
    np.testing.assert_array_equal(session.run(batch), 2 * batch)


def test_to_ask_for_devices_leaves_nothing_on_the_disk(tmp_path):
    # ONNX Runtime would keep an identifier of the machine among the temporary files
    words = "from unblur.runtime.devices import available_devices; available_devices()"
    subprocess.run(
        [sys.executable, "-c", words], env={**os.environ, "TMPDIR": str(tmp_path)}, check=True
    )
    assert not list(tmp_path.iterdir())
