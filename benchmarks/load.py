"""A bounded load on a server of our own, to see whether anything is lost, mixed up or leaking.

    OMP_NUM_THREADS=1 python benchmarks/load.py    # 32 clients, 5 minutes
    OMP_NUM_THREADS=1 python benchmarks/load.py --minutes 1 --side 128    # a short form

Prints each figure, beside its goal where it has one, and fails where one is missed. Every client
sends pictures of its own over the loopback and compares each answer with what the library returns
for that picture. The bare library is timed on the same pictures, in as many processes as the server
has workers, right before and right after; the ratio says what the service costs, the clients' own
work included, for they share the machine. On a busy machine only the ratio means something.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import httpx
import numpy as np
from serving import memory_of, running_server

import unblur

ROUNDS = 2  # of all pictures, each time that the bare library is timed
_restorer: unblur.Restorer | None = None


def picture(number: int, side: int) -> bytes:
    """A PNG that no other number has."""
    rows, columns = np.mgrid[0:side, 0:side]
    board = ((rows // (7 + number % 5) + columns // (9 + number % 7)) % 2)[..., None]
    noise = np.random.default_rng(number).integers(0, 60, (side, side, 3))
    sharp = (board * np.array([150, 120, 90]) + noise + 20).astype(np.uint8)
    blurred = unblur.degrade(sharp, unblur.disk_psf(1.5 + number % 3 / 2), seed=number)
    return unblur.encode_photo(unblur.Photo(blurred), "PNG")


def restore_bare(data: bytes) -> bytes:
    """What the service does, without the service."""
    global _restorer
    if _restorer is None:
        _restorer = unblur.Restorer(threads=1, device="cpu")
    photo = unblur.decode_photo(data)
    return unblur.encode_photo(photo.with_pixels(_restorer.restore(photo.pixels)), photo.format)


class Load:
    """What the clients share."""

    def __init__(self, url: str, pictures: list[bytes], expected: list[str], until: float) -> None:
        self.url, self.pictures, self.expected, self.until = url, pictures, expected, until
        self.seconds: list[float] = []
        self.wrong: list[str] = []
        self.refused = 0

    def run(self, client: int, clients: int) -> None:
        own = range(client % len(self.pictures), len(self.pictures), clients)
        turn = 0
        with httpx.Client(timeout=600) as http:
            while time.monotonic() < self.until:
                number = own[turn % len(own)]
                start = time.monotonic()
                answer = http.post(f"{self.url}/v1/restore", content=self.pictures[number])
                if answer.status_code == 429:
                    self.refused += 1
                    time.sleep(1)  # a test: Retry-After would leave the line empty
                    continue
                self.seconds.append(time.monotonic() - start)
                if answer.status_code != 200:
                    self.wrong.append(f"picture {number}: {answer.status_code} {answer.text}")
                elif hashlib.sha256(answer.content).hexdigest() != self.expected[number]:
                    self.wrong.append(f"picture {number}: another one's answer, or a damaged one")
                turn += 1


@dataclass
class Served:
    """What came of it: answers, pictures a second, and what was watched meanwhile."""

    load: Load
    rate: float
    memory: list[float]
    health: list[float]


def time_bare(pool: ProcessPoolExecutor, pictures: list[bytes]) -> tuple[float, list[str]]:
    """Pictures a second of the bare library, and the digests of its results."""
    start = time.monotonic()
    results = list(pool.map(restore_bare, ROUNDS * pictures))[: len(pictures)]
    rate = ROUNDS * len(pictures) / (time.monotonic() - start)
    return rate, [hashlib.sha256(result).hexdigest() for result in results]


def watch(load: Load, start: float, pid: int) -> tuple[list[float], list[float]]:
    """Megabytes of the server at the end of each fifth of the run, seconds that healthz took."""
    memory, health = [], []
    length = load.until - start
    with httpx.Client(base_url=load.url, timeout=60) as http:
        http.get("/healthz").raise_for_status()
        for fifth in range(1, 6):
            while time.monotonic() < start + length * fifth / 5 - 1:
                asked = time.monotonic()
                http.get("/healthz").raise_for_status()
                health.append(time.monotonic() - asked)
                time.sleep(0.5)
            memory.append(memory_of(pid))
    return memory, health


def serve(words: argparse.Namespace, pictures: list[bytes], expected: list[str]) -> Served:
    """Start a server, let the clients loose on it for some minutes, and end it."""
    line = ("--workers", str(words.workers), "--threads", "1", "--waiting", str(words.clients))
    with running_server(*line) as (url, pid):
        start = time.monotonic()
        load = Load(url, pictures, expected, start + 60 * words.minutes)
        threads = [
            threading.Thread(target=load.run, args=(client, words.clients))
            for client in range(words.clients)
        ]
        for thread in threads:
            thread.start()
        memory, health = watch(load, start, pid)
        for thread in threads:
            thread.join()
        return Served(load, len(load.seconds) / (time.monotonic() - start), memory, health)


def tell(name: str, value: str, good: bool | None = None) -> bool:
    """Print one line of the result; give back whether its goal was missed."""
    print(f"{name:<28} {value}{'' if good is None else '  ok' if good else '  MISSED'}", flush=True)
    return good is False


def judge(served: Served, bare: list[float], megapixels: float) -> bool:
    """Print the results beside their goals; give back whether one was missed."""
    load, ratio = served.load, served.rate / statistics.mean(bare)
    cuts = statistics.quantiles(load.seconds, n=20)
    growth = served.memory[-1] / served.memory[0] - 1
    slowest = statistics.quantiles(served.health, n=20)[18]
    told = ", ".join(f"{value:.0f}" for value in served.memory)
    missed = [
        tell("answers, wrong (goal 0)", f"{len(load.seconds)}, {len(load.wrong)}", not load.wrong),
        tell("refused and asked again", f"{load.refused}"),
        tell("p50, p95", f"{cuts[9]:.2f} s, {cuts[18]:.2f} s"),
        tell("service", f"{served.rate * megapixels:.3f} MP/s"),
        tell("bare, before and after", ", ".join(f"{r * megapixels:.3f} MP/s" for r in bare)),
        tell("service of bare (>= 85 %)", f"{ratio:.1%}", ratio >= 0.85),
        tell("memory of each fifth, MB", told),
        tell("first to last (within 10 %)", f"{growth:+.1%}", abs(growth) <= 0.10),
        tell("healthz p50, p95 (<= 100 ms)", f"{1000 * statistics.median(served.health):.1f} ms, "
             f"{1000 * slowest:.1f} ms", slowest <= 0.1),
    ]  # fmt: skip
    for line in load.wrong[:10]:
        print(line)
    return any(missed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", type=int, default=256, help="of each picture, in px")
    words = parser.parse_args()
    pictures = [picture(number, words.side) for number in range(words.clients)]
    tell("clients, minutes, workers", f"{words.clients}, {words.minutes:g}, {words.workers}")
    tell("pictures", f"{words.side} x {words.side} px")
    with ProcessPoolExecutor(words.workers) as pool:
        list(pool.map(restore_bare, pictures[:4]))  # the models are loaded
        before, expected = time_bare(pool, pictures)
        served = serve(words, pictures, expected)
        after, _ = time_bare(pool, pictures)
    sys.exit(judge(served, [before, after], words.side**2 / 1e6))


if __name__ == "__main__":
    main()
