"""Measure training on this machine: several processes against one, a bucket against a folder.

Run from the repository root, with the extras ``train``, ``cloud`` and ``dev`` and with moto::

    python benchmarks/training.py processes     # two that share each batch, against one
    python benchmarks/training.py bucket        # how long the trainer waits for its pictures

``--output FILE`` writes the table. The bucket is one of moto's, on loopback, whose every answer is
late by ``--latency`` seconds; its copies on this machine are empty at first.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image
from reporting import Row, report
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

RECIPE: dict[str, Any] = {
    "name": "measured",
    "network": "wiener-autoencoder",
    "seed": 1,
    "data": {"crop": 96, "batch_size": 4},
    "optimiser": {"learning_rate": 1e-4},
}
LOGGED = 20  # steps from one line of the log to the next


def write(folder: Path, options: argparse.Namespace, **changes: Any) -> Path:
    path = folder / "measured.yaml"
    path.write_text(yaml.safe_dump(RECIPE | {"steps": options.steps} | changes))
    return path


def make_photos(folder: Path, count: int) -> Path:
    """Photographs of a megapixel and a half."""
    from skimage.data import astronaut

    folder.mkdir()
    photo = np.tile(astronaut(), (2, 3, 1))
    for number in range(count):
        pixels = np.roll(photo, (31 * number, 57 * number), axis=(0, 1))
        Image.fromarray(pixels).save(folder / f"{number:04}.jpg", quality=92)
    return folder


def run(words: list[object], **environment: str) -> None:
    command = [sys.executable, "-m", "unblur", "train", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | environment)


def logged(run: Path) -> tuple[float, float]:
    """Seconds a step, and the share of the time that the trainer waited, both after the first."""
    log = EventAccumulator(str(next(run.rglob("events.*")).parent)).Reload()
    events = log.Scalars("data/waiting")
    seconds = (events[-1].wall_time - events[0].wall_time) / (events[-1].step - events[0].step)
    return seconds, events[-1].value


def curve(run: Path) -> np.ndarray:
    with next(run.rglob("history.csv")).open(encoding="utf-8", newline="") as file:
        return np.array([float(row["loss"]) for row in csv.DictReader(file)])


def measure_processes(options: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = make_photos(folder / "photos", 8)
        recipe = write(folder, options, validate_every=1)
        ways = {"one": ["--threads", options.threads]}
        share = ["--devices", options.threads, "--threads", 1, "--accelerator", "cpu"]
        ways["several"] = share
        for way, words in ways.items():
            run([recipe, "--data", photos, "-o", folder / way, *words])
        one, several = (curve(folder / way) for way in ways)
        seconds = {way: logged(folder / way)[0] for way in ways}
    yield "processes, steps", f"{options.threads}, {len(one)}", ""
    worst = np.abs(several - one).max()
    yield "largest difference of the losses", f"{worst:.1e}", ""
    yield "the same beside the fall of the loss", f"{worst / np.ptp(one):.1e}", "1e-2"
    yield (
        "seconds a step, one process and several",
        " and ".join(f"{s:.2f}" for s in seconds.values()),
        "",
    )
    yield "several / one", f"{seconds['several'] / seconds['one']:.2f}", ""


def serve(port: Any, latency: float) -> None:
    """Serve S3 from memory, each answer late."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *words: object) -> None:
            """Say nothing."""

    store = DomainDispatcherApplication(create_backend_app)

    def late(environ: Any, start: Any) -> Any:
        time.sleep(latency)
        return store(environ, start)

    server = make_server("127.0.0.1", 0, late, threaded=True, request_handler=Quiet)
    port.send(server.server_port)
    server.serve_forever()


@contextmanager
def bucket(photos: Path, latency: float) -> Iterator[str]:
    """The photographs in a bucket of a server in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs, latency), daemon=True)
    server.start()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ours.recv()}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    import fsspec

    store = fsspec.filesystem("s3")
    store.mkdir("measured")
    for path in photos.iterdir():
        store.pipe_file(f"measured/photos/{path.name}", path.read_bytes())
    yield "s3://measured/photos"
    server.terminate()


def measure_bucket(options: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = make_photos(folder / "photos", options.pictures)
        recipe, found = write(folder, options), {}
        with bucket(photos, options.latency) as url:
            for way, data in {"folder": photos, "bucket": url, "bucket again": url}.items():
                output = folder / way.replace(" ", "-")
                words = [recipe, "--data", data, "-o", output, "--cache", folder / "cache"]
                run([*words, "--threads", options.threads])
                found[way] = logged(output)
    yield "pictures, steps", f"{options.pictures}, {options.steps}", ""
    yield "seconds until an answer of the store begins", f"{options.latency:g}", ""
    base = found["folder"][0]
    for way, (seconds, waited) in found.items():
        limit = "" if way == "folder" else "0.01"
        yield f"{way}: share of the time that the trainer waits", f"{waited:.4f}", limit
        yield (
            f"{way}: seconds a step, beside the folder",
            f"{seconds:.2f}, {seconds / base:.2f}",
            "",
        )


def main() -> None:
    parts = {"processes": measure_processes, "bucket": measure_bucket}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=parts)
    parser.add_argument("--steps", type=int, default=3 * LOGGED)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=60, help="in the bucket")
    parser.add_argument("--latency", type=float, default=0.05, help="of the bucket, in seconds")
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    heading, rows = f"Training, {options.part}", parts[options.part](options)
    report(heading, rows, threads=options.threads, output=options.output)


if __name__ == "__main__":
    main()
