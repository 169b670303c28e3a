"""Say where the time goes when pictures of several sizes are restored, as a Markdown table.

Run from the repository root, on a machine that does nothing else, with the ``train`` and ``dev``
extras installed (ONNX counts the operations of the networks, torch measures the processor)::

    python benchmarks/where_time_goes.py --threads 2 --output benchmarks/profile.md

Times are seconds of one thread for each megapixel: with two threads, half of it passes on the
clock. Beside each stands its floor, what it would take if nothing but the processor limited it:
operations over the measured peak rate of its type of numbers (networks in bfloat16 where OpenVINO
runs them so, and also where tiles run in 8-bit integers, which may take less), or bytes read and
written once over the measured bandwidth of memory, whichever is longer.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from measure import blurred_photograph
from PIL import Image
from scipy import fft

import unblur
from unblur.cards import weights_folder
from unblur.evaluation.provenance import Provenance
from unblur.evaluation.tables import Table
from unblur.images import color
from unblur.restoration import field as blur_field
from unblur.restoration import hypotheses, picture_task, restorer, tiled
from unblur.restoration.direct import DirectRestorer
from unblur.runtime.openvino_session import OpenVinoSession, import_openvino
from unblur.runtime.session import OnnxSession, load_session

SIZES = {1: (1000, 1000), 12: (3000, 4000), 24: (4000, 6000), 100: (10000, 10000)}
NETWORKS = ("restorer-first", "restorer-second", "psf-edges", "psf-cleaner", "direct-autoencoder")
JPEG_UP_TO = 24  # megapixels; above, the file is a TIFF


@dataclass
class Watch:
    """Seconds, operations and bytes of each stage; what is inside another counts once."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    work: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    moved: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    phase: str = "tiles"  # phases follow each other, whatever the thread
    inner: threading.local = field(default_factory=threading.local)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def stage(self, kind: str, moved: float = 0, work: float = 0) -> Iterator[None]:
        outer, self.inner.spent = getattr(self.inner, "spent", 0.0), 0.0
        phase = getattr(self.inner, "phase", None) or self.phase
        name, start = f"{phase}: {kind}", time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            with self.lock:
                self.seconds[name] += spent - self.inner.spent
                self.moved[name] += moved
                self.work[name] += work
            self.inner.spent = outer + spent

    def wrap(
        self, place: Any, name: str, kind: str, cost: Callable[..., Any] | None = None
    ) -> None:
        """Measure a function of a module or class from now on; `cost` counts bytes and work."""
        inner = getattr(place, name)

        def measured(*arguments: Any, **options: Any) -> Any:
            moved, work = cost(*arguments) if cost else (0, 0)
            with self.stage(kind, moved, work):
                return inner(*arguments, **options)

        setattr(place, name, measured)

    def wrap_phase(self, place: Any, name: str, phase: str, kind: str = "the rest") -> None:
        """Count what a function of the whole picture calls, in any thread, under a name."""
        self._wrap_phase(self, place, name, phase, kind)

    def wrap_tile(self, place: Any, name: str, phase: str, kind: str = "the rest") -> None:
        """Count what a function of one tile calls under a name; others are restored beside it."""
        self._wrap_phase(self.inner, place, name, phase, kind)

    def _wrap_phase(self, owner: Any, place: Any, name: str, phase: str, kind: str) -> None:
        inner = getattr(place, name)

        def measured(*arguments: Any, **options: Any) -> Any:
            before, owner.phase = getattr(owner, "phase", ""), phase
            try:
                with self.stage(kind):
                    return inner(*arguments, **options)
            finally:
                owner.phase = before

        setattr(place, name, measured)


def operations(name: str) -> float:
    """Multiplications and additions of a network for each pixel of its input."""
    import onnx

    model = onnx.load(weights_folder() / "default" / f"{name}.onnx")
    side = 96
    shape = model.graph.input[0].type.tensor_type.shape.dim
    for axis, extent in zip((0, 2, 3), (1, side, side), strict=True):
        shape[axis].ClearField("dim_param")
        shape[axis].dim_value = extent
    model.graph.output[0].type.tensor_type.ClearField("shape")
    known = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        value.name: [axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*known.value_info, *known.input, *known.output)
    }
    shapes |= {value.name: list(value.dims) for value in known.initializer}
    return sum(
        2 * np.prod(shapes[node.input[1]]) * np.prod(shapes[node.output[0]][2:])
        for node in known.node
        if node.op_type == "Conv"
    ) / (side * side)


