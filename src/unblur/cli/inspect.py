"""``unblur inspect``: say how pictures are blurred."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from unblur.cli.exits import ExitCode
from unblur.cli.pipes import from_pipe
from unblur.cli.psf_file import save_psf
from unblur.cli.talk import complain, printable
from unblur.errors import ArgumentError, UnblurError

__all__ = ["EXAMPLES", "inspect"]

EXAMPLES = (
    ("unblur inspect photo.jpg", "kind, size and angle of the blur, and its picture in text"),
    ("unblur inspect shots/ --json", "one JSON object a picture and line"),
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
    psf_out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", help="Write the PSF as a 16-bit grey picture, which --psf reads."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file of --psf-out.")
    ] = False,
) -> None:
    """Say how pictures are blurred: kind, size, direction.

    Kind (gaussian, defocus, motion, shake or none), full width in pixels, angle of a motion in
    degrees counter-clockwise from the right, strength of the noise, how sure all this is, and the
    point spread function (PSF): what a single point of light became.
    """
    from unblur import find_photos

    with from_pipe(paths) as files:
        found = [photo.path for photo in find_photos(files)]
        if psf_out is not None and len(found) > 1:
            raise ArgumentError(f"{psf_out}: takes the PSF of one picture, not of {len(found)}")
        if not found:
            complain("unblur: no picture among these paths: give files, folders or patterns")
            raise typer.Exit(ExitCode.NOTHING)
        good = [_inspect_one(path, as_json, psf_out, overwrite) for path in found]
    if not all(good):
        raise typer.Exit(ExitCode.FAILED)


def _inspect_one(path: Path, as_json: bool, psf_out: Path | None, overwrite: bool) -> bool:
    import unblur

    try:
        report = unblur.inspect(unblur.read_photo(path).to_image())
        if psf_out is not None:
            save_psf(report.psf, psf_out, overwrite=overwrite)
    except UnblurError as error:
        complain(f"unblur: {error}")
        if as_json:
            typer.echo(json.dumps({"source": str(path), "error": str(error)}))
        return False
    if as_json:
        typer.echo(json.dumps({"source": str(path), **report.to_dict()}))
    else:
        typer.secho(printable(path), bold=True)
        typer.echo(f"{report.to_text()}\n")
    return True
