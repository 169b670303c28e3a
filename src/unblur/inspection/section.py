"""One picture's part of the page."""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unblur.estimation.describe import describe_psf
from unblur.images.color import to_float
from unblur.inspection.drawing import colours_of, heat_url, picture_url, plot, psf_url
from unblur.inspection.findings import Findings, Window
from unblur.restoration.report import TileReport

__all__ = ["draw_section"]

FloatArray = NDArray[np.float32]
WIDEST = 1400  # px of the picture on the page
PSF_SHARE = 0.62  # of a part's side that its PSF is drawn in
NOISE_SCALE = 16  # the flat part's contrast
EVEN = 6.0  # px; what is wider is no noise
SPECTRUM_SIDE = 256


def draw_section(found: Findings, number: int) -> str:
    """Write what was found in one picture as HTML.

    Parameters
    ----------
    found : Findings
        From `look_at`.
    number : int
        Of the picture on its page.

    Returns
    -------
    str
        A ``section`` element that needs no other file.
    """
    headline, noise, *_ = found.blur.to_text().splitlines()
    notes = "".join(f"<p>Note: {escape(note)}</p>" for note in found.notes)
    cards = (_stage(found, number), _facts(found), _psf(found), _spectrum(found), _noise(found))
    return (
        f'<section id="picture-{number}" aria-labelledby="name-{number}">'
        f'<h2 id="name-{number}">{escape(found.name)}</h2>'
        f'<p class="verdict">{escape(headline[:1].upper() + headline[1:])}; {escape(noise)}.</p>'
        f'{notes}<div class="cards">{"".join(cards)}{_crops(found)}</div>'
        f"{_table(found)}</section>\n"
    )


def _stage(found: Findings, number: int) -> str:
    height, width = found.before.shape[:2]
    known = found.widths[~np.isnan(found.widths)]
    high = max(float(np.quantile(known, 0.98)) if known.size else 0.0, 4.0)
    rows, columns = found.widths.shape
    choices = "".join(
        f'<label><input type="radio" name="view-{number}" value="{value}"{checked}> {words}</label>'
        for value, words, checked in (
            ("picture", "Picture", ""), ("field", "PSF field", " checked"), ("map", "Blur map", ""),
        )
    )  # fmt: skip
    shares = np.linspace(0, 1, 9, dtype=np.float32)[None]
    colours = ",".join(
        f"rgb({red} {green} {blue})" for red, green, blue, _ in colours_of(shares, 0, 1)[0]
    )
    return (
        '<figure class="card wide"><fieldset class="choices"><legend>Show</legend>'
        f"{choices}</fieldset>"
        f'<svg class="stage" viewBox="0 0 {width} {height}" role="img">'
        f"<title>{escape(found.name)}, with the PSF of each part or the width of its edges</title>"
        f'<rect width="{width}" height="{height}"/>'
        f'<image class="picture" width="{width}" height="{height}" '
        f'href="{picture_url(found.before, widest=WIDEST, quality=85)}"/>'
        f'<g class="field">{"".join(map(_part, found.field))}</g>'
        f'<g class="map"><image width="{columns * found.block}" height="{rows * found.block}" '
        f'preserveAspectRatio="none" href="{heat_url(found.widths, 0, high)}"/></g></svg>'
        f'<figcaption><span class="picture-words">The picture as it came, {width} x {height} px.'
        "</span>"
        '<span class="field-words">What a point of light became in each part: the point spread '
        "function (PSF), enlarged. Where a part has few edges, its PSF is mostly that of the whole "
        "picture.</span>"
        '<span class="map-words">Width of edges, full width at half maximum in px: 0 '
        f'<span class="scale" style="background:linear-gradient(90deg,{colours})"></span> '
        f"{high:.1f} or more; blocks without edges are clear. What is soft by itself "
        "counts as blurred, too; edges along a motion stay narrow.</span>"
        "</figcaption></figure>"
    )


def _part(part: TileReport) -> str:
    """A PSF in the middle of its part, and the part's own square."""
    assert part.psf is not None
    tile = part.tile
    side = PSF_SHARE * min(tile.height, tile.width)
    left, top = tile.left + (tile.width - side) / 2, tile.top + (tile.height - side) / 2
    place = f'x="{left:.0f}" y="{top:.0f}" width="{side:.0f}" height="{side:.0f}"'
    return f'<rect {place}/><image {place} href="{psf_url(part.psf, glow=True)}"/>'


def _facts(found: Findings) -> str:
    blur, report = found.blur, found.report
    height, width, channels = found.before.shape
    kind = {"none": "none to speak of", "defocus": "out of focus"}.get(blur.kind, blur.kind)
    restored, colours = report.tiles - report.tiles_kept, "grey" if channels == 1 else "colour"
    direct = f"; {report.tiles_direct} without a PSF" if report.tiles_direct else ""
    left = "; the others were left as they are" if report.tiles_kept else ""
    rows = {
        "Kind of blur": kind,
        "Width": f"{blur.extent:.1f} px" if blur.kind != "none" else "-",
        "Direction": "-" if blur.angle is None else f"{blur.angle:.0f}° from the right, upwards",
        "How sure": f"{100 * blur.confidence:.0f} %",
        "Noise": f"{100 * blur.noise:.2f} % of the full range",
        "Size": f"{width} x {height} px, {colours}, {found.before.dtype}",
        "Restored": f"{restored} of {report.tiles} tiles{direct}{left}",
        "Time": f"{report.seconds:.1f} s",
    }
    lines = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows.items())
    return f'<div class="card"><h3>What was found</h3><dl>{lines}</dl></div>'


