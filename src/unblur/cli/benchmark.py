"""``unblur benchmark``: compare methods on pictures with known blur."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unblur.cli.engines import Device
from unblur.cli.methods import ALL, DEFAULT, METHODS, choose_methods
from unblur.cli.sets import DEFAULT_SET, SETS, choose_sets
from unblur.cli.talk import printable
from unblur.errors import MissingExtraError

if TYPE_CHECKING:
    from unblur.evaluation.benchmark import Benchmark, Step
    from unblur.evaluation.records import Row

__all__ = ["EXAMPLES", "benchmark"]

EXAMPLES = (
    ("unblur benchmark sharp/ -o scores/", "stopped, it goes on where it was"),
    ("unblur benchmark sharp/ --methods unblur-blind --limit 10", "a first impression"),
    ("unblur benchmark sharp/ --kinds motion,shake", "two kinds of blur only"),
    ("unblur benchmark --sets dpir:set5,average:bsds,pairs:gopro --methods all -o scores/", ""),
    ("unblur benchmark sharp/ --sets validation,robust,lab.npz", "your own PSFs among them"),
    ("unblur benchmark sharp/ --methods unblur,model:mine.onnx", "your own model"),
)


def benchmark(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="Sharp pictures, for the sets that name no folder of their own.",
            show_default=False,
        ),
    ] = None,
    sets: Annotated[
        str,
        typer.Option(
            metavar="SET[:FOLDER],...",
            help=f"How pictures are blurred: {', '.join(SETS)}, or the path of an .npz file of "
            "PSFs; with a folder behind a colon. 'pairs' are really blurred, with sharp partners.",
        ),
    ] = DEFAULT_SET,
    methods: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            help=f"Some of: {', '.join(METHODS)}; all of these: {ALL}; or model:PATH for a model "
            "file. The blurred input itself is always there.",
        ),
    ] = ",".join(DEFAULT),
    kinds: Annotated[
        str | None,
        typer.Option(
            metavar="KIND,...",
            help="Kinds of blur to keep, such as motion,shake; all of the sets' when left out.",
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="The model behind unblur and unblur-blind.")
    ] = "default",
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Use so many pictures, spread evenly over each folder."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the model.")] = 2,
    device: Annotated[
        Device,
        typer.Option(
            help="What runs the model's networks. It is the CPU, whose scores are the same "
            "everywhere, unless told otherwise."
        ),
    ] = "cpu",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Keep every score here, the tables in Markdown and CSV, and a page with crops and "
            "plots, benchmark.html. What was scored in an earlier run is not run again.",
        ),
    ] = None,
    memory: Annotated[
        bool,
        typer.Option(
            "--memory/--no-memory",
            help="Run each method once a set in a process of its own, to see the memory it takes.",
        ),
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Throw earlier scores away and run all again.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a score and line, no tables.")
    ] = False,
) -> None:
    """Compare methods on pictures with known blur.

    The set 'validation' blurs every picture once a kind in linear light, with noise of 0.005 and 8
    bits, always in the same way; the documentation describes the others. The tables give each
    method's mean PSNR and SSIM below the blurred input's own, and the gain. Methods that are not
    blind are told the true PSF; names that end in -guessed estimate it. Blind ones are also scored
    at the best shift of up to 5 pixels, for nothing in a blurred picture tells where it was
    centred.
    """
    from unblur.evaluation.benchmark import Benchmark
    from unblur.evaluation.gallery import Gallery

    pictures = choose_sets(_words(sets), folder, limit=limit, kinds=_words(kinds or ""))
    chosen = choose_methods(_words(methods), model=model, threads=threads, device=device)
    gallery = None if output is None else Gallery(output / "crops")
    plan = Benchmark(chosen, pictures, threads=threads, memory=memory, gallery=gallery)
    rows = _run(plan, output, overwrite=overwrite, as_json=as_json)
    _show(rows, plan, output, as_json=as_json)


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


def _show(rows: list[Row], plan: Benchmark, output: Path | None, *, as_json: bool) -> None:
    from unblur.evaluation.page import html_page
    from unblur.evaluation.report import report
    from unblur.evaluation.summary import tabulate_long

    page = report(rows)
    if not as_json:
        _print_page(page)
    if output is not None:
        plots = _plots(rows, output)
        pages = {
            "benchmark.md": page,
            "benchmark.csv": tabulate_long(rows).to_csv() + "\n",
            "benchmark.html": html_page(rows, gallery=plan.gallery, plots=plots),
        }
        for name, text in pages.items():
            (output / name).write_text(text, encoding="utf-8")


def _plots(rows: list[Row], output: Path) -> dict[tuple[str, str], dict[str, bytes]]:
    """Draw the plots of every set into files; without matplotlib there are none."""
    from unblur.evaluation.plots import draw_plots
    from unblur.evaluation.summary import by_set

    try:
        plots = {(name, way): draw_plots(group) for (name, way, _), group in by_set(rows).items()}
    except MissingExtraError as error:
        typer.echo(f"no plots: {error}", err=True)
        return {}
    for (name, way), files in plots.items():
        for kind, content in files.items():
            (output / f"{name}-{way}-{kind}.png").write_bytes(content)
    return plots


def _print_page(page: str) -> None:
    """Draw the tables on a screen; leave Markdown to what reads a pipe."""
    if not sys.stdout.isatty():
        typer.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(page))
