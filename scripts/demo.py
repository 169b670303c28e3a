"""Restore the example pictures by the command line, and show what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from before_after import Pair, write_sheet
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
PICTURES = Path("examples") / "pictures"
RESULTS = Path("demo")
SHEET = RESULTS / "before-after.jpg"


def restore_pictures() -> list[dict[str, Any]]:
    """Run ``unblur restore`` over the folder and return what it said of each picture."""
    words = ["restore", PICTURES, "-o", RESULTS, "--overwrite", "--json"]
    print("$ unblur", *words, flush=True)
    program = Path(sys.executable).with_name("unblur")
    done = subprocess.run([program, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return [json.loads(line) for line in done.stdout.splitlines()]


def caption(blur: dict[str, Any]) -> str:
    """Say in a few words what was found."""
    angle = "" if blur["angle"] is None else f" at {blur['angle']:.0f}°"
    return f"{blur['kind']}, {blur['extent']:.1f} px{angle}"


def show(results: list[dict[str, Any]]) -> None:
    """Print a table of what was found."""
    table = Table("picture", "PSF found", "extent", "confidence", "seconds")
    for result in results:
        blur = result["report"]["blur"]
        table.add_row(
            Path(result["source"]).name,
            blur["kind"] if blur["angle"] is None else f"{blur['kind']} at {blur['angle']:.0f}°",
            f"{blur['extent']:.1f} px",
            f"{blur['confidence']:.2f}",
            f"{result['seconds']:.2f}",
        )
    Console().print(table)


def main() -> None:
    """Restore, tell, and make the sheet."""
    results = restore_pictures()
    show(results)
    pairs = [
        Pair(ROOT / r["source"], ROOT / r["target"], caption(r["report"]["blur"])) for r in results
    ]
    write_sheet(pairs, ROOT / SHEET)
    print(f"Before and after: {SHEET}\nThe results: {RESULTS}/")


if __name__ == "__main__":
    main()
