"""Measure what neighbours add to a video's frames; print the tables of docs/guide/video.md.

Run with the ``dev`` extra installed (the scenes ship with scikit-image)::

    python scripts/measure_video.py still
    python scripts/measure_video.py shake
    python scripts/measure_video.py averaged --frames FOLDER    # of sharp frames, many a second
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

import unblur
from unblur.degradation import Degradation, camera_shake_psf
from unblur.evaluation.tables import Table
from unblur.images.color import linear_to_srgb, srgb_to_linear, to_dtype, to_float
from unblur.restoration.video.steady import FrameSettings, restore_frames

Image = NDArray[np.float32]
Frames = list[NDArray[Any]]
SCENES: dict[str, Callable[[], NDArray[np.uint8]]] = {
    "astronaut": skimage.data.astronaut,
    "coffee": skimage.data.coffee,
    "chelsea": skimage.data.chelsea,
}
SIDE, BORDER = 256, 12
BLURS = {
    "motion 9 px": unblur.motion_psf(9, 30),
    "defocus 5 px": unblur.disk_psf(2.5),
    "Gaussian 1.5 px": unblur.gaussian_psf(1.5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=("still", "shake", "averaged"))
    parser.add_argument("--count", type=int, default=8, help="frames of each clip")
    parser.add_argument("--frames", type=Path, help="folder of sharp frames to average")
    parser.add_argument("--window", type=int, default=9, help="frames in each average")
    parser.add_argument("--step", type=int, default=8, help="frames between two averages")
    options = parser.parse_args()
    restorer = unblur.Restorer(threads=1)
    if options.part == "still":
        print(_still(restorer, options.count).to_markdown())
    elif options.part == "shake":
        clips = {name: _shaken(name, options.count) for name in SCENES}
        print(_gains(restorer, clips).to_markdown())
    else:
        paths = sorted(options.frames.iterdir())
        clips = _averaged(paths, options.count, options.window, options.step)
        print(_gains(restorer, clips).to_markdown())


def _still(restorer: unblur.Restorer, count: int) -> Table:
    """Temporal noise of a still scene, restored together and frame by frame, over the source's."""
    body = []
    for number, (name, psf) in enumerate(BLURS.items()):
        for noise in (0.005, 0.02):
            scene = to_float(list(SCENES.values())[number]()[:SIDE, :SIDE])
            rng = np.random.default_rng(number)
            camera = Degradation(psf, read_noise=noise)
            frames = [to_dtype(camera.apply(scene, rng), np.uint8) for _ in range(count)]
            row = [_noise(frames), *map(_noise, _both(restorer, frames))]
            ratios = [f"{each / row[0]:.2f}" for each in row[1:]]
            body.append((name, f"{noise:g}", f"{row[0]:.4f}", *ratios))
    header = ("blur", "noise", "source", "with neighbours", "frame by frame")
    return Table("temporal noise: source, and the restored over it", header, tuple(body))


def _gains(restorer: unblur.Restorer, clips: dict[str, tuple[list[Image], Frames]]) -> Table:
    """PSNR of blurred frames, restored frame by frame, and with neighbours."""
    body = []
    for name, (sharp, frames) in clips.items():
        together, alone = _both(restorer, frames)
        scores = [_psnr(each, sharp) for each in (frames, alone, together)]
        gain = scores[2] - scores[1]
        body.append((name, *(f"{score:.2f}" for score in scores), f"{gain:+.2f}"))
    header = ("clip", "blurred", "frame by frame", "with neighbours", "gain")
    return Table("mean PSNR in dB", header, tuple(body))


def _both(restorer: unblur.Restorer, frames: Frames) -> tuple[Frames, Frames]:
    together, alone = (
        list(restore_frames(frames, restorer, FrameSettings(neighbours=neighbours)))
        for neighbours in (True, False)
    )
    return together, alone


def _shaken(name: str, count: int) -> tuple[list[Image], Frames]:
    """A hand-held clip: each frame moved, turned and shaken in its own way."""
    scene = to_float(SCENES[name]())
    rng = np.random.default_rng(len(name))
    sharp, frames = [], []
    for number in range(count):
        angle = np.radians(rng.uniform(-0.5, 0.5))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centre = np.array(scene.shape[:2]) / 2 + rng.uniform(-4, 4, 2) + (number, -2 * number)
        offset = centre - turn @ np.full(2, (SIDE - 1) / 2)
        planes = [
            affine_transform(scene[..., channel], turn, offset, (SIDE, SIDE), mode="mirror")
            for channel in range(3)
        ]
        sharp.append(np.stack(planes, axis=-1).clip(0, 1).astype(np.float32))
        psf = camera_shake_psf(rng, extent=rng.uniform(3, 14))
        camera = Degradation(psf, read_noise=0.005)
        frames.append(to_dtype(camera.apply(sharp[-1], rng), np.uint8))
    return sharp, frames


def _averaged(
    paths: Sequence[Path], count: int, window: int, step: int
) -> dict[str, tuple[list[Image], Frames]]:
    """Means of neighbouring sharp frames in linear light, beside the middle ones; two quarters."""
    clips: dict[str, tuple[list[Image], Frames]] = {}
    for begin in range(0, min(count * step, len(paths) - window + 1), step):
        part = [to_float(unblur.read_photo(path).pixels) for path in paths[begin : begin + window]]
        mean = linear_to_srgb(np.mean([srgb_to_linear(each) for each in part], 0, np.float32))
        middle = part[window // 2]
        half = [extent // 2 for extent in middle.shape[:2]]
        for name, top, left in (("upper left", 0, 0), ("lower right", *half)):
            place = np.s_[top : top + half[0], left : left + half[1]]
            sharp, frames = clips.setdefault(name, ([], []))
            sharp.append(middle[place])
            frames.append(to_dtype(mean[place], np.uint8))
    return clips


def _psnr(frames: Frames, sharp: list[Image]) -> float:
    inner = np.s_[BORDER:-BORDER, BORDER:-BORDER]
    pairs = zip(frames, sharp, strict=True)
    errors = [np.mean((to_float(one)[inner] - other[inner]) ** 2) for one, other in pairs]
    return fmean(-10 * float(np.log10(error)) for error in errors)


def _noise(frames: Frames) -> float:
    """Mean over the pixels of the standard deviation in time."""
    return float(np.std(np.array([to_float(each) for each in frames]), axis=0, ddof=1).mean())


if __name__ == "__main__":
    main()
