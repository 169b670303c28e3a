"""Image-to-image networks in ONNX files, our own or anybody's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from unblur.errors import ModelError
from unblur.runtime.devices import PROVIDERS, Device, available_devices, open_on
from unblur.runtime.picture_format import PictureFormat, read_format
from unblur.runtime.session import open_session

__all__ = ["OnnxPictureNetwork", "PictureNetwork", "load_picture_network"]

CAREFUL_MULTIPLE = 64  # where nothing is known: it suits up to six halvings, and windows of 8
_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}
_CARD_HELP = "write a card beside it, a JSON table with channels, layout and size_multiple"


class PictureNetwork(Protocol):
    """A network that takes pictures and gives pictures of the same size."""

    @property
    def format(self) -> PictureFormat:
        """How it wants them."""

    def run(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        """Run the network.

        Parameters
        ----------
        batch : ndarray of float32
            Pictures in its format.

        Returns
        -------
        ndarray
            Pictures in its format.
        """


class OnnxPictureNetwork:
    """An image-to-image network run by ONNX Runtime.

    Parameters
    ----------
    path : Path
        The ONNX file; a card may lie beside it, see `read_format`.
    threads : int
        Threads inside one operator, 1 or more.
    device : str
        One of `unblur.runtime.devices.PROVIDERS`.

    Raises
    ------
    ModelError
        If a file is missing or damaged, has not one picture in and one out, or its shapes leave
        open what only a card can say.
    """

    def __init__(self, path: Path, threads: int, device: str = "cpu") -> None:
        told, content = read_format(path)
        self._path = path
        self._session = open_session(content, threads, str(path), device)
        ins, outs = self._session.get_inputs(), self._session.get_outputs()
        if len(ins) != 1 or len(outs) != 1:
            raise ModelError(
                f"{path}: {len(ins)} inputs and {len(outs)} outputs; give a model with one picture "
                "in and one out"
            )
        if ins[0].type not in _TYPES:
            raise ModelError(f"{path}: takes {ins[0].type}; convert it to float32")
        self._name, self._type = ins[0].name, _TYPES[ins[0].type]
        read = _format_of(ins[0].shape, self._type, path) if told is None else told
        self.format = _with_size(read, ins[0].shape, path)
        _check_same_size(ins[0].shape, outs[0].shape, path)

    def run(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        """Run the network.

        Parameters
        ----------
        batch : ndarray of float32
            Pictures in its format.

        Returns
        -------
        ndarray
            Pictures in its format.

        Raises
        ------
        ModelError
            If the network cannot run on them, or gives another size.
        """
        values = np.rint(batch) if self._type is np.uint8 else batch
        try:
            result = self._session.run(None, {self._name: values.astype(self._type)})[0]
        except Exception as error:  # onnxruntime's errors share no public base class
            reason = " ".join(str(error).split())
            raise ModelError(
                f"{self._path}: fails on pictures {batch.shape} ({reason}); its card may have to "
                "say another layout, size_multiple or fixed_size"
            ) from error
        if result.shape != batch.shape:
            raise ModelError(
                f"{self._path}: makes {result.shape} of {batch.shape}; give a model that keeps the "
                "size"
            )
        answer: npt.NDArray[Any] = result
        return answer


def load_picture_network(path: Path, threads: int, device: Device = "cpu") -> PictureNetwork:
    """Load an image-to-image network from an ONNX file.

    Parameters
    ----------
    path : Path
        The file.
    threads : int
        Threads inside one operator, 1 or more.
    device : str
        What runs it, one of `unblur.runtime.devices.DEVICES`; OpenVINO is for our own networks.

    Returns
    -------
    PictureNetwork
        Ready to run.

    Raises
    ------
    ModelError
        If it cannot be used, see `OnnxPictureNetwork`.
    """
    return open_on(
        device,
        lambda name: OnnxPictureNetwork(path, threads, name),
        tuple(name for name in available_devices() if name in PROVIDERS),
    )


def _format_of(shape: list[Any], kind: type[np.generic], path: Path) -> PictureFormat:
    """Read a format from the shape of an input, where that leaves one possibility alone."""
    if len(shape) != 4:
        raise ModelError(f"{path}: takes arrays of {len(shape)} axes, not pictures of 4")
    first, last = shape[1] in (1, 3), shape[3] in (1, 3)
    if first == last:
        raise ModelError(f"{path}: {shape} does not say where the channels are; {_CARD_HELP}")
    return PictureFormat(
        channels=shape[1] if first else shape[3],
        layout="NCHW" if first else "NHWC",
        value_range=(0.0, 255.0) if kind is np.uint8 else (0.0, 1.0),
        size_multiple=CAREFUL_MULTIPLE,
    )


def _with_size(known: PictureFormat, shape: list[Any], path: Path) -> PictureFormat:
    """Add the size that an input's shape fixes."""
    if len(shape) != 4:
        raise ModelError(f"{path}: takes arrays of {len(shape)} axes, not pictures of 4")
    sides, channels = (shape[2:], shape[1]) if known.layout == "NCHW" else (shape[1:3], shape[3])
    if isinstance(channels, int) and channels != known.channels:
        raise ModelError(
            f"{path}: takes {shape}, but its card says {known.layout} with {known.channels} "
            "channels; correct the card"
        )
    fixed = [side for side in sides if isinstance(side, int)]
    if len(fixed) == 1:
        raise ModelError(f"{path}: {shape} fixes one side alone; export it with both, or neither")
    if not fixed or known.fixed_size == (fixed[0], fixed[1]):
        return known
    return replace(
        known,
        size_multiple=1,
        fixed_size=(fixed[0], fixed[1]),
        overlap=min(known.overlap, min(fixed) // 2),
    )


def _check_same_size(before: list[Any], after: list[Any], path: Path) -> None:
    if len(after) != 4 or any(
        one != two
        for one, two in zip(before, after, strict=True)
        if isinstance(one, int) and isinstance(two, int)
    ):
        raise ModelError(f"{path}: makes {after} of {before}; give a model that keeps the size")
