"""The networks of one model, loaded for a number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unblur.cards import weights_folder
from unblur.errors import ModelError
from unblur.estimation.learned import LearnedEstimator
from unblur.restoration.direct import DirectRestorer
from unblur.restoration.tile import TileRestorer
from unblur.runtime.devices import Device
from unblur.runtime.session import NetworkSession, load_session

__all__ = ["PSF_MODEL", "Model", "model_folder"]

FloatArray = npt.NDArray[np.float32]
PSF_MODEL = "restorer-first.onnx"
"""A part of every model that works with PSFs."""

DIRECT_MODEL = "direct-autoencoder.onnx"
"""A part of those that can also do without."""


def model_folder(model: str | Path) -> Path:
    """Return the folder of a shipped model's name, or of a path to an exported one.

    Raises
    ------
    ModelError
        If there is neither.
    """
    shipped = weights_folder() / str(model)
    for folder in (shipped, Path(model)):
        if (folder / PSF_MODEL).is_file():
            return folder
    known = sorted(path.name for path in weights_folder().iterdir() if path.is_dir())
    raise ModelError(
        f"{model}: no such model; shipped are {', '.join(known)}, or give a folder made by "
        "unblur export"
    )


@dataclass(frozen=True)
class Model:
    """A PSF estimator and restorers of tiles, and the threads that each of their networks uses."""

    estimator: LearnedEstimator
    restorer: TileRestorer
    threads: int
    name: str | Path = "default"
    device: Device = "cpu"
    direct: DirectRestorer | None = None

    @cached_property
    def side_by_side(self) -> Model:
        """The same on one thread: several at a time are faster than sharing one."""
        return self if self.threads == 1 else Model.load(self.name, 1, self.device)

    @cached_property
    def tile_restorer(self) -> TileRestorer:
        """A restorer for many tiles side by side."""
        return self.side_by_side.restorer.quicker()

    def estimate(self, windows: Sequence[FloatArray]) -> FloatArray:
        """Return the PSF (K, K) that windows (H, W) of encoded luma share, side by side."""
        if len(windows) == 1 or self.threads == 1:
            return self.estimator.estimate(windows)
        return self.side_by_side.estimator.estimate(windows, threads=self.threads)

    @classmethod
    def load(cls, model: str | Path, threads: int, device: Device = "cpu") -> Model:
        """Load a model whose every network uses `threads` threads of a device.

        Raises
        ------
        ModelError
            If the model is unknown, incomplete or damaged.
        """
        folder = model_folder(model)

        def session(name: str, device: Device = device) -> NetworkSession:
            return load_session(folder / f"{name}.onnx", threads=threads, device=device)

        direct = (folder / DIRECT_MODEL).is_file()
        return cls(
            # a PSF of 33 x 33 px gains nothing elsewhere
            LearnedEstimator(session("psf-edges"), session("psf-cleaner", "cpu")),
            TileRestorer(session("restorer-first"), session("restorer-second")),
            threads,
            model,
            device,
            DirectRestorer(session(Path(DIRECT_MODEL).stem)) if direct else None,
        )