def instrument() -> Watch:
    watch = Watch()
    each = {name: operations(name) for name in NETWORKS}

    def network(session: Any, batch: np.ndarray) -> tuple[float, float]:
        pixels = batch.shape[2] * batch.shape[3]
        return batch.nbytes, each.get(session.card.id, 0) * pixels

    def transform(values: np.ndarray, *rest: Any) -> tuple[float, float]:
        return 4 * values.nbytes, 2.5 * values.size * np.log2(values.shape[-1] * values.shape[-2])

    def curve(values: np.ndarray, *rest: Any) -> tuple[float, float]:
        return 2 * values.size * 4, 0

    for engine in (OnnxSession, OpenVinoSession):
        watch.wrap(engine, "run", "networks", network)
    for name in ("rfft2", "ifft", "irfft"):
        watch.wrap(fft, name, "Fourier transforms", transform)
    watch.wrap(color, "apply_curve", "colour", curve)
    for place in (picture_task, restorer):
        watch.wrap(place, "to_float", "colour", curve)
    watch.wrap(
        tiled.Canvas, "add", "blending", lambda own, tile, values, weights: (3 * values.nbytes, 0)
    )
    watch.wrap(tiled, "tile_weights", "blending")
    watch.wrap(picture_task.PictureTask, "restore", "the rest")
    watch.wrap_phase(restorer, "find_blur", "PSF estimation")
    watch.wrap_phase(blur_field, "estimate_psf", "PSF estimation")
    watch.wrap_phase(hypotheses, "shape_psf", "its exact shape")
    watch.wrap_phase(hypotheses, "_others", "search where doubtful", "waiting")
    for name in ("unexplained", "implausibility", "trust_without_psf"):
        watch.wrap_tile(picture_task, name, "checks of tiles")
    watch.wrap_tile(blur_field, "exact_round", "PSFs of tiles")
    watch.wrap_tile(DirectRestorer, "restore", "without a PSF")
    watch.wrap(hypotheses, "alternate", "the rest")
    watch.wrap(hypotheses, "estimate_psf_classical", "classical")
    return watch


def profile(size: int, folder: Path, device: Any, threads: int) -> tuple[Watch, float]:
    """Restore a photograph of so many megapixels, blind, from file to file."""
    suffix = "jpg" if size <= JPEG_UP_TO else "tif"
    source, target = folder / f"in.{suffix}", folder / f"out.{suffix}"
    Image.fromarray(blurred_photograph(*SIZES[size])).save(source, quality=95)
    shared = unblur.Restorer(threads=threads, device=device)
    shared.restore(blurred_photograph(600, 600))  # the first time loads and plans
    watch = WATCH
    for table in (watch.seconds, watch.work, watch.moved):
        table.clear()
    start = time.perf_counter()
    watch.phase = "file"
    with watch.stage("decode", size * 3e6):
        photo = unblur.read_photo(source)
    watch.phase = "tiles"
    pixels = shared.restore(photo.pixels)
    watch.phase = "file"
    with watch.stage("encode", size * 3e6):
        unblur.write_photo(photo.with_pixels(pixels), target, overwrite=True)
    watch.phase = "tiles"
    return watch, time.perf_counter() - start


def peak(threads: int, kind: str) -> float:
    """Operations a second of a large product of matrices."""
    import torch

    torch.set_num_threads(threads)
    matrix = torch.rand(2048, 2048).to(getattr(torch, kind))
    times = []
    for _ in range(8):
        start = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - start)
    return float(2 * 2048**3 / min(times))


def in_bfloat16(device: Any) -> bool:
    """Whether a device runs networks in bfloat16."""
    session = load_session(weights_folder() / "default" / "psf-cleaner.onnx", device=device)
    able = import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return isinstance(session, OpenVinoSession) and "BF16" in able


def bandwidth(threads: int) -> float:
    """Bytes a second that a copy reads and writes."""
    import torch

    torch.set_num_threads(threads)
    source = torch.ones(64_000_000)
    target, times = torch.empty_like(source), []
    for _ in range(5):
        start = time.perf_counter()
        target.copy_(source)
        times.append(time.perf_counter() - start)
    return 2 * 4 * len(source) / min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megapixels", type=int, nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "openvino"))
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    rates = {"fp32": peak(1, "float32"), "bf16": peak(1, "bfloat16")}
    numbers = "bf16" if in_bfloat16(options.device) else "fp32"
    flow = bandwidth(options.threads)
    rows: list[tuple[str, ...]] = []
    for size in options.megapixels:
        with TemporaryDirectory() as folder:
            watch, clock = profile(size, Path(folder), options.device, options.threads)
        for name, seconds in watch.seconds.items():
            rate = rates[numbers if name.endswith("networks") else "fp32"]
            floor = max(watch.work[name] / rate, watch.moved[name] * options.threads / flow)
            low = f"{1000 * floor / size:.1f}" if floor else ""
            times = f"{seconds / floor:.1f}" if floor else ""
            rows.append((f"{size}", name, f"{1000 * seconds / size:.0f}", low, times))
        rows.append((f"{size}", "all, on the clock", f"{1000 * clock / size:.0f}", "", ""))
    here = Provenance.here(threads=options.threads)
    header = ("megapixels", "stage", "ms of a thread a megapixel", "floor", "times the floor")
    measured = ", ".join(f"{name} {rate / 1e9:.0f} GFLOP/s" for name, rate in rates.items())
    title = (
        f"unblur {here.version}, device {options.device}, {options.threads} threads, "
        f"{here.machine}, {here.date}. One thread reaches {measured}; {options.threads} copy "
        f"{flow / 1e9:.0f} GB/s. Floors of networks are those of {numbers}."
    )
    text = f"# Where the time goes\n\n{title}\n\n{Table('', header, tuple(rows)).to_markdown()}\n"
    print(text, end="")
    if options.output:
        options.output.write_text(text, encoding="utf-8")


WATCH = instrument()

if __name__ == "__main__":
    main()
