"""Measure what a burst of M shaken frames gains; print the table of docs/guide/burst.md.

Run with the ``dev`` extra installed (the scenes ship with scikit-image)::

    python scripts/measure_burst.py --trials 3
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import fmean

import numpy as np
import skimage.data
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

import unblur
from unblur.degradation import Degradation, camera_shake_psf
from unblur.evaluation.alignment import best_shift_psnr
from unblur.evaluation.tables import Table
from unblur.images.color import to_float

Image = NDArray[np.float32]
COUNTS = (1, 2, 4, 8, 16)
SIDE, MARGIN = 256, 24
SCENES: tuple[Callable[[], NDArray[np.uint8]], ...] = (
    skimage.data.astronaut,
    skimage.data.coffee,
    skimage.data.chelsea,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=3, help="bursts for each number of frames")
    parser.add_argument("--moving", action="store_true", help="shift, turn and darken the frames")
    options = parser.parse_args()
    restorer = unblur.Restorer(threads=1)
    body = []
    for count in COUNTS:
        rows = [
            _scores(trial, count, restorer, moving=options.moving)
            for trial in range(options.trials)
        ]
        body.append((str(count), *(f"{fmean(column):.2f}" for column in zip(*rows, strict=True))))
    header = (
        "frames",
        "one frame",
        "best frame",
        "mean",
        "merged",
        "best, restored",
        "merged, restored",
    )
    print(Table("PSNR in dB", header, tuple(body)).to_markdown())


def _scores(trial: int, count: int, restorer: unblur.Restorer, *, moving: bool) -> list[float]:
    """PSNR of a frame, the best one, mean and merged; then of the restored best and merged."""
    rng = np.random.default_rng(trial)
    wide = to_float(SCENES[trial % len(SCENES)]())
    scene = wide[:, : wide.shape[0]][20 : 20 + SIDE + 2 * MARGIN, 20 : 20 + SIDE + 2 * MARGIN]
    frames = [_frame(scene, rng, still=not moving or number == 0) for number in range(count)]
    sharp = _inner(scene)

    def score(image: Image) -> float:
        return best_shift_psnr(np.clip(image, 0, 1), sharp, max_shift=8)

    singles = [score(frame) for frame in frames]
    best = frames[int(np.argmax(singles))]
    merged = np.clip(unblur.merge_burst(frames, align=moving), 0, 1)
    mean = unblur.merge_burst(frames, power=0, align=moving)
    pictures = (best, mean, merged, restorer.restore(best), restorer.restore(merged))
    return [fmean(singles), *(score(picture) for picture in pictures)]


def _frame(scene: Image, rng: np.random.Generator, *, still: bool) -> Image:
    """One frame: shaken, noisy, and unless it is the first moved, turned and of other exposure."""
    psf = camera_shake_psf(rng, extent=rng.uniform(6, 20))
    gain, moved = 1.0, scene
    if not still:
        angle, shift = np.radians(rng.uniform(-1, 1)), rng.uniform(-0.05, 0.05, 2) * SIDE
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centre = (np.array(scene.shape[:2]) - 1) / 2
        offset = centre - turn @ centre + shift
        planes = [affine_transform(scene[..., c], turn, offset, mode="mirror") for c in range(3)]
        moved, gain = np.clip(np.stack(planes, axis=-1), 0, 1), rng.uniform(0.7, 1.0)
    camera = Degradation(psf, saturation=gain, read_noise=0.01)
    return _inner(camera.apply(moved.astype(np.float32), rng))


def _inner(image: Image) -> Image:
    return image[MARGIN:-MARGIN, MARGIN:-MARGIN]


if __name__ == "__main__":
    main()