def _psf(found: Findings) -> str:
    psf, octave = found.blur.psf, found.field[0].octave if found.field else 0
    scaled = f", each of {2**octave} px of the picture" if octave else ""
    return (
        '<figure class="card"><h3>The PSF of the picture as a whole</h3>'
        f'<img class="psf" src="{psf_url(psf)}" alt="PSF: {escape(found.blur.kind)}, '
        f'{found.blur.extent:.1f} px wide">'
        f"<figcaption>What a single point of light became, {len(psf)} x {len(psf)} px{scaled}. "
        "Brightness is the square root of the light, so that faint tails can be seen.</figcaption>"
        "</figure>"
    )


def _spectrum(found: Findings) -> str:
    spectrum = found.spectrum
    low, high = -80.0, 20.0
    shown = heat_url(_small(spectrum.power), float(np.quantile(spectrum.power, 0.02)), high)
    drawn = plot(
        spectrum.frequency.tolist(),
        [
            ("this picture", spectrum.radial.tolist(), "found"),
            ("a sharp scene", spectrum.scene.tolist(), "sharp"),
            ("its noise", [spectrum.floor] * len(spectrum.frequency), "floor"),
        ],
        title="Power of the picture over frequency, beside that of a sharp scene and of the noise",
        labels=("frequency in cycles a pixel", "power in dB"),
        limits=(low, high),
        ticks=((0, 0.1, 0.2, 0.3, 0.4, 0.5), (-80, -60, -40, -20, 0, 20)),
    )
    return (
        '<figure class="card"><h3>Spectrum</h3>'
        f'<img class="spectrum" src="{shown}" alt="Power spectrum, zero frequency in the middle">'
        f"{drawn}<figcaption>Of the part with the most detail. Blur takes away high frequencies: "
        "the line falls below that of a sharp scene, down to the noise. Dark bands are those that "
        "a motion or defocus took out.</figcaption></figure>"
    )


def _small(power: FloatArray) -> FloatArray:
    """Mean over squares, at most some hundred a side."""
    step = -(-max(power.shape) // SPECTRUM_SIDE)
    rows, columns = (extent // step for extent in power.shape)
    whole = power[: rows * step, : columns * step]
    small: FloatArray = whole.reshape(rows, step, columns, step).mean((1, 3))
    return small


def _noise(found: Findings) -> str:
    patch = to_float(found.before[found.flat])
    even = ndimage.gaussian_filter(patch, (EVEN, EVEN, 0))
    louder = np.clip(0.5 + NOISE_SCALE * (patch - even), 0, 1)
    drawn = "<p>No brightness has enough flat parts to measure it apart.</p>"
    if found.brightness.size > 1:
        percent = 100 * found.noise
        most = max(1.0, float(np.ceil(percent.max())))
        drawn = plot(
            found.brightness.tolist(),
            [("noise", percent.tolist(), "found")],
            title="Noise over brightness",
            labels=("brightness", "noise in %"),
            limits=(0, most),
            ticks=((0, 0.25, 0.5, 0.75, 1), [most * part / 4 for part in range(5)]),
        )
    return (
        '<figure class="card"><h3>Noise</h3>'
        f'<img class="pixels spectrum" src="{picture_url(louder)}" '
        f'alt="The flattest part of the picture, its contrast {NOISE_SCALE} times as strong">'
        f"{drawn}<figcaption>Above, the flattest part at {NOISE_SCALE} times its contrast. The "
        "line is the standard deviation of flat parts by their brightness, in % of the full range. "
        "JPEG hides noise.</figcaption></figure>"
    )


def _crops(found: Findings) -> str:
    pairs = "".join(_pair(found, window) for window in found.crops)
    return (
        '<div class="card wide"><h3>Before and after</h3>'
        f'<div class="crops">{pairs}</div><p>Where the restoration changes most, each pixel shown '
        "as one square. What is restored is an estimate, and no evidence of what was there.</p>"
        "</div>"
    )


def _pair(found: Findings, window: Window) -> str:
    rows, columns = window
    place = f"from {columns.start}, {rows.start} to {columns.stop}, {rows.stop} px"
    before, after = (picture_url(each[window]) for each in (found.before, found.after))
    return (
        f'<figure><div class="pair"><img src="{before}" alt="Before: {place}">'
        f'<img src="{after}" alt="After: {place}"></div>'
        f"<figcaption>Before, and after: {place}.</figcaption></figure>"
    )


def _table(found: Findings) -> str:
    """Numbers of each part, for those who do not see or need them exactly."""
    heads = ("left", "top", "width", "height", "blur", "extent in px", "angle", "how sure")
    lines = []
    for part in found.field:
        assert part.psf is not None
        told, tile = describe_psf(part.psf), part.tile
        extent = f"{told.extent * 2**part.octave:.1f}" if told.kind != "none" else ""
        angle = "" if told.angle is None else f"{told.angle:.0f}°"
        cells = (tile.left, tile.top, tile.width, tile.height, told.kind, extent, angle)
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        lines.append(f"<tr>{row}<td>{100 * told.confidence:.0f} %</td></tr>")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        f"<details><summary>The PSF field in numbers ({len(lines)} parts)</summary>"
        '<div class="scroll" tabindex="0" role="region" aria-label="The PSF field in numbers">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div></details>"
    )
