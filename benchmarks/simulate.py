"""Simulate a very large batch from measured stage times: what saturates first, and what it costs.

    python benchmarks/simulate.py                      # the tables of docs/guide/billion.md
    python benchmarks/simulate.py --restore 0.5        # other seconds of one core for a megapixel

What was measured stands in ``stages.json`` beside this script, by ``stages.py``;
``--page docs/guide/billion.md`` brings the page up to date.

A worker is one core. Pictures arrive at a store (``--store`` gigabit a second in all), are fetched
over the link of the worker's machine, decoded, restored, encoded and sent back; a driver hands them
out. Each stage is a queue with so many servers; a worker has its next picture fetched meanwhile, as
`unblur.restoration.cluster` does.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

MEASURED = Path(__file__).with_name("stages.json")
NAMES = ("read", "restore", "write", "megabytes", "driver")
ASSUMED = {"megapixels": 12.0, "link": 10.0, "store": 100.0, "latency": 0.05}
FLEETS = ((1, 1), (10, 1), (1000, 1), (10_000, 1), (10_000, 10))  # workers, drivers


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
    prices : sequence of float
        Of an hour of one core, cheap and dear.
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
    prices: Sequence[float]

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


def stages(costs: Costs) -> str:
    """Lay out what one picture costs, and each stage's share of the time of one worker."""
    size, moved = costs.megapixels, costs.seconds_on(costs.link)
    seconds = {
        "decode": costs.read * size,
        "find the blur and restore": costs.restore * size,
        "encode": costs.write * size,
        f"fetch and send {costs.megabytes:g} MB each": moved,
        "Ray's driver": costs.driver,
    }
    total = sum(seconds.values())
    rows = [f"| {name} | {spent:.3f} s | {spent / total:.2%} |" for name, spent in seconds.items()]
    return "\n".join([f"| {size:g} megapixels | time | share |", "|---|--:|--:|", *rows])


def table(costs: Costs, fleets: Sequence[tuple[int, int]]) -> str:
    """Lay out one line for each number of workers and drivers, in Markdown."""
    lines = [
        "| workers | drivers | pictures a day | a billion takes | cores | links | store | driver |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for workers, drivers in fleets:
        done = simulate(replace(costs, drivers=drivers), workers)
        shares = {name: f"{share:.1%}" for name, share in done.shares.items()}
        shares[done.bottleneck] = f"**{shares[done.bottleneck]}**"
        busy = " | ".join(shares[name] for name in ("cores", "links", "store", "driver"))
        years = 1e9 / done.rate / 86400 / 365.25
        lines.append(
            f"| {workers:,} | {drivers} | {done.rate * 86400:,.0f} | {years:,.2f} years | {busy} |"
        )
    return "\n".join(lines)


def money(costs: Costs) -> str:
    """Say what a million pictures cost, for each price of a core."""
    hours = costs.core_seconds * 1e6 / 3600
    prices = " or ".join(f"{hours * price:,.0f} at {price:g}" for price in costs.prices)
    return (
        f"A million pictures of {costs.megapixels:g} megapixels: **{hours:,.0f} core hours** and "
        f"{2 * costs.megabytes:,.1f} terabytes moved; in money {prices} for an hour of one core."
    )


def answer(costs: Costs, found: dict[str, object], fleets: Sequence[tuple[int, int]]) -> str:
    """Everything, as it stands in docs/guide/billion.md."""
    measured = f"Measured on {found['machine']}, {found['date']}."
    return "\n\n".join([stages(costs), measured, money(costs), table(costs, fleets)])


def rewrite(page: Path, text: str) -> None:
    """Put the answer between the two marks of a page."""
    first, last = "<!-- simulated -->", "<!-- end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(first)
    after = rest.partition(last)[2]
    page.write_text(f"{before}{first}\n\n{text}\n\n{last}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    found = json.loads(MEASURED.read_text(encoding="utf-8"))
    for name, value in ({name: found[name] for name in NAMES} | ASSUMED).items():
        parser.add_argument(f"--{name}", type=float, default=value)
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--prices", type=float, nargs="+", default=[0.02, 0.05])
    parser.add_argument("--workers", type=int, nargs="+", help="other numbers than those")
    parser.add_argument("--drivers", type=int, default=1)
    parser.add_argument("--page", type=Path, help="also put it between the marks of this page")
    options = vars(parser.parse_args())
    workers, page = options.pop("workers"), options.pop("page")
    fleets = [(count, options["drivers"]) for count in workers] if workers else FLEETS
    text = answer(Costs(**options), found, fleets)
    print(text)
    if page is not None:
        rewrite(page, text)


if __name__ == "__main__":
    main()
