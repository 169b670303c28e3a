"""``unblur benchmark``: compare methods on pictures with known blur."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unblur.cli.methods import DEFAULT, METHODS, choose_methods
from unblur.cli.talk import printable

if TYPE_CHECKING:
    from unblur.evaluation.benchmark import Benchmark, Step
    from unblur.evaluation.pictures import PictureSet
    from unblur.evaluation.records import Row

__all__ = ["EXAMPLES", "benchmark"]

EXAMPLES = (
    ("unblur benchmark sharp/ -o scores/", "stopped, it goes on where it was"),
    ("unblur benchmark sharp/ --methods unblur-blind --limit 10", "a first impression"),
    ("unblur benchmark sharp/ --kinds motion,shake", "two kinds of blur only"),
    ("unblur benchmark sharp/ --psfs lab.npz --json", "your own PSFs, a JSON object a score"),
)


def benchmark(
    folder: Annotated[
        Path,
        typer.Argument(metavar="PICTURES_DIR", help="Sharp pictures.", show_default=False),
    ],
    methods: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME",
            help=f"Some of: {', '.join(METHODS)}. The blurred input itself is always there.",
        ),
    ] = ",".join(DEFAULT),
    kinds: Annotated[
        str | None,
        typer.Option(
            metavar="KIND,KIND",
            help="Some of: gaussian, defocus, motion, shake, none, or of the names in --psfs; "
            "all of them when left out.",
        ),
    ] = None,
    psfs: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="Named PSFs to blur by, instead of drawn ones."),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="The model behind unblur and unblur-blind.")
    ] = "default",
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Use so many pictures, spread evenly over the folder."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the model.")] = 2,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Keep every score here, and the tables in Markdown and CSV. "
            "What was scored in an earlier run is not run again.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Throw earlier scores away and run all again.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a score and line, no tables.")
    ] = False,
) -> None:
    """Compare methods on pictures with known blur.

    Every picture is blurred once a kind in linear light, with noise of 0.005 and 8 bits, always in
    the same way. The tables give each method's mean PSNR and SSIM below the blurred input's own,
    and the gain. Methods that are not blind are told the true PSF. Blind ones are also scored at
    the best shift of up to 5 pixels, for nothing in a blurred picture tells where it was centred.
    """
    pictures = _pictures(folder, limit, kinds, psfs)
    from unblur.evaluation.benchmark import Benchmark

    chosen = choose_methods(_words(methods), model=model, threads=threads)
    plan = Benchmark(chosen, (pictures,), threads=threads)
    rows = _run(plan, output, overwrite=overwrite, as_json=as_json)
    _show(rows, output, as_json=as_json)


def _pictures(folder: Path, limit: int | None, kinds: str | None, psfs: Path | None) -> PictureSet:
    from unblur.evaluation.pictures import PictureSet
    from unblur.evaluation.protocol import VALIDATION
    from unblur.evaluation.psf_sets import psf_set

    protocol = VALIDATION if psfs is None else psf_set(psfs)
    if kinds is not None:
        protocol = protocol.only(_words(kinds))
    return PictureSet.from_folder(folder, limit=limit, protocol=protocol)


def _run(plan: Benchmark, output: Path | None, *, overwrite: bool, as_json: bool) -> list[Row]:
    record = None if output is None else output / "rows.jsonl"
    if record is not None and overwrite:
        record.unlink(missing_ok=True)
    rows = []
    with _progress(plan.total, as_json=as_json) as advance:
        for row in plan.run(record, progress=advance):
            rows.append(row)
            if as_json:
                typer.echo(json.dumps(row.to_dict()))
    return rows


@contextmanager
def _progress(total: int, *, as_json: bool) -> Iterator[Callable[[Step], None] | None]:
    """Draw a bar on a terminal; yield what moves it."""
    # a bar would run through JSON lines on the same screen
    if not sys.stderr.isatty() or (as_json and sys.stdout.isatty()):
        yield None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )
    bar = progress.Progress(*columns, console=Console(stderr=True), transient=True)
    with bar:
        task = bar.add_task("", total=total)
        yield lambda step: bar.update(task, completed=step.done, description=_words_for(step))


def _words_for(step: Step) -> str:
    row = step.row
    return f"{row.method} on {printable(row.picture)}, {row.kind}: {row.psnr:.2f} dB"


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _show(rows: list[Row], output: Path | None, *, as_json: bool) -> None:
    from unblur.evaluation.summary import report, tabulate_long

    page = report(rows)
    if not as_json:
        _print_page(page)
    if output is not None:
        (output / "benchmark.md").write_text(page, encoding="utf-8")
        (output / "benchmark.csv").write_text(tabulate_long(rows).to_csv() + "\n", encoding="utf-8")


def _print_page(page: str) -> None:
    """Draw the tables on a screen; leave Markdown to what reads a pipe."""
    if not sys.stdout.isatty():
        typer.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(page))
