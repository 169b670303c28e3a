"""What can run a network: ONNX Runtime's providers, and OpenVINO where it is installed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, TypeVar, get_args

from unblur.errors import ArgumentError, DeviceWarning, ModelError

__all__ = [
    "DEVICES",
    "PROVIDERS",
    "Device",
    "available_devices",
    "check_device",
    "import_onnxruntime",
    "open_on",
]

Device = Literal["auto", "cpu", "cuda", "directml", "coreml", "openvino"]
DEVICES: tuple[Device, ...] = get_args(Device)

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""ONNX Runtime's name of a device."""

# Best first. Not CoreML: every build of ONNX Runtime for macOS has it, and we never saw it run.
AUTOMATIC = ("cuda", "directml", "openvino")

Opened = TypeVar("Opened")


def check_device(device: str) -> None:
    """Refuse what names no device.

    Parameters
    ----------
    device : str
        Anything.

    Raises
    ------
    ArgumentError
        If it is not one of `DEVICES`.
    """
    if device not in DEVICES:
        raise ArgumentError(f"{device!r} is no device: choose of {', '.join(DEVICES)}")


def import_onnxruntime() -> Any:
    """Import ONNX Runtime, told beforehand to report nothing.

    Returns
    -------
    module
        Since 1.29 its import alone writes an identifier of the machine to the disk, and it reports
        to its maker.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    return import_module("onnxruntime")


def available_devices() -> tuple[str, ...]:
    """List the devices that the installed packages know.

    Returns
    -------
    tuple of str
        Whether one works shows when it is used.
    """
    known = import_onnxruntime().get_available_providers()
    found = [device for device, provider in PROVIDERS.items() if provider in known]
    return (*found, "openvino") if find_spec("openvino") else tuple(found)


def open_on(
    device: str, opener: Callable[[str], Opened], available: tuple[str, ...] | None = None
) -> Opened:
    """Open a network on a device, or else on the CPU, with a word.

    Parameters
    ----------
    device : str
        One of `DEVICES`; "auto" takes the best that is there.
    opener : callable
        Opens the network on a device; raises `ModelError` where that fails.
    available : tuple of str, optional
        As from `available_devices`.

    Returns
    -------
    object
        What `opener` returns.

    Raises
    ------
    ArgumentError
        If there is no such device.
    ModelError
        If the network cannot be opened on the CPU either.

    Warns
    -----
    DeviceWarning
        If a device is missing or fails.
    """
    check_device(device)
    if device == "cpu":
        return opener("cpu")
    there = available_devices() if available is None else available
    if device != "auto" and device not in there:
        _warn(f"{device}: is not installed here; this goes on with the CPU, see docs/speed.md")
    wanted = AUTOMATIC if device == "auto" else (device,)
    for name in wanted:
        if name not in there:
            continue
        try:
            return opener(name)
        except ModelError as error:
            _warn(f"{error}; this goes on without {name}")
    return opener("cpu")


def _warn(message: str) -> None:
    warnings.warn(message, DeviceWarning, stacklevel=2)
