"""Compare the speed with that of other software, in one run, as a Markdown table.

Run from the repository root, on a machine that does nothing else, with the ``foreign``,
``openvino``, ``train`` and ``dev`` extras installed, and the package spandrel_extra_arches for
Restormer, whose licence is for research alone::

    python benchmarks/peers.py --threads 2 --output benchmarks/peers.md

The classical peers are scikit-image's functions; how far the results differ stands beside the
ratio. The networks are NAFNet (width 32) and Restormer in the shapes of their GoPro models, with
random weights, for their speed alone. The engine that runs ours runs them on a tile, as large as
ours where the memory allows it, and so many are counted as cover the pixels of all of our tiles:
the whole of ours with a known PSF, transforms, colour and blending included, is compared with
nothing but the network of the peer.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measure import photograph

import unblur
from unblur.evaluation.provenance import Provenance
from unblur.evaluation.tables import Table
from unblur.foreign import _import_spandrel
from unblur.restoration.picture_task import TILE
from unblur.runtime.openvino_session import import_openvino
from unblur.runtime.session import open_session

SIDE = 1024
SIDES = {"NAFNet-width32": TILE - TILE % 16, "Restormer": 256}
AIMS = {"richardson_lucy": 3, "wiener": 3, "NAFNet-width32": 8, "Restormer": 60}


def seconds(task: Callable[[], object], times: int, clock: Callable[[], float]) -> float:
    """Least of several times: what the task takes when nothing is in its way."""
    task()
    taken = []
    for _ in range(times):
        start = clock()
        task()
        taken.append(clock() - start)
    return min(taken)


def classical(clock: Callable[[], float]) -> Iterator[tuple[str, float, float, str]]:
    """Ours and scikit-image's at equal output: same start, same border, same regularisation."""
    from skimage import restoration

    psf = unblur.motion_psf(15, 30)
    image = unblur.degrade(photograph(SIDE, SIDE) / np.float32(255), psf, noise=0.005, seed=0)
    grey = np.full_like(image, 0.5)
    flat = np.ones((1, 1))  # regularises all frequencies alike, as ours does

    def ours_lucy() -> np.ndarray:
        return unblur.richardson_lucy(image, psf, num_iter=30, start=grey, boundary="zero")

    def theirs_lucy() -> np.ndarray:
        planes = [restoration.richardson_lucy(image[..., c], psf, 30, clip=False) for c in range(3)]
        return np.stack(planes, -1)

    def ours_wiener() -> np.ndarray:
        return unblur.wiener(image, psf, nsr=0.01, boundary="wrap")

    def theirs_wiener() -> np.ndarray:
        planes = [restoration.wiener(image[..., c], psf, 0.01, flat, clip=False) for c in range(3)]
        return np.stack(planes, -1)

    pairs = {"richardson_lucy": (ours_lucy, theirs_lucy), "wiener": (ours_wiener, theirs_wiener)}
    for name, (ours, theirs) in pairs.items():
        apart = ours() - theirs()
        apart -= apart.mean((0, 1))  # our Wiener filter keeps the mean
        times = 3 if name == "wiener" else 1
        mine, other = seconds(ours, times, clock), seconds(theirs, times, clock)
        yield name, mine, other, f"they differ by {np.abs(apart).max():.1e} at most"


def exported(name: str) -> bytes:
    """A network of spandrel's, with random weights, as an ONNX file."""
    import torch

    _import_spandrel()
    torch.manual_seed(0)
    if name == "Restormer":
        from spandrel_extra_arches.architectures.Restormer.__arch.restormer_arch import Restormer

        network: Any = Restormer(LayerNorm_type="WithBias")
    else:
        from spandrel.architectures.NAFNet.__arch.NAFNet_arch import NAFNet

        network = NAFNet(
            width=32, middle_blk_num=1, enc_blk_nums=[1, 1, 1, 28], dec_blk_nums=[1, 1, 1, 1]
        )
    file = io.BytesIO()
    side = SIDES[name]
    torch.onnx.export(network.eval(), (torch.rand(1, 3, side, side),), file, dynamo=False)
    return file.getvalue()


def runner(content: bytes, device: str, threads: int) -> Callable[[np.ndarray], object]:
    """Run an ONNX file by the engine that runs ours."""
    if device == "cpu":
        session = open_session(content, threads, "peer")
        name = session.get_inputs()[0].name
        return lambda batch: session.run(None, {name: batch})
    core = import_openvino().Core()
    kind = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
    options = {"INFERENCE_PRECISION_HINT": kind, "INFERENCE_NUM_THREADS": threads}
    compiled = core.compile_model(core.read_model(content), "CPU", options)
    return lambda batch: compiled(batch)


def networks(
    device: Any, threads: int, clock: Callable[[], float], names: list[str]
) -> Iterator[tuple[str, float, float, str]]:
    """Whole restoration by ours with a known PSF, and one tile through each peer."""
    psf = unblur.motion_psf(15, 30)
    image = photograph(2 * SIDE, 2 * SIDE)
    shared = unblur.Restorer(threads=threads, device=device)
    _, report = shared.restore_with_report(image, psf)
    ours = seconds(lambda: shared.restore(image, psf), 2, clock) / report.megapixels
    pixels = sum(each.tile.height * each.tile.width for each in report.field)
    for name in names:
        side = SIDES[name]
        batch = np.random.default_rng(0).random((1, 3, side, side), np.float32)
        run = runner(exported(name), device, threads)
        tile = seconds(partial(run, batch), 1, clock)
        theirs = tile * pixels / side**2 / report.megapixels
        yield name, ours, theirs, f"{device}, PSF known, its tile {side} px"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--devices", nargs="+", default=["cpu", "openvino"])
    parser.add_argument("--only", choices=tuple(AIMS), nargs="+", default=list(AIMS))
    parser.add_argument("--busy", action="store_true", help="count processor time, not the clock's")
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    clock = time.process_time if options.busy else time.perf_counter
    found: list[tuple[str, float, float, str]] = []
    if {"richardson_lucy", "wiener"} & set(options.only):
        area = SIDE * SIDE / 1e6
        found += [(name, a / area, b / area, note) for name, a, b, note in classical(clock)]
    if chosen := [name for name in options.only if name[0].isupper()]:
        for device in options.devices:
            found += networks(device, options.threads, clock, chosen)
    rows = [
        (
            name,
            f"{mine:.2f} s/MP",
            f"{other:.2f} s/MP",
            f"{other / mine:.1f}",
            f"{AIMS[name]}",
            note,
        )
        for name, mine, other, note in found
    ]
    here = Provenance.here(threads=options.threads)
    header = ("peer", "unblur", "peer's", "times as fast", "aim", "")
    what = "processor time of all threads" if options.busy else "time on the clock"
    title = (
        f"unblur {here.version}, {options.threads} threads, {what}, {here.machine}, {here.date}."
    )
    text = f"# Peers\n\n{title}\n\n{Table('', header, tuple(rows)).to_markdown()}\n"
    print(text, end="")
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
