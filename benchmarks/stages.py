"""Measure what each stage of a picture costs, in processor time of one core, for `simulate.py`.

Run from the repository root, with the extras ``cluster`` and ``dev``::

    python benchmarks/stages.py                       # writes benchmarks/stages.json
    python benchmarks/simulate.py                     # what a billion pictures take, by these

Decoding, restoring and encoding are measured on one JPEG photograph of 12 megapixels, out of focus;
Ray's driver on many small pictures whose restoring takes next to nothing.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from batch_pictures import SMALL, make_pictures
from PIL import Image
from reporting import report

import unblur
from unblur.evaluation.provenance import Provenance

T = TypeVar("T")
RESULT = Path(__file__).with_name("stages.json")
ASPECT = 4 / 3


def photograph(megapixels: float) -> np.ndarray:
    """The astronaut over and over, out of focus; made in bands to take little memory."""
    from skimage.data import astronaut

    height = round((megapixels * 1e6 / ASPECT) ** 0.5)
    width = round(height * ASPECT)
    pixels = astronaut()
    rows, columns = pixels.shape[:2]
    after = ((0, max(0, height - rows)), (0, max(0, width - columns)), (0, 0))
    sharp = np.pad(pixels, after, mode="symmetric")[:height, :width]
    blurred, psf, margin = np.empty_like(sharp), unblur.disk_psf(3.0), 8
    for top in range(0, height, 500):
        first, last = max(0, top - margin), min(height, top + 500 + margin)
        band = unblur.degrade(sharp[first:last], psf, noise=0.003, seed=top)
        blurred[top : top + 500] = band[top - first : top - first + 500]
    return blurred


def used(task: Callable[[], T], times: int = 1) -> tuple[float, T]:
    """Least processor time of a task, all its threads together, and what it returned."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        result = task()
        spent.append(time.process_time() - start)
    return min(spent), result


def driver_seconds(pictures: int) -> float:
    """Processor time of Ray's driver for one more picture: of many, less that of a few."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spent = []
        for number, count in enumerate((20, 20, 20 + pictures)):  # the first also loads Ray
            make_pictures(folder / f"in{number}", count, SMALL)
            walk = unblur.walk_batch([folder / f"in{number}"], folder / f"out{number}")
            results = unblur.restore_on_cluster(walk, workers=2, psf=unblur.box_psf(3))
            seconds, done = used(lambda results=results: sum(1 for _ in results))
            if done != count:
                raise SystemExit(f"{done} of {count} pictures came back")
            spent.append(seconds)
    return (spent[2] - spent[1]) / pictures


def measure(options: argparse.Namespace) -> dict[str, float]:
    pixels = photograph(options.megapixels)
    size = pixels.shape[0] * pixels.shape[1] / 1e6
    with io.BytesIO() as file:
        Image.fromarray(pixels).save(file, "JPEG", quality=92)
        data = file.getvalue()
    read, photo = used(lambda: unblur.decode_photo(data), 3)
    write, _ = used(lambda: unblur.encode_photo(photo, "JPEG"), 3)
    restorer = unblur.Restorer(threads=1)
    restorer.restore(pixels[:128, :128])  # the first time loads and plans
    known, _ = used(lambda: restorer.restore(photo.pixels, unblur.disk_psf(3.0)))
    blind, _ = used(lambda: restorer.restore(photo.pixels))
    return {
        "read": read / size,
        "restore": blind / size,
        "restore_known": known / size,
        "write": write / size,
        "megabytes": len(data) / 1e6 / size * 12,
        "driver": driver_seconds(options.pictures),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megapixels", type=float, default=12.0)
    parser.add_argument("--pictures", type=int, default=200, help="for Ray's driver")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    os.environ.setdefault("RAY_worker_niceness", "0")
    measured = measure(options)
    here = Provenance.here(threads=1)
    facts = {"machine": here.machine, "date": here.date, "megapixels": options.megapixels}
    rounded = {name: float(f"{value:.3g}") for name, value in measured.items()}
    options.output.write_text(json.dumps({**facts, **rounded}, indent=1) + "\n")
    units = {"megabytes": "MB, 12 megapixels", "driver": "s a picture"}
    rows = [(name, f"{value:g} {units.get(name, 's/MP')}", "") for name, value in rounded.items()]
    report("What one picture costs one core", rows, threads=1, output=None)


if __name__ == "__main__":
    main()
