"""``unblur deconvolve``: take the blur out of measured stacks, in their own numbers."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from unblur.cli.bar import progress_bar
from unblur.cli.recording import RecordOption, making_of, record_file
from unblur.cli.stack_psfs import box_of, find_psfs, save_psfs
from unblur.cli.talk import complain, printable
from unblur.errors import ArgumentError, ArrayError

if TYPE_CHECKING:
    from unblur import Stack

__all__ = ["EXAMPLES", "deconvolve"]

_Method = Literal["tv", "richardson-lucy", "wiener"]
_Border = Literal["reflect", "unknown"]
_BLUR = "The blur, one option for all channels or one for each, in their order"
_HOW = "How to take it out"

EXAMPLES = (
    ("unblur deconvolve cells.ome.tif -o sharp.ome.tif --optics na=1.4,index=1.515", "the file "
     "tells the rest"),
    ("unblur deconvolve z.tif -o s.tif --optics na=0.8,wavelength=520,pixel=0.1", "each plane"),
    ("unblur deconvolve z.tif -o s.tif --bead bead.tif", "a measured PSF, of a plane or a volume"),
    ("unblur deconvolve two.tif -o s.tif --psf gaussian:1.2 --psf gaussian:1.5", "two channels"),
    ("unblur deconvolve z.tif -o s.tif --psf psf.tif --method wiener", "linear: can be undone"),
)  # fmt: skip


def deconvolve(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="STACK",
            help="A TIFF of any number of planes: OME-TIFF, ImageJ or plain.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT", help="The result, a TIFF of 32-bit floats."),
    ],
    psf: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPEC|FILE",
            rich_help_panel=_BLUR,
            help="As for 'unblur restore', also in micrometres (gaussian:0.2um) or as a TIFF of a "
            "volume.",
        ),
    ] = None,
    bead: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", rich_help_panel=_BLUR, help="A picture or volume of a small bead."
        ),
    ] = None,
    optics: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER,...",
            rich_help_panel=_BLUR,
            help="na, wavelength in nm, pixel and z in µm, index of the immersion, "
            "model=airy or gaussian; what is left out is taken from the file.",
        ),
    ] = None,
    bead_size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZES",
            rich_help_panel=_BLUR,
            help="Average all beads that stand alone in a box of this size, as 31,31 or 15,31,31.",
        ),
    ] = None,
    method: Annotated[
        _Method,
        typer.Option(
            rich_help_panel=_HOW,
            help="Richardson-Lucy for photon noise, with total variation (tv) or without; or a "
            "Wiener filter with a bounded gain.",
        ),
    ] = "tv",
    iterations: Annotated[
        int, typer.Option(min=0, metavar="N", rich_help_panel=_HOW, help="Of Richardson-Lucy.")
    ] = 50,
    tv: Annotated[
        float,
        typer.Option(
            metavar="WEIGHT",
            rich_help_panel=_HOW,
            help="Of the total variation: more is smoother between edges.",
        ),
    ] = 0.002,
    background: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="LEVEL",
            rich_help_panel=_HOW,
            help="What the detector shows without light; taken off.",
        ),
    ] = 0.0,
    border: Annotated[
        _Border,
        typer.Option(
            rich_help_panel=_HOW,
            help="What lies beyond it: a mirror, which keeps the flux of the picture; or the "
            "unknown, which is estimated, and whose light is taken out.",
        ),
    ] = "reflect",
    max_gain: Annotated[
        float,
        typer.Option(min=1.0, metavar="G", rich_help_panel=_HOW, help="Bound of wiener."),
    ] = 3.0,
    planes: Annotated[
        bool,
        typer.Option(
            "--planes", rich_help_panel=_HOW, help="With --optics: each plane of a stack by itself."
        ),
    ] = False,
    axes: Annotated[
        str | None,
        typer.Option(metavar="LETTERS", help="Such as TZCYX, where the file is wrong or silent."),
    ] = None,
    keep_type: Annotated[
        bool,
        typer.Option(
            "--keep-type", help="Round to the numbers of the source; fail if one is too large."
        ),
    ] = False,
    record: RecordOption = None,
    psf_out: Annotated[
        Path | None, typer.Option(metavar="FILE.tif", help="Write the PSF, too.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="CPU threads; all when left out.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was done as one JSON object.")
    ] = False,
) -> None:
    """Take the blur out of a measured stack, in its own numbers.

    For microscopy and other measurements: no network, the PSF is known, values are neither scaled
    nor clipped, and the flux is kept. The result is a TIFF of the same kind with its metadata.
    """
    from unblur import (
        Deconvolution,
        FileDigest,
        deconvolve_stack,
        exact_psf,
        read_stack,
        write_stack,
    )

    logging.getLogger("tifffile").addHandler(logging.NullHandler())  # our errors say it in a line
    if output.exists() and not overwrite:
        raise ArgumentError(f"{output}: exists already: choose another name, or add --overwrite")
    box = box_of(bead_size)
    stack = read_stack(source, axes=axes)
    before = None if record is None else FileDigest.of_file(source)
    for note in stack.notes:
        complain(f"{source}: {note}")
    psfs = find_psfs(
        stack, psf=psf or [], bead=bead or [], optics=optics or [], size=box, volume=not planes
    )
    if psf_out is not None:
        save_psfs(psfs, psf_out, overwrite=overwrite)
    how = Deconvolution(method, iterations, tv, background, max_gain, border)
    with progress_bar(as_json=as_json) as advance:
        words = printable(source.name)
        sharp, report = deconvolve_stack(
            stack,
            psfs,
            how=how,
            threads=threads,
            progress=lambda done, total: advance(done, total, words),
        )
    write_stack(_typed(sharp, stack, source) if keep_type else sharp, output, overwrite=overwrite)
    if record is not None and before is not None:
        told = {"psfs": [exact_psf(each) for each in psfs], "how": asdict(how)}
        making = making_of("deconvolve", told | {"axes": axes, "keep_type": keep_type}, None)
        record_file(record, making, before, output, found=asdict(report), notes=stack.notes)
    if as_json:
        shapes: dict[str, Any] = {"axes": stack.axes, "shape": stack.values.shape}
        kernels = {"psfs": [each.shape for each in psfs]}
        files = {"source": str(source), "target": str(output)}
        typer.echo(json.dumps({**files, **shapes, **kernels, **asdict(how), **asdict(report)}))


def _typed(sharp: Stack, stack: Stack, source: Path) -> Stack:
    try:
        return sharp.as_type(stack.values.dtype)
    except ArrayError as error:
        raise ArrayError(f"{source}: {error}: leave out --keep-type") from None
