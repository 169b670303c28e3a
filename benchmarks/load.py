"""A bounded load on a server of our own, to see whether anything is lost, mixed up or leaking.

    python benchmarks/load.py --clients 32 --minutes 5

Every client sends pictures of its own over the loopback and compares each answer with what the
library returns for that picture. The bare library is timed on the same pictures, in as many
processes as the server has workers, right before and right after; the ratio says what the service
costs. On a busy machine only the ratio means something.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import threading
import time
from concurrent.futures import ProcessPoolExecutor

import httpx
import numpy as np
from serving import memory_of, running_server

import unblur

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
        _restorer = unblur.Restorer(threads=1)
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


def time_bare(pool: ProcessPoolExecutor, pictures: list[bytes]) -> tuple[float, list[str]]:
    """Pictures a second of the bare library, and the digests of its results."""
    start = time.monotonic()
    results = list(pool.map(restore_bare, pictures))
    rate = len(pictures) / (time.monotonic() - start)
    return rate, [hashlib.sha256(result).hexdigest() for result in results]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", type=int, default=256, help="of each picture, in px")
    words = parser.parse_args()
    pictures = [picture(number, words.side) for number in range(words.clients)]
    with ProcessPoolExecutor(words.workers) as pool:
        list(pool.map(restore_bare, pictures[:4]))  # the models are loaded
        before, expected = time_bare(pool, pictures)
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
            memory, health = [], []
            while time.monotonic() < load.until:
                time.sleep(max(0.0, min(60, load.until - time.monotonic()) - 0.5))
                asked = time.monotonic()
                httpx.get(f"{url}/healthz", timeout=60).raise_for_status()
                health.append(time.monotonic() - asked)
                memory.append(memory_of(pid))
                time.sleep(0.5)
            for thread in threads:
                thread.join()
            served = len(load.seconds) / (time.monotonic() - start)
        after, _ = time_bare(pool, pictures)
    megapixels = words.side**2 / 1e6
    bare = (before + after) / 2
    cuts = statistics.quantiles(load.seconds, n=20)
    print(
        f"{words.clients} clients, {words.minutes:g} min, {words.workers} workers, "
        f"{words.side} x {words.side} px"
    )
    print(f"answers {len(load.seconds)}, refused {load.refused}, wrong {len(load.wrong)}")
    print(f"p50 {cuts[9]:.2f} s, p95 {cuts[18]:.2f} s")
    print(
        f"service {served * megapixels:.3f} MP/s, bare {bare * megapixels:.3f} MP/s "
        f"({before * megapixels:.3f} before, {after * megapixels:.3f} after): {served / bare:.0%}"
    )
    print("memory per minute, MB: " + ", ".join(f"{value:.0f}" for value in memory))
    print("healthz, ms: " + ", ".join(f"{1000 * value:.0f}" for value in health))
    for line in load.wrong[:10]:
        print(line)


if __name__ == "__main__":
    main()
