"""Measure what neighbours add to a video's frames; print the tables of docs/guide/video.md.

Run with the ``dev`` extra installed (the scenes ship with scikit-image)::

    python scripts/measure_video.py still
    python scripts/measure_video.py shake
    python scripts/measure_video.py shake --held-out
    python scripts/measure_video.py averaged --frames FOLDER    # of sharp frames, many a second
    python scripts/measure_video.py pairs --frames FOLDER    # blurred/, sharp/: CLIP_NUMBER.png

Settings were chosen on the scenes of `SCENES`, on the quarters upper right and lower left of the
averaged frames, and on the clips of pairs that are named train; the others are held out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
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
Clip = tuple[str, list[Image], Frames]
QUARTERS = {
    "upper left": (0, 0),
    "upper right": (0, 1),
    "lower left": (1, 0),
    "lower right": (1, 1),
}
SCENES: dict[str, Callable[[], NDArray[np.uint8]]] = {
    "astronaut": skimage.data.astronaut,
    "coffee": skimage.data.coffee,
    "chelsea": skimage.data.chelsea,
}
HELD_OUT: dict[str, Callable[[], NDArray[np.uint8]]] = {
    "rocket": skimage.data.rocket,
    "cat": skimage.data.cat,
    "motorcycle": lambda: skimage.data.stereo_motorcycle()[0],
    "tissue": skimage.data.immunohistochemistry,
    "retina": skimage.data.retina,
    "camera": lambda: np.repeat(skimage.data.camera()[..., None], 3, axis=2),
}
SIDE, BORDER = 256, 12
BLURS = {
    "motion 9 px": unblur.motion_psf(9, 30),
    "defocus 5 px": unblur.disk_psf(2.5),
    "Gaussian 1.5 px": unblur.gaussian_psf(1.5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=("still", "shake", "averaged", "pairs"))
    parser.add_argument("--count", type=int, default=8, help="frames of each clip")
    parser.add_argument("--held-out", action="store_true", help="shake other scenes")
    parser.add_argument("--frames", type=Path, help="folder of sharp frames, or of pairs")
    parser.add_argument("--window", type=int, nargs="+", default=[1, 5, 9, 15, 25])
    parser.add_argument("--step", type=int, default=8, help="frames between two averages")
    parser.add_argument("--quarter", nargs="+", default=list(QUARTERS), choices=QUARTERS)
    options = parser.parse_args()
    restorer = unblur.Restorer(threads=1)
    if options.part == "still":
        table = _still(restorer, options.count)
    else:
        table = _gains(restorer, _clips(options))
    print(table.to_markdown())


def _clips(options: argparse.Namespace) -> Iterator[Clip]:
    if options.part == "shake":
        scenes = HELD_OUT if options.held_out else SCENES
        for name, scene in scenes.items():
            yield name, *_shaken(name, scene, options.count)
    elif options.part == "pairs":
        names = {path.stem.rpartition("_")[0] for path in (options.frames / "sharp").iterdir()}
        for name in sorted(names):
            yield name, *_paired(options.frames, name, options.count)
    else:
        paths = sorted(options.frames.iterdir())
        for quarter in options.quarter:
            for window in options.window:
                clip = _averaged(paths, quarter, options.count, window, options.step)
                yield f"{quarter}, {window}", *clip


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


def _gains(restorer: unblur.Restorer, clips: Iterable[Clip]) -> Table:
    """PSNR of blurred frames, restored frame by frame, and with neighbours."""
    body = []
    for name, sharp, frames in clips:
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


def _shaken(
    name: str, make: Callable[[], NDArray[np.uint8]], count: int
) -> tuple[list[Image], Frames]:
    """A hand-held clip: each frame moved, turned and shaken in its own way."""
    scene = to_float(make())
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
    paths: Sequence[Path], quarter: str, count: int, window: int, step: int
) -> tuple[list[Image], Frames]:
    """Means of neighbouring sharp frames in linear light, beside the middle ones."""
    sharp, frames = [], []
    for begin in range(0, min(count * step, len(paths) - window + 1), step):
        part = [_quarter(path, quarter) for path in paths[begin : begin + window]]
        mean = linear_to_srgb(np.mean([srgb_to_linear(each) for each in part], 0, np.float32))
        sharp.append(part[window // 2])
        frames.append(to_dtype(mean, np.uint8))
    return sharp, frames


def _quarter(path: Path, name: str) -> Image:
    whole = unblur.read_photo(path).pixels
    height, width = (extent // 2 for extent in whole.shape[:2])
    top, left = QUARTERS[name][0] * height, QUARTERS[name][1] * width
    return to_float(whole[top : top + height, left : left + width])


def _paired(folder: Path, name: str, count: int) -> tuple[list[Image], Frames]:
    """A blurred clip and its sharp frames, from files."""
    paths = sorted((folder / "sharp").glob(f"{name}_*"))[:count]
    sharp = [to_float(unblur.read_photo(path).pixels) for path in paths]
    return sharp, [unblur.read_photo(folder / "blurred" / path.name).pixels for path in paths]


def _psnr(frames: Frames, sharp: list[Image]) -> float:
    inner = np.s_[BORDER:-BORDER, BORDER:-BORDER]
    pairs = zip(frames, sharp, strict=True)
    errors = [
        max(np.mean((to_float(one)[inner] - other[inner]) ** 2), 1e-10) for one, other in pairs
    ]
    return fmean(-10 * float(np.log10(error)) for error in errors)


def _noise(frames: Frames) -> float:
    """Mean over the pixels of the standard deviation in time."""
    return float(np.std(np.array([to_float(each) for each in frames]), axis=0, ddof=1).mean())


if __name__ == "__main__":
    main()
