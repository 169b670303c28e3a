"""Measure a batch on this machine: what overlapping, memory, restarts and Ray cost.

Run from the repository root, with the ``dev`` and ``cluster`` extras installed::

    python benchmarks/batch.py pipeline --pictures 200     # against the pure model time
    python benchmarks/batch.py memory --pictures 10000     # what is held at the end
    python benchmarks/batch.py kills --kills 200           # kill -9 at random, then look
    python benchmarks/batch.py ray --pictures 200          # against the threads of one process

Every figure is a ratio of times or sizes in one run.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
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
from PIL import Image

import unblur

MAIN = [sys.executable, "-m", "unblur"]
SIDES = ((120, 160), (240, 320), (300, 400), (384, 512))
KINDS = ("jpg", "png", "tif", "webp")


def make_pictures(folder: Path, count: int, sides: tuple[tuple[int, int], ...] = SIDES) -> None:
    """Blur parts of scikit-image's astronaut, in all sizes and formats by turns."""
    from skimage.data import astronaut

    psf = unblur.motion_psf(9, 30)
    photo = np.tile(astronaut(), (2, 2, 1))
    variants = {}
    for height, width in sides:
        part = np.ascontiguousarray(photo[80 : 80 + height, 100 : 100 + width])
        variants[height, width] = unblur.degrade(part, psf, noise=0.004, seed=height)
    for number in range(count):
        side, kind = sides[number % len(sides)], KINDS[number // len(sides) % len(KINDS)]
        target = folder / f"{number // 1000:03}" / f"{number:06}.{kind}"
        target.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.roll(variants[side], 7 * number, axis=1)
        settings = {"quality": 92} if kind in ("jpg", "webp") else {}
        Image.fromarray(pixels).save(target, **settings)


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def plain_loop(
    folder: Path, output: Path, restorer: unblur.Restorer, stages: dict[str, float]
) -> None:
    """Read, restore and write one after the other on one thread; add up the time of each stage."""
    for job in unblur.plan_batch([folder], output).jobs:
        marks = [time.perf_counter()]
        photo = unblur.read_photo(job.source)
        marks.append(time.perf_counter())
        pixels = restorer.restore(photo.pixels)
        marks.append(time.perf_counter())
        job.target.parent.mkdir(parents=True, exist_ok=True)
        unblur.write_photo(photo.with_pixels(pixels), job.target)
        marks.append(time.perf_counter())
        for stage, first, last in zip(stages, marks, marks[1:], strict=False):
            stages[stage] += last - first


def pure_model(photos: list[np.ndarray], restorer: unblur.Restorer, threads: int) -> None:
    """Restore decoded pictures on so many threads: the least that a batch can take."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(restorer.restore, photos))


def batch(folder: Path, output: Path, restorer: unblur.Restorer, threads: int) -> None:
    walk = unblur.walk_batch([folder], output)
    for result in unblur.restore_batch(walk, restorer, at_once=threads):
        if result.outcome != "restored":
            raise SystemExit(result.reason)


def measure_pipeline(options: argparse.Namespace) -> Iterator[str]:
    """By turns, picture set for picture set, so that a busy machine is busy for all of them."""
    restorer = unblur.Restorer(threads=1)
    wall, used = Counter[str](), Counter[str]()
    stages = dict.fromkeys(("read", "restore", "write"), 0.0)
    sets = 5
    with tempfile.TemporaryDirectory() as name:
        for turn in range(sets):
            folder = Path(name) / str(turn)
            make_pictures(folder / "in", options.pictures // sets)
            photos = [unblur.read_photo(found.path).pixels for found in unblur.find_photos(folder)]
            tasks: dict[str, Callable[[], object]] = {
                "model": partial(pure_model, photos, restorer, options.threads),
                "batch": partial(batch, folder / "in", folder / "out", restorer, options.threads),
                "loop": partial(plain_loop, folder / "in", folder / "loop", restorer, stages),
            }
            for key, task in tasks.items():
                start, before = time.perf_counter(), processor_seconds()
                task()
                wall[key] += time.perf_counter() - start
                used[key] += processor_seconds() - before
    total = sum(stages.values())
    yield f"{options.pictures} pictures, {options.threads} threads"
    yield f"batch / pure model: {wall['batch'] / wall['model']:.3f} of time (at most 1.15)"
    yield f"batch / pure model: {used['batch'] / used['model']:.3f} of processor time"
    yield f"plain loop on one thread / batch: {wall['loop'] / wall['batch']:.2f} of time"
    yield "plain loop: " + ", ".join(f"{key} {spent / total:.1%}" for key, spent in stages.items())


def measure_memory(options: argparse.Namespace) -> Iterator[str]:
    """Restore many small files in a process of its own, and look at what it holds on the way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "in", options.pictures, ((24, 32), (30, 40)))
        words = ["restore", folder / "in", "-o", folder / "out", "--json", "--psf", "box:3"]
        command = [*MAIN, *map(str, words), "--threads", str(options.threads)]
        held: list[int] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for number, _ in enumerate(process.stdout, 1):
                if number % (options.pictures // 10) == 0:
                    held.append(resident(process.pid))
    yield f"{options.pictures} pictures; resident after each tenth, in MB: " + ", ".join(
        f"{size / 1e6:.0f}" for size in held
    )
    yield f"at the end / after the first tenth: {held[-1] / held[0]:.3f} (at most 1.1)"


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def measure_kills(options: argparse.Namespace) -> Iterator[str]:
    """Kill the program again and again, then let it end; look for what is missing or broken."""
    seed = random.Random(options.kills)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "in", options.pictures, ((24, 32), (30, 40)))
        words = ["restore", folder / "in", "-o", folder / "out", "--psf", "box:3"]
        words += ["--report", folder / "report.csv", "--threads", str(options.threads)]
        command = [*MAIN, *map(str, words)]
        first = subprocess.Popen(command)
        while not list((folder / "out").rglob("*.*")):
            time.sleep(0.01)
        start_up = 0.5
        first.kill()
        first.wait()
        times: dict[Path, int] = {}
        changed, half, kills = 0, 0, 1
        while kills < options.kills:
            process = subprocess.Popen(command)
            time.sleep(start_up * seed.uniform(0.5, 4))
            ended = process.poll() is not None
            process.kill()
            process.wait()
            kills += not ended
            for path in (folder / "out").rglob("*"):
                if path.name.endswith(".part"):
                    half += 1
                elif path.is_file():
                    when = path.stat().st_mtime_ns
                    changed += times.setdefault(path, when) != when
            if ended:  # all is done: begin anew
                times.clear()
                shutil.rmtree(folder / "out")
                (folder / "report.csv").unlink()
        subprocess.run(command, check=True)
        missing, broken, hidden = look(folder / "in", folder / "out")
    yield f"{kills} kills: {changed} results written twice, {half} hidden files seen after a kill"
    yield f"at the end: {missing} missing, {broken} broken, {hidden} hidden files left"


