"""Measure the ranges that the restorer's convolutions need in 8-bit integers, and write the cards.

Photographs are blurred by the validation protocol and its noise, and restored with their PSFs; what
each inner convolution takes is noted. Ranges end where one value in ten thousand lies beyond::

    python scripts/calibrate_int8.py DATA/train
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from unblur.cards import ModelCard, load_card
from unblur.evaluation.protocols import VALIDATION
from unblur.images.color import to_float
from unblur.restoration.model import model_folder
from unblur.restoration.tile import TileRestorer
from unblur.runtime.openvino_int8 import inner_inputs
from unblur.runtime.openvino_session import import_openvino

KINDS = ("gaussian", "defocus", "motion", "shake")
NOISES = (0.002, 0.005, 0.02)
CERTAINTIES = (0.3, 0.8, 1.0)
SIDE = 320
BEYOND = 0.01  # percent of the values, at either end


class Watched:
    """A network that notes the ends of what its inner convolutions take."""

    def __init__(self, path: Path) -> None:
        self.card, content = load_card(path)
        core = import_openvino().Core()
        model = core.read_model(content)
        model.add_outputs(inner_inputs(model))
        options = {"INFERENCE_PRECISION_HINT": "f32"}
        self._compiled = core.compile_model(model, "CPU", options)
        self.ends: list[Any] = []

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Run it and note the ends."""
        result, *inputs = self._compiled([batch]).values()
        self.ends.append([np.percentile(each, (BEYOND, 100 - BEYOND)) for each in inputs])
        return result

    def ranges(self) -> list[list[float]]:
        """Tell the widest ends so far of each input; 0 is always within."""
        ends = np.array(self.ends)
        low, high = np.minimum(ends[:, :, 0].min(0), 0), np.maximum(ends[:, :, 1].max(0), 0)
        return [[round(float(end), 4) for end in pair] for pair in zip(low, high, strict=True)]


def watch(folder: Path, pictures: list[Path]) -> dict[str, list[list[float]]]:
    """Restore the pictures by the networks of a folder, and return the ranges of each."""
    names = ("restorer-first", "restorer-second")
    networks = {name: Watched(folder / f"{name}.onnx") for name in names}
    restorer = TileRestorer(*networks.values())
    for number, path in enumerate(pictures):
        picture = to_float(np.asarray(Image.open(path).convert("RGB")))
        top, left = (max(0, (extent - SIDE - 60) // 2) for extent in picture.shape[:2])
        sharp = picture[top : top + SIDE + 60, left : left + SIDE + 60]
        protocol = replace(VALIDATION, noise=NOISES[number % len(NOISES)])
        for kind in KINDS:
            case = protocol.case(path.name, sharp, kind)
            certainty = CERTAINTIES[number // len(NOISES) % len(CERTAINTIES)]
            restorer.restore(case.blurred, case.psf, certainty=certainty, passes=2)
    return {name: network.ranges() for name, network in networks.items()}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="sharp photographs of the training set")
    parser.add_argument("--model", default="default")
    parser.add_argument("--count", type=int, default=36, help="of photographs, evenly chosen")
    options = parser.parse_args()
    every = sorted(options.folder.iterdir())
    folder = model_folder(options.model)
    for name, ranges in watch(folder, every[:: max(1, len(every) // options.count)]).items():
        path = folder / f"{name}.json"
        card = ModelCard.from_json(path.read_text(encoding="utf-8"), str(path))
        settings = {**card.settings, "int8_ranges": ranges}
        path.write_text(replace(card, settings=settings).to_json(), encoding="utf-8")
        print(name, ranges)


if __name__ == "__main__":
    main()
