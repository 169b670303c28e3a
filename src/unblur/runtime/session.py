"""Sessions, one for each network: ONNX Runtime, or another engine where that is faster."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from unblur.cards import ModelCard, load_card
from unblur.errors import ModelError
from unblur.runtime.checks import check_batch, default_threads
from unblur.runtime.devices import PROVIDERS, Device, import_onnxruntime, open_on

__all__ = [
    "NetworkSession",
    "OnnxSession",
    "default_threads",
    "load_session",
    "open_session",
    "quicker",
]

FloatArray = npt.NDArray[np.float32]


class NetworkSession(Protocol):
    """One network that is ready to run; tests may pass any function with a card instead."""

    @property
    def card(self) -> ModelCard:
        """Metadata of the network."""

    def run(self, batch: FloatArray) -> FloatArray:
        """Run the network.

        Parameters
        ----------
        batch : ndarray of float32
            (B, C, H, W).

        Returns
        -------
        ndarray of float32
            What the network makes of it.
        """


class OnnxSession:
    """A network run by ONNX Runtime.

    Parameters
    ----------
    card : ModelCard
        Metadata of the network.
    content : bytes
        The ONNX file.
    threads : int
        Threads inside one operator, 1 or more.
    device : str
        One of `unblur.runtime.devices.PROVIDERS`.

    Raises
    ------
    ModelError
        If ONNX Runtime cannot load the file.
    """

    def __init__(self, card: ModelCard, content: bytes, threads: int, device: str = "cpu") -> None:
        self._session = open_session(content, threads, card.id, device)
        self._name = self._session.get_inputs()[0].name
        self.card = card

    def run(self, batch: FloatArray) -> FloatArray:
        """Run the network.

        Parameters
        ----------
        batch : ndarray of float32
            (B, C, H, W) with as many channels as the card says, H and W multiples of its
            `size_multiple`.

        Returns
        -------
        ndarray of float32
            What the network makes of it.

        Raises
        ------
        ArrayError
            If the shape does not fit the card.
        """
        check_batch(self.card, batch.shape)
        result: FloatArray = self._session.run(None, {self._name: batch})[0]
        return result


def open_session(content: bytes, threads: int, name: str, device: str = "cpu") -> Any:
    """Open an ONNX file by ONNX Runtime.

    Parameters
    ----------
    content : bytes
        The file.
    threads : int
        Threads inside one operator, 1 or more.
    name : str
        Names the file in errors.
    device : str
        One of `unblur.runtime.devices.PROVIDERS`; operators that it lacks run on the CPU.

    Returns
    -------
    onnxruntime.InferenceSession
        Ready to run.

    Raises
    ------
    ModelError
        If ONNX Runtime cannot load the file, or not on this device.
    """
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin between calls would steal the time of the transforms.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = list(dict.fromkeys([PROVIDERS[device], PROVIDERS["cpu"]]))
    if device == "directml":  # it cannot have two
        options.enable_mem_pattern = False
    try:
        session = onnxruntime.InferenceSession(content, options, providers=wanted)
    except Exception as error:  # onnxruntime's errors share no public base class
        reason = " ".join(str(error).split())
        raise ModelError(
            f"{name}: ONNX Runtime cannot load it ({reason}); reinstall unblur or export again"
        ) from error
    if wanted[0] not in session.get_providers():  # it goes on without one that fails
        raise ModelError(f"{name}: ONNX Runtime cannot use {wanted[0]}; use the CPU")
    return session


def load_session(
    path: str | Path, *, threads: int | None = None, device: Device = "cpu"
) -> NetworkSession:
    """Load an ONNX file, with its card beside it.

    Parameters
    ----------
    path : path
        The ONNX file.
    threads : int, optional
        Threads inside one operator; all processors that this process may use when left out.
    device : str
        What runs it, one of `unblur.runtime.devices.DEVICES`.

    Returns
    -------
    NetworkSession
        The network, ready to run.

    Raises
    ------
    ModelError
        If a file is missing or damaged, or cannot be run.

    Warns
    -----
    DeviceWarning
        If the device is missing or fails; the CPU takes its place.
    """
    card, content = load_card(path)
    inside = default_threads() if threads is None else threads

    def opened(name: str) -> NetworkSession:
        if name == "openvino":
            from unblur.runtime.openvino_session import OpenVinoSession

            return OpenVinoSession(card, content, inside)
        return OnnxSession(card, content, inside, name)

    return open_on(device, opened)


def quicker(session: NetworkSession) -> NetworkSession:
    """Return a network in 8-bit integers.

    Parameters
    ----------
    session : NetworkSession
        The network.

    Returns
    -------
    NetworkSession
        The same one where 8-bit integers are no faster, or not known to give the same.
    """
    from unblur.runtime.openvino_session import OpenVinoSession

    return session.quicker() if isinstance(session, OpenVinoSession) else session
