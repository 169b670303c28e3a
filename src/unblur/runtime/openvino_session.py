"""Networks run by OpenVINO: the only import of openvino in the package."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.cards import ModelCard
from unblur.errors import ModelError
from unblur.runtime.checks import check_batch
from unblur.runtime.openvino_graph import simplify
from unblur.runtime.openvino_int8 import quantise, wants_int8

__all__ = ["OpenVinoSession", "import_openvino"]

FloatArray = npt.NDArray[np.float32]


class OpenVinoSession:
    """A network run by OpenVINO on the CPU.

    It runs in bfloat16 where the processor multiplies such numbers, in float32 elsewhere.

    Parameters
    ----------
    card : ModelCard
        Metadata of the network.
    content : bytes
        The ONNX file.
    threads : int
        Threads inside one run, 1 or more; runs side by side have their own.
    ranges : sequence of pairs of float
        If given, all convolutions but the first and the last run in 8-bit integers, see `quantise`.

    Raises
    ------
    ModelError
        If OpenVINO cannot load the file.
    """

    def __init__(
        self,
        card: ModelCard,
        content: bytes,
        threads: int,
        ranges: Sequence[Sequence[float]] = (),
    ) -> None:
        self.card = card
        self._content, self._threads = content, threads
        self._ranges = ranges
        self._lock = threading.Lock()
        try:
            self._idle = [self._compile()]
        except Exception as error:  # openvino's errors share no public base class
            reason = " ".join(str(error).split())
            raise ModelError(
                f"{card.id}: OpenVINO cannot load it ({reason}); use the CPU"
            ) from error

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
        with self._lock:
            compiled = self._idle.pop() if self._idle else None
        compiled = compiled or self._compile()
        try:
            request = compiled.create_infer_request()
            request.infer({0: batch}, share_inputs=True)
            result: FloatArray = request.get_output_tensor(0).data.copy()
            return result
        finally:
            # what this shape took would lie idle between two pictures
            with contextlib.suppress(RuntimeError):  # a thread of its own may not be at rest
                compiled.release_memory()
            with self._lock:
                self._idle.append(compiled)

    def quicker(self) -> OpenVinoSession:
        """Return the network in 8-bit integers where those are faster and its card tells ranges."""
        ranges = self.card.settings.get("int8_ranges", ())
        if not ranges or not wants_int8():
            return self
        return OpenVinoSession(self.card, self._content, self._threads, ranges)

    def _compile(self) -> Any:
        """Make the network ready for one run at a time, in the thread that asks for it.

        One for all runs has threads of its own, and each run waits until they are awake.
        """
        core = _core()
        native = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        model = core.read_model(self._content)
        if self._ranges:
            quantise(model, self._ranges)
        simplify(model)
        options = {
            "INFERENCE_PRECISION_HINT": "bf16" if "BF16" in native else "f32",
            "INFERENCE_NUM_THREADS": self._threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,
        }
        return core.compile_model(model, "CPU", options)


@lru_cache(maxsize=1)
def _core() -> Any:
    return import_openvino().Core()


def import_openvino() -> Any:
    """Import OpenVINO without what reports that to its maker, which it does by itself.

    Returns
    -------
    module
        openvino.
    """
    reporter = "openvino_telemetry"
    before = {reporter: sys.modules[reporter]} if reporter in sys.modules else {}
    sys.modules[reporter] = None  # type: ignore[assignment]  # Python takes it for not installed
    try:
        return import_module("openvino")
    finally:
        del sys.modules[reporter]
        sys.modules.update(before)
