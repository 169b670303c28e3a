"""From the pixels of one file to restored ones, frame by frame."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from unblur.degradation.physical import PhysicalPSF
from unblur.images.photo import Photo
from unblur.restoration.job import PSF, ImageRestorer, Progress, Report, Settings
from unblur.restoration.report import RestorationReport

__all__ = ["restore_pixels"]


def restore_pixels(
    photo: Photo,
    restorer: ImageRestorer,
    settings: Settings,
    *,
    progress: Progress | None = None,
) -> tuple[Photo, Report]:
    """Return the photo with its blur removed, and what the restorer said of it.

    Parameters
    ----------
    photo : Photo
        Each of its frames is restored by itself.
    restorer : ImageRestorer
        What restores them.
    settings : Settings
        How. A PSF in millimetres becomes pixels by the photo's spacing.
    progress : callable, optional
        As for `Restorer.restore`.

    Returns
    -------
    Photo
        As the given one, with other pixels.
    Report
        Of the first frame, with the sizes and times of all.

    Raises
    ------
    PSFError
        When the PSF is in millimetres and the photo does not tell the size of its pixels.
    """
    if progress is not None:
        progress(0, 1)  # the first look at a large picture takes a while
    psf = _in_pixels(settings.psf, photo)
    frames, reports = [], []
    for number, frame in enumerate(photo.frames):
        # in their own type: as floats the pixels of a large photo would take four times the memory
        pixels, report = restorer.restore_with_report(
            frame,
            psf,
            strength=settings.strength,
            linear=settings.linear and photo.has_gamma,
            progress=progress and partial(_tell, progress, number, len(photo.frames)),
        )
        frames.append(pixels)
        reports.append(report)
    report = _sum(reports)
    if isinstance(report, RestorationReport):
        photo = replace(photo, derivation=f"{report.to_sentence()}; {_name(settings.psf, report)}")
    return photo.with_frames(frames), report


def _name(psf: PSF | PhysicalPSF | None, report: RestorationReport) -> str:
    if isinstance(psf, PhysicalPSF):
        return f"point spread function given as {psf}"
    if psf is not None:
        return f"point spread function given, {psf.shape[0]} x {psf.shape[1]} px"
    if report.blur is None:
        return "no point spread function"
    return f"point spread function estimated as {report.blur.kind}, {report.blur.extent:.1f} px"


def _in_pixels(psf: PSF | PhysicalPSF | None, photo: Photo) -> PSF | None:
    return psf.in_pixels(photo.spacing) if isinstance(psf, PhysicalPSF) else psf


def _tell(progress: Progress, frame: int, frames: int, done: int, tiles: int) -> None:
    progress(frame * tiles + done, frames * tiles)


def _sum(reports: list[Report]) -> Report:
    first = reports[0]
    every = [report for report in reports if isinstance(report, RestorationReport)]
    if len(every) < 2 or not isinstance(first, RestorationReport):
        return first
    return replace(
        first,
        megapixels=sum(report.megapixels for report in every),
        seconds=sum(report.seconds for report in every),
        tiles=sum(report.tiles for report in every),
        tiles_kept=sum(report.tiles_kept for report in every),
        tiles_direct=sum(report.tiles_direct for report in every),
    )
