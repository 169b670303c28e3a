"""Write docs/benchmark.md from the means that benchmark_run.py stored in benchmarks/.

What stands in the page below the line KEPT is written by hand and stays::

    python scripts/benchmark_page.py
    python scripts/benchmark_page.py --check    # is the page what the scores say?
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from benchmark_sections import (
    CARDS,
    CONTROL,
    OURS,
    RIVALS,
    ROOT,
    SCORES,
    SECTIONS,
    SYSTEMS,
    TRAINED_FOR,
    Section,
)

from unblur.evaluation.tables import Table

PAGE = ROOT / "docs" / "benchmark.md"
KEPT = "<!-- written by hand from here on -->"
Means = dict[str, str]

HEAD = """# Benchmark

Every figure is of ONNX files through the public API, on pictures that no training saw unless it
says so, with the blurred input's own score first. `unblur`, and every classical method without
*guessed* or *blind* in its name, is told the PSF; the classical ones are told the noise and the
border, too, and work where the blur happened, in linear light or on the stored numbers. *Guessed*
PSFs are those of Cho and Lee's method. Blind methods know a PSF only up to a shift, so they have a
second table at the best shift of up to 5 px, where the input is scored in the same way. Means are
over pictures; in brackets the gain over the input. [Comparing methods](guide/compare.md) tells how
to run any of it, [the reference systems](model/systems.md) what each is. The tables are written by
`scripts/benchmark_page.py` from the scores in `benchmarks/`, which `scripts/benchmark_run.py` took.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if it differs")
    check = parser.parse_args().check
    old = PAGE.read_text(encoding="utf-8")
    new = "\n".join([*_parts(), KEPT, old.partition(KEPT)[2].lstrip("\n")])
    if check and old != new:
        raise SystemExit(f"{PAGE} is not what {SCORES} says: run scripts/benchmark_page.py")
    if not check:
        PAGE.write_text(new, encoding="utf-8")
        print(PAGE)


def _parts() -> list[str]:
    stored = {each.title: _read(each) for each in SECTIONS if each.file.exists()}
    cards = {path.stem: json.loads(path.read_text()) for path in sorted(CARDS.glob("*.json"))}
    parts = [HEAD, _one_row_a_system(cards), _paper(), _at_home(stored, cards)]
    parts += [_section(each, stored[each.title]) for each in SECTIONS if each.title in stored]
    return [part for part in (*parts, _cost(stored)) if part]


def _read(section: Section) -> list[Means]:
    with section.file.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _one_row_a_system(cards: dict[str, Any]) -> str:
    """All systems on the held-out pairs of the paper's autoencoder."""
    means, origin, title = _paired("held-out")
    if not means:
        return ""
    body = []
    for name, mean in means.items():
        card = cards.get(name)
        body.append(
            (
                name,
                *_paired_cells(mean, means["input"], name),
                _millions(card["parameters"]) if card else "",
                f"{card['steps']}" if card else "",
                card["hours"].partition(" of ")[0] if card else "",
            )
        )
    header = ("system", "PSNR", "gain", "SSIM", "MSE", "accuracy", "million parameters", "steps")
    table = Table("", (*header, "training"), tuple(body))
    words = (
        f"{title}: pictures of the training folders squeezed to 128x128 by nearest pixel, as the "
        "paper does, then blurred by a disk of radius 1.5 to 6 px in linear light, no noise. The "
        "pairs are those that `seed-autoencoder` did not see; the default model and the other "
        "systems may have seen the sharp pictures at full size, under other blurs. *constant* is "
        "the best output of one colour. *Accuracy* is the share of pixels whose largest channel "
        "is the right one. Steps and training are of our own short runs, each on one thread."
    )
    return "\n".join(["## One row a system", "", words, "", table.to_markdown(), "", origin, ""])


def _paper() -> str:
    """The paper's autoencoder under both protocols, beside what the paper reports."""
    rows = [("the paper reports", "25.206", "", "0.8376", "0.003632", "81.62%")]
    for protocol in ("paper", "held-out"):
        means, _, _ = _paired(protocol)
        for name, mean in means.items():
            if name in ("input", "constant") or name.startswith("seed-autoencoder"):
                cells = _paired_cells(mean, means["input"], name)
                rows.append((f"{name}, protocol `{protocol}`", *cells))
    if len(rows) == 1:
        return ""
    header = ("", "PSNR", "gain", "SSIM", "MSE", "accuracy")
    words = (
        "Protocol `paper` scores all 350 pairs, trained on or not; `held-out` the fifth that "
        "`seed-autoencoder` did not train on. `seed-autoencoder-paper` was trained on all."
    )
    table = Table("", header, tuple(rows)).to_markdown()
    return "\n".join(["## The paper's autoencoder", "", words, "", table, ""])


def _paired(protocol: str) -> tuple[dict[str, dict[str, Any]], str, str]:
    """Means by method, origin and title of a stored evaluation; nothing if there is none."""
    file = SCORES / f"pairs-{protocol}.json"
    if not file.exists():
        return {}, "", ""
    stored = json.loads(file.read_text(encoding="utf-8"))
    origin = stored["origin"]
    words = _origin(*(str(origin[name]) for name in ("version", "machine", "threads", "date")))
    return stored["means"], words, stored["set"]


def _paired_cells(mean: dict[str, Any], own: dict[str, Any], name: str) -> tuple[str, ...]:
    gain = "" if name in ("input", "constant") else f"{mean['psnr'] - own['psnr']:+.2f}"
    rest = (f"{mean['ssim']:.4f}", f"{mean['mse']:.6f}", f"{mean['accuracy']:.2%}")
    return (f"{mean['psnr']:.2f}", gain, *rest)


