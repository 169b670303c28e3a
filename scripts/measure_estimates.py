"""Measure how good PSF estimates are: error ratios, kinds and extents on the validation blurs.

The error ratio of Levin and others (2009) is the squared error of a restoration with the estimated
PSF over that of one with the true PSF, at the best shift. Kind and extent are what ``unblur
inspect`` tells, beside what it would tell of the true PSF::

    python scripts/measure_estimates.py DATA/val/cid22 DATA/val/bsds
    python scripts/measure_estimates.py DATA/val/bsds --kinds shake --count 5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

import unblur
from unblur.estimation.describe import describe_psf
from unblur.evaluation.alignment import error_ratio
from unblur.evaluation.protocols import VALIDATION
from unblur.evaluation.tables import Table
from unblur.images.color import to_float

KINDS = ("gaussian", "defocus", "motion", "shake")
SUFFIXES = (".png", ".jpg", ".jpeg")
RATIOS = (1.5, 3.0)
NEAR = 0.2  # of the true extent


class Verdict(NamedTuple):
    """What one estimate is worth."""

    ratio: float
    kind_right: bool
    extent_near: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="sharp pictures")
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--count", type=int, help="pictures of each folder, all if not given")
    parser.add_argument("--quality", default="balanced", choices=("fast", "balanced", "best"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    restorer = unblur.Restorer(
        quality=options.quality, device=options.device, threads=options.threads
    )
    files = [file for folder in options.folders for file in _pictures(folder, options.count)]
    body = [_row(kind, [_judge(file, kind, restorer) for file in files]) for kind in options.kinds]
    ratios = (f"ratio at most {limit:g}" for limit in RATIOS)
    header = ("blur", "pictures", *ratios, "kind right", f"extent within {NEAR:.0%}")
    print(Table("PSF estimates", header, tuple(body)).to_markdown())


def _pictures(folder: Path, count: int | None) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    return files[:count]


def _judge(file: Path, kind: str, restorer: unblur.Restorer) -> Verdict:
    with Image.open(file) as opened:
        picture = to_float(np.asarray(opened.convert("RGB")))
    case = VALIDATION.case(file.name, picture, kind)
    blurred = np.round(case.blurred * 255).astype(np.uint8)
    blind, report = restorer.restore_with_report(blurred)
    known = restorer.restore(blurred, case.psf)
    ratio = error_ratio(to_float(blind), to_float(known), case.sharp)
    if case.psf is None or report.blur is None:
        raise SystemExit(f"{kind}: without a PSF there is nothing to judge")
    found, truth = report.blur, describe_psf(case.psf)
    print(f"{file.name} {kind}: ratio {ratio:.2f}, {found.kind} {found.extent:.1f} px", end="")
    print(f", in truth {truth.kind} {truth.extent:.1f} px", flush=True)
    near = abs(found.extent - truth.extent) <= NEAR * truth.extent
    return Verdict(ratio, found.kind == kind, near)


def _row(kind: str, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    def share(flags: list[bool]) -> str:
        return f"{np.mean(flags):.0%}"

    ratios = (share([each.ratio <= limit for each in verdicts]) for limit in RATIOS)
    kinds = share([each.kind_right for each in verdicts])
    extents = share([each.extent_near for each in verdicts])
    return kind, str(len(verdicts)), *ratios, kinds, extents


if __name__ == "__main__":
    main()
