"""Train the reference systems one after the other, and export each with its card.

``--data`` is a folder of sharp photographs, ``--pairs`` what ``unblur dataset make photos/ pairs/
--blur defocus`` wrote. A run that was stopped, or that reached its ``--minutes``, goes on when this
is called again; one that is over is only exported. ``benchmark_run.py --models`` takes the result::

    python scripts/benchmark_train.py --data photos/ --pairs pairs/ --runs runs/ --models models/
    python scripts/benchmark_train.py ... --only seed-autoencoder --minutes 60
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmark_sections import ROOT, SYSTEMS

ORDER = (
    "hybrid-wiener",
    "seed-autoencoder",
    "csformer-pretrain",
    *(name for name in SYSTEMS if name not in ("hybrid-wiener", "seed-autoencoder")),
    "seed-autoencoder-paper",
)
NO_MODEL = ("csformer-pretrain",)
CHECKPOINT, SPENT = "last.ckpt", "seconds.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of sharp photographs")
    parser.add_argument("--pairs", type=Path, required=True, help="the 350 pairs of the paper's")
    parser.add_argument("--runs", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--models", type=Path, required=True, help="where ONNX files go")
    parser.add_argument("--words", default="", help="what --data is, for the cards")
    parser.add_argument("--licence", default="Apache-2.0", help="of the weights, for the cards")
    parser.add_argument("--only", nargs="*", default=ORDER, choices=ORDER)
    parser.add_argument("--minutes", type=float, help="stop each run after so many")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    options.models.mkdir(parents=True, exist_ok=True)
    for name in (each for each in ORDER if each in options.only):
        _train(name, options)
        if name not in NO_MODEL and (options.runs / name / CHECKPOINT).exists():
            print(_export(name, options), flush=True)


def _train(name: str, options: argparse.Namespace) -> None:
    data = options.pairs if name.startswith("seed-") else options.data
    command = [sys.executable, "-m", "unblur", "train", str(_recipe(name)), "--data", str(data)]
    command += ["-o", str(options.runs), "--threads", str(options.threads), "--resume"]
    before = _processor_seconds()
    run = subprocess.Popen(command)
    try:
        run.wait(None if options.minutes is None else options.minutes * 60)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGINT)  # finishes the step and writes a checkpoint
    if run.wait() not in (0, 130):
        raise SystemExit(f"{name}: the training failed")
    file = options.runs / name / SPENT
    file.parent.mkdir(parents=True, exist_ok=True)
    spent = json.loads(file.read_text()) if file.exists() else 0.0
    file.write_text(json.dumps(spent + _processor_seconds() - before))


def _export(name: str, options: argparse.Namespace) -> Path:
    """Export a run under the name of its recipe, which several networks share their own with."""
    import torch

    folder = options.runs / name
    checkpoint = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True, mmap=True)
    minutes = json.loads((folder / SPENT).read_text()) / 60
    with tempfile.TemporaryDirectory() as made:
        command = [sys.executable, "-m", "unblur", "export", str(_recipe(name))]
        command += [str(folder / CHECKPOINT), "-o", made, "--licence", options.licence]
        command += ["--data", options.words or options.data.name]
        command += ["--steps", str(checkpoint["global_step"])]
        subprocess.run([*command, "--hours", f"{minutes:.1f} min of one core"], check=True)
        for file in Path(made).iterdir():
            target = options.models / f"{name}{file.suffix}"
            target.write_bytes(file.read_bytes())
    return options.models / f"{name}.onnx"


def _recipe(name: str) -> Path:
    return ROOT / "recipes" / f"{name}.yaml"


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
