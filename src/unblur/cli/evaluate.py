"""``unblur evaluate``: score methods and models on pairs of blurred and sharp pictures."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unblur.cli.bar import progress_bar
from unblur.cli.methods import METHODS, choose_methods
from unblur.cli.talk import printable
from unblur.cli.train import needs_extra
from unblur.errors import ArgumentError, ImageReadError

if TYPE_CHECKING:
    from unblur.evaluation.figures import Showcase
    from unblur.evaluation.methods import Method
    from unblur.evaluation.paired.cases import PairedCases
    from unblur.evaluation.paired.scoring import PairedRow

__all__ = ["EXAMPLES", "evaluate"]

_TABLE = "How it is written"
_PAIRS = "Which pairs, and how"

EXAMPLES = (
    ("unblur evaluate unblur-blind pairs/", "the default model on your pairs"),
    ("unblur evaluate unblur,wiener,richardson-lucy pairs/", "told the PSF, which pairs/ knows"),
    ("unblur evaluate mine/net.onnx pairs/ --protocol held-out", "on what training left out"),
    (
        "unblur evaluate runs/net/last.ckpt pairs/ --recipe net.yaml --figures figures/",
        "a checkpoint, with curves and panels",
    ),
    ("unblur evaluate unblur-blind triplets/ --kinds motion", "unaligned shots are aligned first"),
)


def evaluate(
    methods: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|METHOD",
            help="An ONNX file, a folder made by unblur export, a checkpoint, or one of: "
            f"{', '.join(METHODS)}; several with commas between.",
            show_default=False,
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Pairs: sharp/ beside motion_blurred/ and so on, target/ beside input/, or "
            "NAME_sharp and NAME_blurred files.",
            show_default=False,
        ),
    ],
    protocol: Annotated[
        Literal["all", "paper", "held-out"],
        typer.Option(
            rich_help_panel=_PAIRS,
            help="held-out: the fifth of the scenes that training leaves out. paper: all of them, "
            "trained on or not, as the paper does. all: the same, of data never trained on.",
        ),
    ] = "all",
    kinds: Annotated[
        str,
        typer.Option(
            metavar="KIND,KIND",
            rich_help_panel=_PAIRS,
            help="Kinds of blur, such as defocus; all when left out.",
        ),
    ] = "",
    align: Annotated[
        Literal["auto", "none", "shift", "homography"],
        typer.Option(
            rich_help_panel=_PAIRS,
            help="Move the sharp picture onto the blurred one first, by ECC, and match its "
            "exposure. auto measures a few pairs: none, or homography.",
        ),
    ] = "auto",
    size: Annotated[
        int | None,
        typer.Option(
            min=11,
            metavar="N",
            rich_help_panel=_PAIRS,
            help="Resize to NxN first, nearest pixel, aspect not kept, as the paper does.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", rich_help_panel=_PAIRS, help="Use the first N pairs."),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(metavar="RECIPE.yaml", help="What a checkpoint was trained by."),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="The model behind unblur and unblur-blind.")
    ] = "default",
    threads: Annotated[int, typer.Option(min=1, metavar="N", help="CPU threads.")] = 2,
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            rich_help_panel=_TABLE,
            help="Draw input, ground truth and prediction side by side, the spread of the PSNRs, "
            "and loss and accuracy per epoch. Needs the extra 'figures'.",
        ),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            rich_help_panel=_TABLE,
            help="From unblur train, for --figures; without it that beside the checkpoint.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            rich_help_panel=_TABLE,
            help="Print one JSON object a picture and method, and the means in the last one.",
        ),
    ] = False,
) -> None:
    """Score methods and models on pairs of blurred and sharp pictures.

    Every score stands beside the blurred input's own and that of the best output of one colour:
    PSNR, the mean of the pictures' values; SSIM with a Gaussian window; MSE; the channel-argmax
    accuracy, which Keras calls accuracy; and PSNR at the best shift for methods that are blind.
    Outputs are rounded to 8 bits first.
    """
    from unblur.evaluation.figures import Showcase, read_history, require_matplotlib
    from unblur.evaluation.paired.scoring import score_pairs

    words = _words(methods)
    curves = None
    if figures is not None:
        require_matplotlib()
        found = history or _history_of(words)
        curves = None if found is None else read_history(found)
    cases, title = _cases(folder, protocol, _words(kinds), align, size, limit)
    showcase, rows = Showcase(), []
    with _chosen(words, recipe, model, threads) as chosen, progress_bar(as_json=as_json) as advance:
        per_pair = 2 + sum(method.name != "input" for method in chosen)
        for row in score_pairs(cases, chosen, show=showcase.add if figures else None):
            rows.append(row)
            if as_json:
                typer.echo(json.dumps(row.to_dict()))
            words_ = f"{row.method} on {row.name}: {row.psnr:.2f} dB"
            advance(len(rows), per_pair * len(cases.pairs), words_)
    _tell(rows, cases, title, threads, as_json=as_json)
    if figures is not None:
        _draw(figures, rows, showcase, curves)


def _cases(
    folder: Path,
    protocol: str,
    kinds: Sequence[str],
    align: Literal["auto", "none", "shift", "homography"],
    size: int | None,
    limit: int | None,
) -> tuple[PairedCases, str]:
    """Choose the pairs; say in words what was chosen."""
    from unblur.evaluation.paired.cases import PairedCases
    from unblur.evaluation.paired.finding import find_pairs
    from unblur.evaluation.paired.splitting import split_pairs

    paired = find_pairs(folder, kinds)
    pairs = paired.pairs
    if not pairs:
        raise ImageReadError(f"{folder}: no picture has a partner: see unblur dataset check")
    if protocol == "held-out":
        pairs = split_pairs(pairs)[1]
    pairs = pairs[:limit]
    alignment = None if align == "auto" else align
    cases = PairedCases.of(paired, pairs, alignment=alignment, size=size)
    scenes = len({pair.name for pair in pairs})
    resized = "" if size is None else f", resized to {size}x{size}"
    title = f"{folder}: {len(pairs)} pairs of {scenes} scenes, protocol {protocol}{resized}"
    return cases, title


@contextmanager
def _chosen(
    words: Sequence[str], recipe: Path | None, model: str, threads: int
) -> Iterator[tuple[Method, ...]]:
    """Make the methods; a checkpoint is exported for as long as it is used."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, word in enumerate(words):
            if word in METHODS or word == "input" or not Path(word).exists():
                names.append(word)
            elif Path(word).suffix == ".ckpt":
                place = Path(folder) / str(number)
                names.append(f"model:{_exported(Path(word), recipe, place)}")
            else:
                names.append(f"model:{word}")
        yield choose_methods(names, model=model, threads=threads)


