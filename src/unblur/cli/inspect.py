"""``unblur inspect``: say how pictures are blurred."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unblur.cli.exits import ExitCode
from unblur.cli.pipes import from_pipe
from unblur.cli.psf_file import save_psf
from unblur.cli.talk import complain, printable
from unblur.errors import ArgumentError, UnblurError

if TYPE_CHECKING:
    from unblur import BlurReport, InspectionPage, Photo

__all__ = ["EXAMPLES", "inspect"]

EXAMPLES = (
    ("unblur inspect photo.jpg", "kind, size and angle of the blur, and its picture in text"),
    ("unblur inspect shots/ --json", "one JSON object a picture and line"),
    ("unblur inspect shots/ --html blur.html", "all that can be seen of it, on one page"),
    ("unblur inspect photo.jpg --psf-out psf.png", "keep the PSF, to use it with --psf"),
)


def inspect(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATHS...",
            help="Pictures, folders, patterns, or - for standard input.",
            show_default=False,
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a picture and line.")
    ] = False,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="See 'unblur models'.")
    ] = "default",
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="CPU threads; all when left out.")
    ] = None,
    psf_out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", help="Write the PSF as a 16-bit grey picture, which --psf reads."
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html",
            help="Also restore the pictures, and show on one page the PSF of each part, a map of "
            "the blur, spectrum, noise, and crops before and after. It needs no other file.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the files of --psf-out and --html.")
    ] = False,
) -> None:
    """Say how pictures are blurred: kind, size, direction.

    Kind (gaussian, defocus, motion, shake or none), full width in pixels, angle of a motion in
    degrees counter-clockwise from the right, strength of the noise, how sure all this is, and the
    point spread function (PSF): what a single point of light became.
    """
    from unblur import InspectionPage

    with from_pipe(paths) as files:
        found, all_good = _find(files)
        if psf_out is not None and len(found) > 1:
            raise ArgumentError(f"{psf_out}: takes the PSF of one picture, not of {len(found)}")
        with contextlib.ExitStack() as stack:
            page = None
            if html is not None and found:
                page = stack.enter_context(InspectionPage(html, overwrite=overwrite))
            for path, report, photo in _inspect_all(found, model, threads, page):
                _tell(path, report, photo, as_json=as_json)
                if isinstance(report, UnblurError):
                    all_good = False
                elif psf_out is not None:
                    save_psf(report.psf, psf_out, overwrite=overwrite)
    if not all_good:
        raise typer.Exit(ExitCode.FAILED if found else ExitCode.NOTHING)


def _find(paths: Sequence[str]) -> tuple[list[Path], bool]:
    """All pictures, and whether every path led to one."""
    from unblur import find_photos

    found: list[Path] = []
    all_good = True
    for path in paths:
        try:
            found += [photo.path for photo in find_photos(path)]
        except UnblurError as error:
            all_good = False
            complain(f"unblur: {error}")
    return found, all_good


def _inspect_all(
    paths: Sequence[Path], model: str, threads: int | None, page: InspectionPage | None
) -> Iterator[tuple[Path, BlurReport | UnblurError, Photo | None]]:
    """Yield what was found in each picture, or why nothing was, and the picture."""
    if not paths:
        return
    from unblur import Restorer, read_photo

    restorer = Restorer(model, threads=threads)
    for path in paths:
        try:
            photo = read_photo(path)
            if page is None:
                yield path, restorer.inspect(photo.pixels), photo
            else:
                yield path, page.add(photo, str(path), restorer), photo
        except UnblurError as error:
            if page is not None:
                page.add_failure(str(path), str(error))
            yield path, error, None


def _tell(
    path: Path, report: BlurReport | UnblurError, photo: Photo | None, *, as_json: bool
) -> None:
    spacing = photo.spacing if photo else None
    if isinstance(report, UnblurError):
        complain(f"unblur: {report}")
        if as_json:
            typer.echo(json.dumps({"source": str(path), "error": str(report)}))
    elif as_json:
        known = {} if spacing is None else {"spacing_mm": spacing}
        typer.echo(json.dumps({"source": str(path), **known, **report.to_dict()}))
    else:
        typer.secho(printable(path), bold=True)
        if spacing is not None:
            wide = f"{report.extent * spacing[1]:.2g} mm wide; " if report.extent else ""
            typer.echo(f"{wide}pixels of {spacing[0]:g} x {spacing[1]:g} mm")
        typer.echo(f"{report.to_text()}\n")
