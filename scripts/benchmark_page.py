"""Run the benchmark of the field and write docs/benchmark.md from it.

The pictures are not in the repository: ``--data`` is a folder with ``val/cid22``, ``val/bsds``,
``test/set5``, ``test/set14``, ``test/set3c``, ``test/cbsd68``, ``psf/usrnet12.npz``,
``pairs/gopro`` and ``pairs/reds``; sets that are not there are left out. Stopped, it goes on where
it was::

    python scripts/benchmark_page.py --data DATA --scores SCORES
    python scripts/benchmark_page.py --data DATA --scores SCORES --models my.onnx --only dpir

What stands in the page below the line KEPT is written by hand and stays.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unblur.evaluation.records import Row
from unblur.evaluation.report import origins
from unblur.evaluation.summary import tabulate
from unblur.evaluation.tables import Table

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmark.md"
KEPT = "<!-- written by hand from here on -->"
METHODS = (
    "unblur",
    "unblur-best",
    "unblur-blind",
    "unblur-blind-best",
    "wiener",
    "unsupervised-wiener",
    "regularised",
    "richardson-lucy",
    "damped-richardson-lucy",
    "richardson-lucy-guessed",
    "blind-richardson-lucy",
    "non-local-means",
)


@dataclass(frozen=True)
class Section:
    """One protocol on some folders, whose pictures are averaged over together."""

    title: str
    protocol: str
    folders: tuple[str, ...]
    words: str
    published: str = ""

    def sets(self, data: Path) -> list[str]:
        protocol = str(data / self.protocol) if self.protocol.endswith(".npz") else self.protocol
        return [f"{protocol}:{data / name}" for name in self.folders if (data / name).is_dir()]

    def has(self, row: Row) -> bool:
        names = {Path(folder).name for folder in self.folders}
        return row.protocol == Path(self.protocol).stem and row.pictures in names


_VALIDATION = (
    "blur in linear light, true pixels beyond the border, noise of 0.005, 8 bits; gaussian of "
    "sigma 1-3, defocus of radius 1.5-6 px, motion of 5-20 px, camera shake of 8-25 px"
)
_DPIR = (
    "gaussian of sigma 1.6 on the stored numbers, circular, noise of 2.55/255, as DPIR (Zhang et "
    "al. 2021) blurs; colour"
)
SECTIONS = (
    Section("Validation", "validation", ("val/cid22", "val/bsds"), _VALIDATION),
    Section("Noise and JPEG", "robust", ("val/bsds",), "as above, noise of 0.02, JPEG quality 70"),
    Section(
        "Average filters",
        "average",
        ("val/bsds",),
        "boxes of 3 to 15 px on the stored numbers, noise of 0.01, 8 bits, as Al-amri and "
        "Kalyankar (2010) compared classical methods",
    ),
    Section("Set5", "dpir", ("test/set5",), _DPIR, "DPIR publishes 32.38 dB."),
    Section("Set14", "dpir", ("test/set14",), _DPIR),
    Section("Set3C", "dpir", ("test/set3c",), _DPIR),
    Section("CBSD68", "dpir", ("test/cbsd68",), _DPIR, "DPIR publishes 28.86 dB."),
    Section(
        "USRNet's PSFs", "psf/usrnet12.npz", ("val/bsds",), "twelve PSFs of USRNet, as validation"
    ),
    Section("GoPro", "pairs", ("pairs/gopro",), "real motion blur, nobody knows the PSF"),
    Section("REDS", "pairs", ("pairs/reds",), "real motion blur, nobody knows the PSF"),
)

HEAD = """# Benchmark

Every figure is of the shipped ONNX files through the public API, on pictures that no training saw,
with the blurred input's own score first. `unblur`, and every classical method without *guessed* or
*blind* in its name, is told the PSF; the classical ones are told the noise and the border, too,
and work where the blur happened, in linear light or on the stored numbers. *Guessed* PSFs are
those of Cho and Lee's method. Blind methods know a PSF only up to a shift, so they have a second
table at the best shift of up to 5 px, where the input is scored in the same way. Means are over
pictures. [Comparing methods](guide/compare.md) tells how to run any of it.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of pictures, see above")
    parser.add_argument("--scores", type=Path, required=True, help="where every score is kept")
    parser.add_argument("--only", nargs="*", help="titles or protocols of the sections to run")
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--models", nargs="*", default=[], help="model files to compare as well")
    parser.add_argument("--limit", type=int, help="pictures of each folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    wanted = {word.lower() for word in options.only or ()}
    sections = [
        each
        for each in SECTIONS
        if each.sets(options.data) and (not wanted or {each.title.lower(), each.protocol} & wanted)
    ]
    methods = [*options.methods, *(f"model:{path}" for path in options.models)]
    sets = dict.fromkeys(word for each in sections for word in each.sets(options.data))
    rows = _run(list(sets), methods, options)
    text = "\n".join([HEAD, *(_section(each, rows) for each in sections), _cost(rows)])
    options.page.write_text(f"{text}\n{KEPT}\n{_kept(options.page)}", encoding="utf-8")
    print(options.page)


def _run(sets: Sequence[str], methods: Sequence[str], options: argparse.Namespace) -> list[Row]:
    command = [sys.executable, "-m", "unblur", "benchmark", "--sets", ",".join(sets)]
    command += ["--methods", ",".join(methods), "--threads", str(options.threads)]
    command += ["-o", str(options.scores), "--json"]
    command += [] if options.limit is None else ["--limit", str(options.limit)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [Row.from_dict(json.loads(line)) for line in done.stdout.splitlines()]


def _section(section: Section, rows: Iterable[Row]) -> str:
    mine = [replace(row, pictures=section.title) for row in rows if section.has(row)]
    pictures = len({row.picture for row in mine})
    lines = [
        f"## {section.title}",
        "",
        f"{pictures} picture{'s' * (pictures != 1)}; {section.words}.",
    ]
    lines += ["", section.published] if section.published else []
    for score in ("psnr", "aligned_psnr", "ssim"):
        table = tabulate(mine, score)
        if len(table.body) > 1:
            lines += ["", f"{table.title}:", "", _without_cost(table).to_markdown()]
    return "\n".join([*lines, ""])


def _without_cost(table: Table) -> Table:
    """Drop time and memory, which have a table of their own."""
    return replace(table, header=table.header[:-2], body=tuple(cells[:-2] for cells in table.body))


def _cost(rows: Sequence[Row]) -> str:
    """Time, memory and parameters of each method, on the first set that it ran on."""
    first = [row for row in rows if (row.pictures, row.protocol) == _place(rows[0])]
    timed = {cells[0]: cells[-2:] for cells in tabulate(first).body}
    learned = {row.method: row.parameters for row in rows}
    body = [
        (name, *cells, f"{learned[name.removesuffix(' (blind)')] / 1e6:.2f}")
        for name, cells in timed.items()
        if name != "input"
    ]
    table = Table("Cost", ("method", "s/MP", "MB", "million parameters"), tuple(body))
    words = (
        "Median seconds a megapixel by the clock, the most memory of a process of its own that "
        "loads the method and restores one picture (interpreter and libraries included), and what "
        "was learned:"
    )
    where = " ".join(origins(rows))
    return "\n".join(["## Time and memory", "", words, "", table.to_markdown(), "", where, ""])


def _place(row: Row) -> tuple[str, str]:
    return row.pictures, row.protocol


def _kept(page: Path) -> str:
    if not page.exists():
        return ""
    return page.read_text(encoding="utf-8").partition(KEPT)[2].lstrip("\n")


if __name__ == "__main__":
    main()
