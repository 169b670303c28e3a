"""PyTorch checkpoints of other projects, by way of the optional package spandrel.

Spandrel knows an architecture by the names of a checkpoint's weights: NAFNet, FFTformer, Uformer,
SwinIR, GRL, KBNet, SCUNet, DRUNet and more; with the package spandrel_extra_arches (for
non-commercial use) Restormer and MPRNet too. This module is the one way from restoration to torch,
and is imported only when a checkpoint is named.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.errors import MissingExtraError, ModelError
from unblur.runtime.picture_format import PictureFormat

__all__ = ["CheckpointNetwork"]

_UNUSED = "torchvision.transforms.functional"
_NAMES = ("InterpolationMode", "normalize", "rotate")


class CheckpointNetwork:
    """A checkpoint that spandrel can load; runs on the CPU.

    Parameters
    ----------
    path : Path
        The file; nothing in it is executed.
    threads : int
        Threads of the tensor library, for the whole process.

    Raises
    ------
    MissingExtraError
        If spandrel is not installed.
    ModelError
        If the file cannot be read, spandrel does not know what it is, or the network does not give
        pictures of the size that it takes.
    """

    def __init__(self, path: Path, threads: int) -> None:
        spandrel = _import_spandrel()
        import torch

        torch.set_num_threads(threads)
        if not path.is_file():
            raise ModelError(f"{path}: no such file; name a checkpoint")
        try:
            model = spandrel.ModelLoader(device="cpu").load_from_file(path)
        except spandrel.UnsupportedModelError as error:
            raise ModelError(
                f"{path}: of no architecture that spandrel knows; export it to ONNX where it was "
                "trained, and give that"
            ) from error
        except Exception as error:  # a damaged file makes it raise almost anything
            reason = " ".join(str(error).split())
            raise ModelError(
                f"{path}: damaged, or no checkpoint ({reason}); get it anew"
            ) from error
        self._model = model
        self.format = _format_of(model, path)

    def run(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        """Run the network.

        Parameters
        ----------
        batch : ndarray of float32
            (B, C, H, W), in [0, 1].

        Returns
        -------
        ndarray of float32
            Same shape.
        """
        import torch

        with torch.inference_mode():
            pictures = [self._model(torch.from_numpy(picture[None])) for picture in batch]
            values: npt.NDArray[Any] = torch.cat(pictures).numpy()
        return values


def _format_of(model: Any, path: Path) -> PictureFormat:
    from spandrel import ImageModelDescriptor, ModelTiling

    if not isinstance(model, ImageModelDescriptor) or model.scale != 1:
        raise ModelError(
            f"{path}: {model.architecture.name} does not make one picture of one, of the same "
            "size; give a model that restores"
        )
    if model.input_channels not in (1, 3) or model.output_channels != model.input_channels:
        raise ModelError(
            f"{path}: takes {model.input_channels} channels and gives {model.output_channels}; "
            "give a model of 1 or 3"
        )
    if model.tiling == ModelTiling.INTERNAL:
        raise ModelError(f"{path}: {model.architecture.name} cannot work on tiles; take another")
    wanted = model.size_requirements
    multiple = max(1, wanted.multiple_of)
    side = max(384, -(-wanted.minimum // multiple) * multiple)
    return PictureFormat(
        channels=model.input_channels,
        size_multiple=multiple,
        fixed_size=(side, side) if wanted.square else None,
        tile=side,
    )


def _import_spandrel() -> Any:
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError("torch", "foreign") from error
    try:
        with _without_torchvision():
            import spandrel

            with contextlib.suppress(ModuleNotFoundError):
                import spandrel_extra_arches

                spandrel_extra_arches.install(ignore_duplicates=True)
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "spandrel", "foreign") from error
    return spandrel


@contextlib.contextmanager
def _without_torchvision() -> Iterator[None]:
    """Let spandrel be imported without torchvision, or with one that is made for another torch.

    It takes three names from there, for face and inpainting networks, which we do not run.
    """
    parts = _UNUSED.split(".")
    names = [".".join(parts[: end + 1]) for end in range(len(parts))]
    before = {name: sys.modules.get(name) for name in names}
    if before[_UNUSED] is not None:
        yield
        return
    for name in names:
        sys.modules[name] = ModuleType(name)
    for name in _NAMES:
        setattr(sys.modules[_UNUSED], name, None)
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module
