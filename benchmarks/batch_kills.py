"""Kill a batch at random moments, again and again; look for what is missing, broken, done twice.

See `batch.py`. A picture that is under way when the kill comes is done again, and no other: that a
result stands already is seen by its time of writing, and by the report, which every run continues.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from batch_pictures import SMALL, make_pictures
from reporting import Row

import unblur


def measure_kills(options: argparse.Namespace) -> Iterator[Row]:
    chance = random.Random(options.kills)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "in", options.pictures, SMALL)
        words = ["restore", folder / "in", "-o", folder / "out", "--psf", "box:3"]
        words += ["--report", folder / "report.csv", "--threads", options.threads]
        command = [sys.executable, "-m", "unblur", *map(str, words)]
        start_up = seconds_to_first_result(command, folder / "out")
        seen = Seen()
        kills, rounds = 1, 0
        while kills < options.kills:
            process = subprocess.Popen(command)
            time.sleep(chance.uniform(0, 3 * start_up))
            if process.poll() is None:
                kills += 1
            elif process.returncode:
                raise SystemExit(f"a run ended with {process.returncode}")
            else:  # all is done: look, and begin anew
                rounds += 1
                seen.end(folder)
                shutil.rmtree(folder / "out")
                (folder / "report.csv").unlink()
                continue
            process.kill()
            process.wait()
            seen.look(folder / "out")
        subprocess.run(command, check=True)
        seen.end(folder)
    yield "kills, pictures, rounds", f"{kills}, {options.pictures}, {rounds + 1}", ""
    yield "results missing, broken", f"{seen.missing}, {seen.broken}", "0, 0"
    yield "results written twice", f"{seen.rewritten}", "0"
    yield "pictures that the report tells as restored twice", f"{seen.told_twice}", "0"
    limit = options.threads + 2
    yield "most half-written files after a kill", f"{seen.half}", f"{limit} in flight"
    yield "hidden files left at the end", f"{seen.hidden}", "0"


def seconds_to_first_result(command: list[str], output: Path) -> float:
    """The first kill, which also tells how long the program takes to begin."""
    start = time.perf_counter()
    process = subprocess.Popen(command)
    while not any(path.name[0] != "." for path in output.rglob("*.*")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    return time.perf_counter() - start


class Seen:
    """What was found after the kills."""

    def __init__(self) -> None:
        self._written: dict[Path, tuple[int, int]] = {}
        self.missing = self.broken = self.hidden = 0
        self.rewritten = self.told_twice = self.half = 0

    def look(self, output: Path) -> None:
        """After a kill: no result is another file than before."""
        half = 0
        for path in output.rglob("*.*"):
            if path.name.startswith("."):
                half += 1
                continue
            status = path.stat()
            now = status.st_ino, status.st_mtime_ns
            self.rewritten += self._written.setdefault(path, now) != now
        self.half = max(self.half, half)

    def end(self, folder: Path) -> None:
        """After a run that came to its end: all there, whole, told once."""
        self.look(folder / "out")
        self._written.clear()
        expected = {found.relative for found in unblur.find_photos(folder / "in")}
        for relative in expected:
            try:
                unblur.read_photo(folder / "out" / relative)
            except unblur.ImageReadError:
                there = (folder / "out" / relative).exists()
                self.missing += not there
                self.broken += there
        found = {p.relative_to(folder / "out") for p in (folder / "out").rglob("*") if p.is_file()}
        self.hidden += len(found - expected)
        with (folder / "report.csv").open(encoding="utf-8", newline="") as file:
            told = Counter(
                row["source"] for row in csv.DictReader(file) if row["outcome"] == "restored"
            )
        self.told_twice += sum(count > 1 for count in told.values())
