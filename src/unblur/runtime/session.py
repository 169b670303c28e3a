"""ONNX Runtime sessions: the only import of onnxruntime in the package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from unblur.cards import ModelCard, load_card
from unblur.errors import ModelError

__all__ = ["NetworkSession", "OnnxSession", "default_threads", "load_session"]

FloatArray = npt.NDArray[np.float32]


class NetworkSession(Protocol):
    """One network that is ready to run; tests may pass any function of their own instead."""

    @property
    def card(self) -> ModelCard:
        """Metadata of the network."""

    def run(self, batch: FloatArray) -> FloatArray:
        """Map (B, C, H, W) to the network's output."""


class OnnxSession:
    """A network run by ONNX Runtime on the CPU.

    Parameters
    ----------
    card
        Metadata of the network.
    content
        Bytes of the ONNX file.
    threads
        Threads inside one operator.
    """

    def __init__(self, card: ModelCard, content: bytes, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Arenas keep the largest tile's buffers for good; with few tile sizes that is what we want,
        # but threads that spin between calls would steal the time of the FFTs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's errors share no public base class
            raise ModelError(f"{card.id}: ONNX Runtime cannot load it ({error})") from error
        self._name = self._session.get_inputs()[0].name
        self.card = card

    def run(self, batch: FloatArray) -> FloatArray:
        """Map (B, C, H, W) to the network's output."""
        result: FloatArray = self._session.run(None, {self._name: batch})[0]
        return result


def default_threads() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_session(path: str | Path, *, threads: int | None = None) -> OnnxSession:
    """Load the ONNX file at `path`, with its card beside it.

    Raises
    ------
    ModelError
        If a file is missing, damaged, or cannot be run.
    """
    card, content = load_card(path)
    return OnnxSession(card, content, threads or default_threads())