def look(source: Path, output: Path) -> tuple[int, int, int]:
    """Count results that are missing, results that cannot be read, and files that are neither."""
    missing = broken = 0
    expected = {found.relative for found in unblur.find_photos(source)}
    for relative in expected:
        try:
            unblur.read_photo(output / relative)
        except unblur.ImageReadError:
            missing += not (output / relative).exists()
            broken += (output / relative).exists()
    found = {path.relative_to(output) for path in output.rglob("*") if path.is_file()}
    return missing, broken, len(found - expected)


def measure_ray(options: argparse.Namespace) -> Iterator[str]:
    """The same pictures by threads of one process and by a Ray cluster of as many processes."""
    os.environ.setdefault("RAY_worker_niceness", "0")  # else they step back behind all others
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "in", options.pictures)
        spent = {}
        for engine in ("local", "ray"):
            words = [folder / "in", "-o", folder / engine, "--engine", engine, "--json"]
            command = [*MAIN, "restore", *map(str, words), "--threads", str(options.threads)]
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
    yield f"{options.pictures} pictures, {options.threads} workers, {same} results equal"
    yield f"ray / local: {spent['ray'] / spent['local']:.3f} of time (at most 1.3)"


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
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--kills", type=int, default=200)
    options = parser.parse_args()
    for line in parts[options.part](options):
        print(line, flush=True)


if __name__ == "__main__":
    main()
