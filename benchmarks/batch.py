"""Measure a batch on this machine: what overlapping, memory, restarts and Ray cost.

Run from the repository root, with the ``dev`` and ``cluster`` extras installed::

    python benchmarks/batch.py pipeline --psf motion:9,30   # against the pure model time
    python benchmarks/batch.py ray --psf motion:9,30        # against the threads of one process
    python benchmarks/batch.py memory --pictures 10000      # what is held at the end
    python benchmarks/batch.py kills --kills 200            # kill -9 at random, then look

Every figure is a ratio of times or sizes in one run. With a known PSF the model takes the least and
reading and writing weigh the most; without ``--psf`` the blur is found in each picture, which takes
ten times as long. ``--output FILE`` writes the table.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from batch_kills import measure_kills
from batch_pictures import SMALL, make_pictures
from reporting import Row, report

import unblur

MAIN = [sys.executable, "-m", "unblur"]


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Stages(Counter[str]):
    """Seconds of reading, restoring and writing one after the other, on one thread."""

    def loop(self, folder: Path, output: Path, restorer: unblur.Restorer, psf: object) -> None:
        for job in unblur.plan_batch([folder], output).jobs:
            marks = [time.perf_counter()]
            photo = unblur.read_photo(job.source)
            marks.append(time.perf_counter())
            pixels = restorer.restore(photo.pixels, psf)
            marks.append(time.perf_counter())
            job.target.parent.mkdir(parents=True, exist_ok=True)
            unblur.write_photo(photo.with_pixels(pixels), job.target)
            marks.append(time.perf_counter())
            for stage, first, last in zip(
                ("read", "restore", "write"), marks, marks[1:], strict=False
            ):
                self[stage] += last - first


def pure_model(photos: list[np.ndarray], restorer: unblur.Restorer, psf: object, n: int) -> None:
    """Restore decoded pictures on so many threads: the least that a batch can take."""
    with ThreadPoolExecutor(n) as pool:
        list(pool.map(lambda pixels: restorer.restore(pixels, psf), photos))


def batch(folder: Path, output: Path, restorer: unblur.Restorer, psf: object, n: int) -> None:
    walk = unblur.walk_batch([folder], output)
    for result in unblur.restore_batch(walk, restorer, psf=psf, at_once=n):
        if result.outcome != "restored":
            raise SystemExit(result.reason)


def measure_pipeline(options: argparse.Namespace) -> Iterator[Row]:
    restorer = unblur.Restorer(threads=1, quality=options.quality)
    psf = unblur.parse_psf(options.psf) if options.psf else None
    wall, used, stages = Counter[str](), Counter[str](), Stages()
    with tempfile.TemporaryDirectory() as name:
        for turn in range(options.sets):
            folder = Path(name) / str(turn)
            make_pictures(folder / "in", options.pictures // options.sets)
            found = unblur.find_photos(folder)
            photos = [unblur.read_photo(each.path).pixels for each in found]
            n, source = options.threads, folder / "in"
            tasks: dict[str, Callable[[], object]] = {
                "model": partial(pure_model, photos, restorer, psf, n),
                "batch": partial(batch, source, folder / "out", restorer, psf, n),
                "loop": partial(stages.loop, source, folder / "loop", restorer, psf),
            }
            for key, task in tasks.items():
                start, before = time.perf_counter(), processor_seconds()
                task()
                wall[key] += time.perf_counter() - start
                used[key] += processor_seconds() - before
    yield "pictures, seconds of the batch", f"{options.pictures}, {wall['batch']:.1f}", ""
    yield "batch / the model on as many threads", f"{wall['batch'] / wall['model']:.3f}", "1.15"
    alone = stages["restore"] / options.threads
    yield "batch / (model alone on one thread / threads)", f"{wall['batch'] / alone:.3f}", "1.15"
    yield "the first in processor time", f"{used['batch'] / used['model']:.3f}", ""
    yield "plain loop on one thread / batch", f"{wall['loop'] / wall['batch']:.2f}", ""
    total = stages.total()
    shares = ", ".join(f"{key} {spent / total:.1%}" for key, spent in stages.items())
    yield "plain loop, shares", shares, ""


def measure_ray(options: argparse.Namespace) -> Iterator[Row]:
    """The same pictures by threads of one process and by a Ray cluster of as many processes."""
    os.environ.setdefault("RAY_worker_niceness", "0")  # else they step back behind all others
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "in", options.pictures)
        spent, how = {}, ["--json", "--threads", options.threads, "--quality", options.quality]
        how += ["--psf", options.psf] if options.psf else []
        for engine in ("local", "ray"):
            words = [folder / "in", "-o", folder / engine, "--engine", engine, *how]
            command = [*MAIN, "restore", *map(str, words)]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                process.stdout.readline()
                start = time.perf_counter()  # start-up apart
                count = sum(1 for _ in process.stdout)
                spent[engine] = (time.perf_counter() - start) / count
        same = sum(
            path.read_bytes() == (folder / "ray" / path.relative_to(folder / "local")).read_bytes()
            for path in (folder / "local").rglob("*.*")
        )
    yield "pictures, of which equal bit for bit", f"{options.pictures}, {same}", "all"
    yield "Ray / local, start-up apart", f"{spent['ray'] / spent['local']:.3f}", "1.3"
    yield "seconds a picture, local and Ray", f"{spent['local']:.3f}, {spent['ray']:.3f}", ""


def measure_memory(options: argparse.Namespace) -> Iterator[Row]:
    """Restore many small files in a process of its own, and look at what it holds on the way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "in", options.pictures, SMALL)
        words = ["restore", folder / "in", "-o", folder / "out", "--json", "--psf", "box:3"]
        command = [*MAIN, *map(str, words), "--threads", str(options.threads)]
        held: list[int] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for number, _ in enumerate(process.stdout, 1):
                if number % (options.pictures // 10) == 0:
                    held.append(resident(process.pid))
    yield (
        f"{options.pictures} pictures: MB held after each tenth",
        ", ".join(f"{size / 1e6:.0f}" for size in held),
        "",
    )
    yield "held at the end / after the first tenth", f"{held[-1] / held[0]:.3f}", "1.1"


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def main() -> None:
    parts = {
        "pipeline": measure_pipeline,
        "memory": measure_memory,
        "kills": measure_kills,
        "ray": measure_ray,
    }
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=parts)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument(
        "--sets", type=int, default=5, help="of pictures: a busy machine is so for all in turn"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--psf", help="the known blur, such as motion:9,30; found when left out")
    parser.add_argument("--quality", default="balanced", choices=("fast", "balanced", "best"))
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    rows = parts[options.part](options)
    heading = f"Batch, {options.part}"
    if options.part in ("pipeline", "ray"):
        heading += f", {options.quality}, " + (f"PSF {options.psf}" if options.psf else "blind")
    report(heading, rows, threads=options.threads, output=options.output)


if __name__ == "__main__":
    main()
