"""Pictures and plots as text that stands within a page."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unblur.images.color import to_dtype, to_float

__all__ = ["colours_of", "heat_url", "picture_url", "plot", "psf_url"]

FloatArray = NDArray[np.float32]
Line = tuple[str, Sequence[float], str]

# viridis (S. van der Walt, N. Smith; CC0), every 32nd colour: even to the eye, also in grey
_COLOURS = np.array(
    [
        (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141),
        (39, 173, 129), (92, 200, 99), (170, 220, 50), (253, 231, 37),
    ],
    np.float32,
)  # fmt: skip
_GLOW = (255, 214, 64)  # of PSFs over a picture


def picture_url(pixels: NDArray[Any], *, widest: int | None = None, quality: int = 92) -> str:
    """Put a picture (H, W, C) into a URL, made smaller if it is wider than `widest`."""
    shown = pixels if pixels.dtype == np.uint8 else to_dtype(to_float(pixels), np.uint8)
    picture = Image.fromarray(shown[..., 0] if shown.shape[2] == 1 else shown)
    if widest is not None and max(picture.size) > widest:
        picture.thumbnail((widest, widest), Image.Resampling.LANCZOS)
    return _url(picture, "JPEG", quality=quality, subsampling=0)


def psf_url(psf: FloatArray, *, glow: bool = False) -> str:
    """Put a PSF (K, K) into a URL: square roots, so that faint tails can be seen.

    Light on black, or, with `glow`, a colour that is clear where there is no light.
    """
    light = np.rint(255 * np.sqrt(psf / psf.max())).astype(np.uint8)
    if not glow:
        return _url(Image.fromarray(light), "PNG")
    colour = np.broadcast_to(np.array(_GLOW, np.uint8), (*psf.shape, 3))
    return _url(Image.fromarray(np.dstack([colour, light])), "PNG")


def colours_of(values: FloatArray, low: float, high: float) -> NDArray[np.uint8]:
    """Colours (H, W, 4) of a map; clear where it is NaN."""
    share = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    place = np.nan_to_num(share) * (len(_COLOURS) - 1)
    channels = [np.interp(place, range(len(_COLOURS)), _COLOURS[:, each]) for each in range(3)]
    opaque = np.where(np.isnan(values), 0, 255)
    colours: NDArray[np.uint8] = np.rint(np.dstack([*channels, opaque])).astype(np.uint8)
    return colours


def heat_url(values: FloatArray, low: float, high: float) -> str:
    """Put a map (H, W) into a URL, in colours from `low` to `high`."""
    return _url(Image.fromarray(colours_of(values, low, high)), "PNG")


def _url(picture: Image.Image, form: str, **settings: Any) -> str:
    with io.BytesIO() as file:
        picture.save(file, form, **settings)
        content = base64.b64encode(file.getvalue()).decode()
    return f"data:image/{form.lower()};base64,{content}"


def plot(
    across: Sequence[float],
    lines: Sequence[Line],
    *,
    title: str,
    labels: tuple[str, str],
    limits: tuple[float, float],
    ticks: tuple[Sequence[float], Sequence[float]],
) -> str:
    """Draw lines over common places as SVG, in the colours of the page.

    Parameters
    ----------
    across
        Places (N,) along the horizontal axis, growing.
    lines
        Name, values (N,) and class of each line; the class says how it looks.
    title
        What is seen, for those who do not see it.
    labels
        Of the horizontal and the vertical axis.
    limits
        Of the vertical axis.
    ticks
        Values to write along either axis.

    Returns
    -------
    str
        An ``svg`` element.
    """
    wide, tall, left, right, top, bottom = 330, 230, 50, 12, 10, 40
    ends = (min(ticks[0]), max(ticks[0]))
    low, high = limits

    def x(value: float) -> float:
        return left + (value - ends[0]) / (ends[1] - ends[0]) * (wide - left - right)

    def y(value: float) -> float:
        share = min(max((value - low) / (high - low), 0), 1)
        return tall - bottom - share * (tall - top - bottom)

    parts = [
        f'<svg class="plot" viewBox="0 0 {wide} {tall}" role="img">'
        f"<title>{html.escape(title)}</title>"
    ]
    for value in ticks[1]:
        parts.append(f'<path class="grid" d="M{left} {y(value):.1f}H{wide - right}"/>')
        parts.append(
            f'<text class="tick end" x="{left - 6}" y="{y(value) + 4:.1f}">{value:g}</text>'
        )
    for value in ticks[0]:
        parts.append(
            f'<text class="tick mid" x="{x(value):.1f}" y="{tall - bottom + 16}">{value:g}</text>'
        )
    parts.append(
        f'<text class="tick mid" x="{(left + wide - right) / 2}" y="{tall - 6}">{labels[0]}</text>'
    )
    parts.append(
        f'<text class="tick mid" transform="translate(12 {(top + tall - bottom) / 2}) rotate(-90)">'
        f"{labels[1]}</text>"
    )
    for _, values, kind in lines:
        pairs = zip(across, values, strict=True)
        path = "L".join(f"{x(place):.1f} {y(value):.1f}" for place, value in pairs)
        parts.append(f'<path class="line {kind}" d="M{path}"/>')
    keys = "".join(f'<li class="{kind}">{html.escape(name)}</li>' for name, _, kind in lines)
    return "".join(parts) + f'</svg><ul class="keys">{keys}</ul>'
