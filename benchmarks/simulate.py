"""Simulate a very large batch from measured stage times: what saturates first, and what it costs.

    python benchmarks/simulate.py                      # the table of docs/guide/billion.md
    python benchmarks/simulate.py --restore 0.5        # another second per megapixel of one core

A worker is one core. Pictures arrive at a store (``--store`` gigabit a second in all), are fetched
over the link of the worker's machine, decoded, restored, encoded and sent back; a driver hands them
out. Each stage is a queue with so many servers; a worker has its next picture fetched meanwhile, as
`unblur.restoration.cluster` does.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """What was measured, and what is assumed of the machines.

    Parameters
    ----------
    read, restore, write : float
        Seconds of one core for a megapixel.
    megapixels : float
        Of a picture.
    megabytes : float
        Of its file, which is as large as its result.
    link, store : float
        Gigabit a second of one machine, and of the store as a whole.
    cores : int
        Workers on a machine.
    latency : float
        Seconds until the store answers, there and back.
    driver : float
        Seconds of the driver for a picture.
    drivers : int
        Batches side by side, each of its own part of the pictures.
    price : float
        Of an hour of one core.
    """

    read: float
    restore: float
    write: float
    megapixels: float
    megabytes: float
    link: float
    store: float
    cores: int
    latency: float
    driver: float
    drivers: int
    price: float

    @property
    def core_seconds(self) -> float:
        """Of one core for one picture."""
        return (self.read + self.restore + self.write) * self.megapixels

    def seconds_on(self, gigabit: float) -> float:
        """To move a picture and its result over a link."""
        return 2 * self.megabytes * 8e-3 / gigabit


class Station:
    """A queue with some servers: a picture is served by the first that is free."""

    def __init__(self, servers: int) -> None:
        self._free = [0.0] * servers
        self.busy = 0.0

    def serve(self, ready: float, seconds: float) -> float:
        """Return when a picture that comes at `ready` leaves."""
        start = max(ready, heapq.heappop(self._free))
        self.busy += seconds
        heapq.heappush(self._free, start + seconds)
        return start + seconds


@dataclass(frozen=True)
class Outcome:
    """Of a simulated batch."""

    rate: float
    shares: dict[str, float]

    @property
    def bottleneck(self) -> str:
        """The stage that is busy for the largest part of the time."""
        return max(self.shares, key=lambda name: self.shares[name])


def simulate(costs: Costs, workers: int, *, pictures: int | None = None, seed: int = 0) -> Outcome:
    """Send pictures through all stages, event by event; times of restoring vary by a third."""
    pictures = pictures or max(300, 30 * workers)
    machines = -(-workers // costs.cores)
    stages = {
        "driver": (Station(costs.drivers), costs.driver),
        "store": (Station(1), costs.seconds_on(costs.store)),
        "links": (Station(machines), costs.seconds_on(costs.link)),
        "cores": (Station(workers), costs.core_seconds),
    }
    chance = random.Random(seed)
    under_way: list[float] = []
    end = 0.0
    for _ in range(pictures):
        # twice as many pictures as workers are on their way, as one is fetched for each
        now = heapq.heappop(under_way) if len(under_way) >= 2 * workers else 0.0
        for name, (station, seconds) in stages.items():
            vary = chance.uniform(2 / 3, 4 / 3) if name == "cores" else 1.0
            now = station.serve(now, seconds * vary) + (costs.latency if name == "store" else 0.0)
        heapq.heappush(under_way, now)
        end = max(end, now)
    servers = {"driver": costs.drivers, "store": 1, "links": machines, "cores": workers}
    shares = {name: stages[name][0].busy / (servers[name] * end) for name in stages}
    return Outcome(pictures / end, shares)


def table(costs: Costs, workers: Sequence[int]) -> str:
    """Lay out one line for each number of workers, in Markdown."""
    lines = [
        "| workers | pictures a day | a billion takes | cores | links | store | driver | first |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for count in workers:
        done = simulate(costs, count)
        busy = " | ".join(
            f"{done.shares[name]:.1%}" for name in ("cores", "links", "store", "driver")
        )
        years = 1e9 / done.rate / 86400 / 365.25
        lines.append(
            f"| {count:,} | {done.rate * 86400:,.0f} | {years:,.2f} years | {busy} "
            f"| {done.bottleneck} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    measured = {"read": 0.025, "restore": 3.36, "write": 0.016, "driver": 0.038}
    assumed = {"megapixels": 12.0, "megabytes": 3.4, "link": 10.0, "store": 100.0, "latency": 0.05}
    for name, value in (measured | assumed | {"price": 0.02}).items():
        parser.add_argument(f"--{name}", type=float, default=value)
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--drivers", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 10, 1000, 10_000])
    options = vars(parser.parse_args())
    workers = options.pop("workers")
    costs = Costs(**options)
    print(table(costs, workers))
    hours = costs.core_seconds * 1e6 / 3600
    print(f"\nA million pictures: {hours:,.0f} core hours, {hours * costs.price:,.0f} of money")
    print(f"moved: {2 * costs.megabytes:,.1f} terabytes a million")


if __name__ == "__main__":
    main()
