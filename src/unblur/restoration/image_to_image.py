"""Restoration by networks that take a picture and give one, tile by tile, without a PSF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unblur.errors import ModelError
from unblur.images.color import to_float
from unblur.images.tiling import Tile, even_size, plan_tiles
from unblur.restoration.model import PSF_MODEL
from unblur.restoration.report import TileReport
from unblur.restoration.tiled import FADE, restore_tiles
from unblur.runtime.devices import Device
from unblur.runtime.picture_format import PictureFormat
from unblur.runtime.picture_network import PictureNetwork, load_picture_network

__all__ = ["find_picture_network", "restore_directly"]

FloatArray = npt.NDArray[np.float32]
CHECKPOINTS = (".pth", ".pt", ".ckpt", ".safetensors")


def find_picture_network(
    model: str | Path, threads: int, device: Device = "cpu"
) -> PictureNetwork | None:
    """Load the image-to-image network that a path names.

    Parameters
    ----------
    model
        An ONNX file, a checkpoint that spandrel can read, or a folder with one ONNX file.
    threads
        Threads inside the network.
    device
        What runs an ONNX file; a checkpoint always runs on the CPU.

    Returns
    -------
    PictureNetwork or None
        None if it names something else.

    Raises
    ------
    ModelError
        If a file is missing or cannot be used.
    MissingExtraError
        If a checkpoint is named and spandrel is not installed.
    """
    path = Path(model)
    if path.suffix.lower() in CHECKPOINTS:
        from unblur.foreign import CheckpointNetwork  # it loads torch

        return CheckpointNetwork(path, threads)
    if path.is_dir() and not (path / PSF_MODEL).is_file():
        files = sorted(path.glob("*.onnx"))
        if len(files) > 1:
            names = ", ".join(file.name for file in files)
            raise ModelError(f"{path}: holds several models; name one of {names}")
        path = files[0] if files else path
    return load_picture_network(path, threads, device) if path.suffix.lower() == ".onnx" else None


def restore_directly(
    pixels: npt.NDArray[Any],
    network: PictureNetwork,
    strength: float,
    tell: Callable[[int, int], None],
) -> tuple[npt.NDArray[Any], tuple[TileReport, ...]]:
    """Restore pixels (H, W, C) of any storage type; return them with what was done in each tile.

    Memory is bounded: one tile at a time is ever in the network.
    """
    height, width = pixels.shape[:2]
    form = network.format
    sides = [
        largest
        if form.fixed_size
        else even_size(extent, largest=largest, overlap=form.overlap, multiple=form.size_multiple)
        for extent, largest in zip((height, width), form.sides, strict=True)
    ]
    tiles = plan_tiles(height, width, size=(sides[0], sides[1]), overlap=form.overlap)

    def restore(tile: Tile) -> tuple[FloatArray, TileReport]:
        blurred = to_float(pixels[tile.slices])
        if strength:
            encoded = np.clip(blurred, 0, 1)
            blurred += np.float32(strength) * (_run(network, encoded) - encoded)
        return blurred, TileReport(tile, strength)

    return restore_tiles(
        pixels,
        tiles,
        restore,
        overlap=form.overlap,
        fade=min(FADE, form.overlap),
        threads=1,
        tell=tell,
    )


def _run(network: PictureNetwork, picture: FloatArray) -> FloatArray:
    """Restore (H, W, C): padded, in the network's channels, and back."""
    form = network.format
    height, width, channels = picture.shape
    batch = np.pad(picture, (*_padding(form, height, width), (0, 0)), mode="symmetric")[None]
    if form.channels == 1:
        batch = np.moveaxis(batch[0], 2, 0)[..., None]  # each channel is a picture of the batch
    elif channels == 1:
        batch = np.repeat(batch, 3, 3)
    result = form.decode(network.run(form.encode(batch)))[:, :height, :width]
    if form.channels == 1:
        return np.moveaxis(result[..., 0], 0, 2)
    grey: FloatArray = result[0].mean(2, keepdims=True)
    return result[0] if channels == 3 else grey


def _padding(
    form: PictureFormat, height: int, width: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns to add below and to the right."""
    if form.fixed_size:
        return (0, form.fixed_size[0] - height), (0, form.fixed_size[1] - width)
    return (0, -height % form.size_multiple), (0, -width % form.size_multiple)
