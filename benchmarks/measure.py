"""Measure speed, memory, start-up time and size; print them as a Markdown table.

Run from the repository root, on a machine that does nothing else, with the ``dev`` extra installed
(scikit-image is the peer that the speed is compared with, in the same run)::

    python benchmarks/measure.py --threads 2 --output benchmarks/results.md
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from unblur.evaluation.provenance import Provenance
from unblur.evaluation.tables import Table

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {"blind": 2.0, "memory": 1000, "help": 0.4, "size": 350}
MEGABYTE = 1e6

# A process counts the memory of the one that started it, up to the moment of starting: so a bare
# Python starts the program, and asks for the most memory that its child has held.
LAUNCHER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def photograph(height: int, width: int) -> np.ndarray:
    """Fill any size with scikit-image's astronaut, mirrored over and over."""
    from skimage.data import astronaut

    pixels = astronaut()
    rows, columns = pixels.shape[:2]
    return np.pad(pixels, ((0, height - rows), (0, width - columns), (0, 0)), mode="symmetric")


def median_seconds(task: Callable[[], object], times: int) -> float:
    task()  # the first time loads and plans
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def speed(threads: int) -> Iterator[tuple[str, ...]]:
    """Seconds per megapixel, each beside scikit-image's Richardson-Lucy on the same picture."""
    from skimage.restoration import richardson_lucy

    import unblur

    psf = unblur.motion_psf(15, 30)
    image = unblur.degrade(photograph(1024, 1024) / np.float32(255), psf, noise=0.005, seed=0)
    megapixels = image.shape[0] * image.shape[1] / 1e6
    restorer = unblur.Restorer(threads=threads)

    def peer() -> None:
        for channel in range(3):
            richardson_lucy(image[..., channel], psf, num_iter=30)

    tasks: dict[str, Callable[[], object]] = {
        "scikit-image `richardson_lucy`, 30 iterations": peer,
        "`unblur.richardson_lucy`, 30 iterations": lambda: unblur.richardson_lucy(image, psf),
        "`unblur.wiener`": lambda: unblur.wiener(image, psf),
        f"`Restorer.restore`, PSF given, {threads} threads": lambda: restorer.restore(image, psf),
        f"`Restorer.restore`, blind, {threads} threads": lambda: restorer.restore(image),
    }
    seconds = {name: median_seconds(task, 3) / megapixels for name, task in tasks.items()}
    base = next(iter(seconds.values()))
    for name, value in seconds.items():
        limit = f"{LIMITS['blind']:.1f}" if "blind" in name else ""
        yield name, f"{value:.2f} s/MP", limit and f"{limit} s/MP", f"{value / base:.2f}"


def memory(threads: int) -> Iterator[tuple[str, ...]]:
    """Most memory held while a blurred 24-megapixel photograph is restored from file to file."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.png", Path(folder) / "out.jpg"
        pixels = blurred_photograph(4000, 6000)
        Image.fromarray(pixels).save(source, compress_level=1)
        for name, words in (("PSF given", ["--psf", "disk:3"]), ("blind", [])):
            command = ["restore", str(source), "-o", str(target), "--overwrite", *words]
            start = time.perf_counter()
            held = peak_memory(
                [sys.executable, "-m", "unblur", *command, "--threads", str(threads)]
            )
            seconds = time.perf_counter() - start
            yield (
                f"peak memory, `unblur restore` of 24 megapixels, {name}",
                f"{held / MEGABYTE:.0f} MB",
                f"{LIMITS['memory']} MB",
                f"{held / pixels.nbytes:.1f} times its pixels",
            )
            yield f"the same, file to file, {name}", f"{seconds / 24:.2f} s/MP", "", ""


def blurred_photograph(height: int, width: int) -> np.ndarray:
    """Out of focus, by bands, so that making it takes little memory itself."""
    import unblur

    sharp, psf = photograph(height, width), unblur.disk_psf(3.0)
    blurred, margin = np.empty_like(sharp), psf.shape[0]
    for top in range(0, height, 500):
        first, last = max(0, top - margin), min(height, top + 500 + margin)
        band = unblur.degrade(sharp[first:last], psf, noise=0.003, seed=top)
        blurred[top : top + 500] = band[top - first : top - first + 500]
    return blurred


def peak_memory(command: list[str]) -> int:
    """Most memory that a command holds, in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command], check=True, stdout=subprocess.PIPE, text=True
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout) * unit


def start_up() -> Iterator[tuple[str, ...]]:
    """Wall time of ``unblur --help``, beside that of an empty Python."""

    def seconds(*words: str) -> float:
        command = [sys.executable, *words]
        return median_seconds(
            lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), 9
        )

    page = seconds("-m", "unblur", "--help")
    yield (
        "`unblur --help`",
        f"{page:.2f} s",
        f"{LIMITS['help']} s",
        f"{page / seconds('-c', ''):.1f} times an empty Python",
    )


def install_size() -> Iterator[tuple[str, ...]]:
    """Size of the package and all that it needs without extras, as installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sizes = {"unblur": folder_size(ROOT / "src" / "unblur")}
    sizes |= {found.name: distribution_size(found) for found in needed(project["dependencies"])}
    largest = max(sizes, key=lambda name: sizes[name])
    yield (
        "base install, Python itself excluded",
        f"{sum(sizes.values()) / MEGABYTE:.0f} MB",
        f"{LIMITS['size']} MB",
        f"of which {largest} {sizes[largest] / MEGABYTE:.0f} MB",
    )


def needed(requirements: list[str]) -> list[Distribution]:
    """Find the distributions that are required here, at any depth, without extras."""
    found: dict[str, Distribution] = {}
    todo = list(requirements)
    while todo:
        requirement = todo.pop()
        name = re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()
        if name in found or "extra ==" in requirement:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # required on other systems only
            continue
        todo += found[name].requires or []
    return list(found.values())


def distribution_size(found: Distribution) -> int:
    paths = (Path(str(file.locate())) for file in found.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    parser.add_argument("--only", choices=("speed", "memory", "start", "size"))
    options = parser.parse_args()
    parts = {
        "speed": lambda: speed(options.threads),
        "memory": lambda: memory(options.threads),
        "start": start_up,
        "size": install_size,
    }
    wanted = [options.only] if options.only else list(parts)
    rows = tuple(row for name in wanted for row in parts[name]())
    here = Provenance.here(threads=options.threads)
    title = f"unblur {here.version}, {here.machine}, Python {here.python}, {here.date}"
    table = Table(title, ("what", "measured", "limit", "beside the peer"), rows)
    text = f"# Speed, memory and size\n\n{title}.\n\n{table.to_markdown()}\n"
    print(text, end="")
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