def _at_home(stored: dict[str, list[Means]], cards: dict[str, Any]) -> str:
    """Each reference system on the blur that it was trained for."""
    body = []
    for name in (each for each in SYSTEMS if each in TRAINED_FOR):
        title, kinds = TRAINED_FOR[name]
        rows = stored.get(title, [])
        mine = [row for row in rows if row["method"] == name and row["kind"] in kinds]
        if not mine or name not in cards:
            continue
        own = [row for row in rows if row["method"] == "input" and row["kind"] in kinds]
        body.append(
            (
                name,
                f"{title}: {', '.join(kinds)}",
                f"{fmean(float(row['psnr']) for row in own):.2f}",
                f"{fmean(float(row['psnr']) for row in mine):.2f}",
                f"{fmean(float(row['psnr_gain']) for row in mine):+.2f}",
                f"{fmean(float(row['ssim_gain']) for row in mine):+.4f}",
                _millions(cards[name]["parameters"]),
                str(cards[name]["steps"]),
                cards[name]["hours"].partition(" of ")[0],
            )
        )
    if not body:
        return ""
    header = ("system", "blur", "input", "PSNR", "gain", "SSIM gain", "million parameters")
    table = Table("", (*header, "steps", "training"), tuple(body)).to_markdown()
    words = "Every other system on the blur that it was trained for, in sections below:"
    return "\n".join(["## At home", "", words, "", table, ""])


def _section(section: Section, rows: list[Means]) -> str:
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    pictures = max(int(row["count"]) for row in rows)
    first = f"{pictures} picture{'s' * (pictures != 1)}; {section.words}. {section.published}"
    lines = [f"## {section.title}", "", first.rstrip()]
    for score, digits, words in (
        ("psnr", 2, "PSNR in dB"),
        ("aligned_psnr", 2, "PSNR in dB at the best shift, blind methods"),
        ("ssim", 4, "SSIM"),
    ):
        body = [
            (_label(group), *(_cell(group.get(kind), score, digits) for kind in kinds))
            for group in _by_method(rows, score)
        ]
        if len(body) > 1:
            lines += ["", f"{words}:", "", Table("", ("method", *kinds), tuple(body)).to_markdown()]
    lines += _lead(rows, kinds)
    return "\n".join([*lines, "", _origins(rows), ""])


def _by_method(rows: Sequence[Means], score: str) -> list[dict[str, Means]]:
    groups: dict[str, dict[str, Means]] = {}
    for row in rows:
        if row[score]:
            groups.setdefault(row["method"], {})[row["kind"]] = row
    return list(groups.values())


def _label(group: dict[str, Means]) -> str:
    row = next(iter(group.values()))
    blind = row["blind"] == "True" and row["method"] not in ("input", *CONTROL)
    return f"{row['method']} (blind)" if blind else row["method"]


def _cell(row: Means | None, score: str, digits: int) -> str:
    if row is None:
        return ""
    text = f"{float(row[score]):.{digits}f}"
    gain = f" ({float(row[f'{score}_gain']):+.{digits}f})"
    return text if row["method"] == "input" else text + gain


def _lead(rows: Sequence[Means], kinds: Sequence[str]) -> list[str]:
    """What the default model, told the PSF, is ahead of the best of its classical rivals."""
    known = {(row["method"], row["kind"]): float(row["psnr"]) for row in rows}
    lines = []
    for ours in OURS[:2]:
        leads = []
        for kind in (each for each in kinds if (ours, each) in known and each != "none"):
            rivals = {known[name, kind]: name for name in RIVALS if (name, kind) in known}
            if rivals:
                best = max(rivals)
                leads.append(f"{kind} {known[ours, kind] - best:+.2f} ({rivals[best]})")
        if leads:
            lines += ["", f"`{ours}` minus the best of {', '.join(RIVALS)}: {', '.join(leads)}."]
    return lines


def _cost(stored: dict[str, list[Means]]) -> str:
    """Time, memory and parameters of each method, where it ran first."""
    first: dict[str, Means] = {}
    for rows in stored.values():
        for row in rows:
            if row["method"] != "input":
                first.setdefault(row["method"], row)
    body = [
        (
            name,
            f"{float(row['seconds_per_megapixel']):.2f}",
            f"{int(row['peak_bytes']) / 1e6:.0f}" if row["peak_bytes"] else "",
            _millions(row["parameters"]),
        )
        for name, row in first.items()
    ]
    if not body:
        return ""
    table = Table("", ("method", "s/MP", "MB", "million parameters"), tuple(body)).to_markdown()
    words = (
        "Median seconds a megapixel by the clock, on a machine that other work kept busy: compare "
        "the methods by them. The most memory of a process of its own that loads the method and "
        "restores one picture, interpreter and libraries included. What was learned."
    )
    return "\n".join(["## Time and memory", "", words, "", table, ""])


def _millions(count: str | int) -> str:
    return f"{int(count) / 1e6:.3f}"


def _origins(rows: Iterable[Means]) -> str:
    names = ("version", "machine", "threads", "date")
    return " ".join(sorted({_origin(*(row[name] for name in names)) for row in rows}))


def _origin(version: str, machine: str, threads: str, date: str) -> str:
    return f"unblur {version}, {machine}, {threads} thread{'s' * (threads != '1')}, {date}."


if __name__ == "__main__":
    main()
