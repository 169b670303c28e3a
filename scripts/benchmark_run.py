"""Measure the benchmark of the field, section by section, and store the means in benchmarks/scores.

The pictures are not in the repository: ``--data`` is a folder with ``val/cid22``, ``val/bsds``,
``test/set5``, ``test/set14``, ``test/set3c``, ``test/cbsd68``, ``psf/usrnet12.npz``,
``pairs/gopro`` and ``pairs/reds``; sets that are not there are left out. ``--models`` is a folder
of exported reference systems, ``NAME.onnx`` beside its card, named as their recipes; ``--pairs`` is
what ``unblur dataset make train/ pairs/ --blur defocus`` wrote. Systems that are not there keep
their stored scores where the pictures are the same. Stopped, it goes on where it was::

    python scripts/benchmark_run.py --data DATA --work SCORES --models MODELS --pairs pairs/
    python scripts/benchmark_run.py --data DATA --work SCORES --only Set5 CBSD68
    python scripts/benchmark_page.py
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark_sections import (
    CARDS,
    CONTROL,
    GUESSED,
    KNOWN,
    OURS,
    SCORES,
    SECTIONS,
    SYSTEMS,
    Section,
)

from unblur.evaluation.records import Row
from unblur.evaluation.summary import tabulate_long

PAIRED = (*OURS, *KNOWN, *GUESSED, *CONTROL)
PAPER = ("seed-autoencoder-paper", "seed-autoencoder")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of pictures, see above")
    parser.add_argument("--work", type=Path, required=True, help="where every score is kept")
    parser.add_argument("--models", type=Path, help="folder of exported reference systems")
    parser.add_argument("--pairs", type=Path, help="the 350 pairs of the paper's autoencoder")
    parser.add_argument("--only", nargs="*", help="titles of the sections to run; Pairs is one")
    parser.add_argument("--methods", nargs="*", help="those to score anew on the pairs")
    parser.add_argument("--limit", type=int, help="pictures of each folder, fewer than usual")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    SCORES.mkdir(parents=True, exist_ok=True)
    wanted = {word.lower() for word in options.only or ()}
    if options.pairs and (not wanted or "pairs" in wanted):
        _score_pairs(options)
    for section in SECTIONS:
        if section.sets(options.data) and (not wanted or section.title.lower() in wanted):
            _score(section, options)
    if options.models:
        CARDS.mkdir(parents=True, exist_ok=True)
        for card in sorted(options.models.glob("*.json")):
            shutil.copy(card, CARDS)


def _score(section: Section, options: argparse.Namespace) -> None:
    """Run one section and store its means."""
    limit = options.limit or section.limit
    methods = [*section.methods, *_files(section.systems, options.models, "model:")]
    command = [sys.executable, "-m", "unblur", "benchmark", "--json"]
    command += ["--sets", ",".join(section.sets(options.data))]
    command += ["--methods", ",".join(methods), "--threads", str(options.threads)]
    command += ["-o", str(options.work / section.file.stem)]
    command += [] if limit is None else ["--limit", str(limit)]
    command += [] if section is SECTIONS[0] else ["--no-memory"]
    rows = [Row.from_dict(each) for each in _objects(command)]
    mine = [replace(row, pictures=section.title) for row in rows]
    text = tabulate_long(mine).to_csv() + "\n"
    if section.file.exists():
        text = _with_stored(text, section.file.read_text(encoding="utf-8"))
    section.file.write_text(text, encoding="utf-8")
    print(section.file)


def _with_stored(new: str, stored: str) -> str:
    """Add what is stored of methods that were not run, as far as it is of the same pictures.

    Their models may be gone; they saw the same pictures if the input has the same scores.
    """
    lines, rows = new.splitlines(), list(csv.DictReader(stored.splitlines()))
    fresh = list(csv.DictReader(lines))
    inputs = [
        {row["kind"]: (row["count"], f"{float(row['psnr']):.4f}") for row in each if _is_input(row)}
        for each in (fresh, rows)
    ]
    run, file = {row["method"] for row in fresh}, io.StringIO()
    writer = csv.DictWriter(file, lines[0].split(","), lineterminator="\n")
    for row in rows:
        kind = row["kind"]
        same = kind in inputs[0] and inputs[0][kind] == inputs[1].get(kind)
        if row["method"] not in run and same:
            writer.writerow(row)
    return new + file.getvalue()


def _is_input(row: dict[str, str]) -> bool:
    return row["method"] == "input"


def _score_pairs(options: argparse.Namespace) -> None:
    """Score all systems on the held-out pairs, and the paper's autoencoder in the paper's way.

    Methods that --methods does not name keep the scores that are stored.
    """
    systems = _files(SYSTEMS, options.models)
    for protocol, methods in (
        ("held-out", [*PAIRED, *systems]),
        ("paper", _files(PAPER, options.models)),
    ):
        file = SCORES / f"pairs-{protocol}.json"
        stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"means": {}}
        for method in methods:
            name = Path(method).stem
            if options.methods and name not in options.methods:
                continue
            command = [sys.executable, "-m", "unblur", "evaluate", method, str(options.pairs)]
            command += ["--kinds", "defocus", "--protocol", protocol, "--json"]
            found = _objects([*command, "--threads", str(options.threads)])[-1]
            stored["set"] = found["set"].removeprefix(f"{options.pairs}: ")
            stored["origin"] = found["origin"]
            stored["means"] |= found["means"]["defocus"]
            order = ["constant", "input", *PAIRED, *SYSTEMS, *PAPER]
            stored["means"] = {
                each: stored["means"][each] for each in order if each in stored["means"]
            }
            file.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
            print(file, name, flush=True)


def _files(names: Sequence[str], folder: Path | None, prefix: str = "") -> list[str]:
    paths = [] if folder is None else [folder / f"{name}.onnx" for name in names]
    return [f"{prefix}{path}" for path in paths if path.exists()]


def _objects(command: Sequence[str]) -> list[dict[str, Any]]:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main()
