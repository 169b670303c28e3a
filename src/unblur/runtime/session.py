"""ONNX Runtime sessions: the only import of onnxruntime in the package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from unblur.cards import ModelCard, load_card
from unblur.errors import ArrayError, ModelError

__all__ = ["NetworkSession", "OnnxSession", "default_threads", "load_session", "open_session"]

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
    """A network run by ONNX Runtime on the CPU.

    Parameters
    ----------
    card : ModelCard
        Metadata of the network.
    content : bytes
        The ONNX file.
    threads : int
        Threads inside one operator, 1 or more.

    Raises
    ------
    ModelError
        If ONNX Runtime cannot load the file.
    """

    def __init__(self, card: ModelCard, content: bytes, threads: int) -> None:
        self._session = open_session(content, threads, card.id)
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
        channels, multiple = self.card.in_channels, self.card.size_multiple
        shape = batch.shape
        if len(shape) != 4 or shape[1] != channels or shape[2] % multiple or shape[3] % multiple:
            raise ArrayError(
                f"{self.card.id}: takes arrays (B, {channels}, H, W), H and W multiples of "
                f"{multiple}, not {shape}: pad the tile"
            )
        result: FloatArray = self._session.run(None, {self._name: batch})[0]
        return result


def open_session(content: bytes, threads: int, name: str) -> Any:
    """Open an ONNX file on the CPU.

    Parameters
    ----------
    content : bytes
        The file.
    threads : int
        Threads inside one operator, 1 or more.
    name : str
        Names the file in errors.

    Returns
    -------
    onnxruntime.InferenceSession
        Ready to run.

    Raises
    ------
    ModelError
        If ONNX Runtime cannot load the file.
    """
    # since 1.29 it writes an identifier of the machine to the disk and reports to its maker
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin between calls would steal the time of the transforms.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no public base class
        reason = " ".join(str(error).split())
        raise ModelError(
            f"{name}: ONNX Runtime cannot load it ({reason}); reinstall unblur or export again"
        ) from error


def default_threads() -> int:
    """Count the processors that this process may use.

    Returns
    -------
    int
        1 or more.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_session(path: str | Path, *, threads: int | None = None) -> OnnxSession:
    """Load an ONNX file, with its card beside it.

    Parameters
    ----------
    path : path
        The ONNX file.
    threads : int, optional
        Threads inside one operator; all processors that this process may use when left out.

    Returns
    -------
    OnnxSession
        The network, ready to run.

    Raises
    ------
    ModelError
        If a file is missing or damaged, or cannot be run.
    """
    card, content = load_card(path)
    return OnnxSession(card, content, default_threads() if threads is None else threads)
