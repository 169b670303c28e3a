"""``unblur degrade``: blur a picture in a known way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unblur.cli.pipes import through_pipes
from unblur.cli.psf_file import save_psf

__all__ = ["EXAMPLES", "degrade"]

_AFTER = "After the blur"

EXAMPLES = (
    ("unblur degrade sharp.png -o soft.png --psf gaussian:2", "soft all over"),
    ("unblur degrade sharp.png -o moved.png --psf motion:15,30 --noise 0.01", "moved, and noisy"),
    ("unblur degrade night.png -o lamps.png --psf disk:5 --saturation 3", "burnt-out lamps"),
)


def degrade(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="A sharp picture, or - for standard input.", show_default=False
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="The blurred picture, or - for standard output. PNG and TIFF keep it exactly.",
        ),
    ],
    psf: Annotated[
        str,
        typer.Option(
            metavar="SPEC|FILE",
            help="The blur: gaussian:SIGMA, disk:RADIUS, motion:LENGTH,ANGLE, box:WIDTH, "
            "or a picture of it.",
        ),
    ],
    encoded: Annotated[
        bool,
        typer.Option(
            "--encoded",
            help="Blur the stored numbers, as many published tests do, "
            "rather than the light, as a lens does.",
        ),
    ] = False,
    saturation: Annotated[
        float,
        typer.Option(
            metavar="GAIN",
            rich_help_panel=_AFTER,
            help="Exposure gain: above 1 highlights burn out, after they were blurred.",
        ),
    ] = 1.0,
    noise: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="SIGMA",
            rich_help_panel=_AFTER,
            help="Standard deviation of the noise; 1 is the whole range.",
        ),
    ] = 0.0,
    jpeg_quality: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, metavar="Q", rich_help_panel=_AFTER, help="Leave the traces of a JPEG."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", rich_help_panel=_AFTER, help="The same seed gives the same noise."
        ),
    ] = None,
    psf_out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Write the PSF, too, as a 16-bit grey picture."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist.")
    ] = False,
) -> None:
    """Blur a picture in a known way.

    To try methods on, and to measure them: the original is the right answer. The blur happens
    first, then exposure, noise and compression, as in a camera.
    """
    from unblur import Degradation, parse_psf, read_photo, write_photo

    with through_pipes([source], output) as ([path], target):
        photo = read_photo(path)
        degradation = Degradation(
            parse_psf(psf),
            linear=not encoded and photo.has_gamma,
            saturation=saturation,
            read_noise=noise,
            jpeg_quality=jpeg_quality,
            bits={"uint8": 8, "uint16": 16}.get(photo.pixels.dtype.name),
        )
        image = degradation.apply(photo.to_image(), seed)
        if psf_out is not None:
            save_psf(degradation.psf, psf_out, overwrite=overwrite)
        write_photo(photo.with_pixels(image), target or output, overwrite=overwrite)