def _exported(checkpoint: Path, recipe: Path | None, folder: Path) -> Path:
    """Turn a checkpoint into the model that is scored: what people use is the exported file."""
    if recipe is None:
        raise ArgumentError(f"{checkpoint}: which recipe was it trained by? name it with --recipe")
    try:
        from unblur.training.export import ExportFacts, export
    except ModuleNotFoundError as error:
        raise needs_extra(error) from error
    facts = ExportFacts(data="", recipes=(recipe.name,), steps=0, hours="", figures="")
    cards = export(recipe, checkpoint, folder, facts)
    return folder / f"{cards[0].id}.onnx" if len(cards) == 1 else folder


def _history_of(words: Sequence[str]) -> Path | None:
    """Return the history of the training beside the first model, if there is one."""
    places = (Path(word) for word in words if word not in METHODS)
    folders = (place if place.is_dir() else place.parent for place in places if place.exists())
    return next((f / "history.csv" for f in folders if (f / "history.csv").is_file()), None)


def _tell(
    rows: list[PairedRow], cases: PairedCases, title: str, threads: int, *, as_json: bool
) -> None:
    from unblur.evaluation.paired.report import alignment_in_words, report, summary
    from unblur.evaluation.provenance import Provenance

    aligned = alignment_in_words(rows, cases.alignment)
    if as_json:
        origin = asdict(Provenance.here(threads=threads))
        means = {"set": title, "alignment": aligned, "means": summary(rows), "origin": origin}
        typer.echo(json.dumps(means))
        return
    page = report(rows, printable(title), aligned)
    if not sys.stdout.isatty():
        typer.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(page))


def _draw(
    folder: Path,
    rows: list[PairedRow],
    showcase: Showcase,
    history: dict[str, list[float]] | None,
) -> None:
    from unblur.evaluation.figures import draw_distribution, draw_history, draw_panels

    folder.mkdir(parents=True, exist_ok=True)
    for method in showcase.methods:
        draw_panels(showcase.of(method), folder / f"panels-{method}.png")
    draw_distribution(rows, folder / "psnr.png")
    if history is not None:
        draw_history(history, folder / "history.png")
    typer.echo(f"figures are in {printable(folder)}", err=True)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
