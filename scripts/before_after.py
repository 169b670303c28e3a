"""Lay pictures before and after restoration side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

GAP = 8
CAPTION = 26
INK, PAPER = (70, 70, 70), (255, 255, 255)


@dataclass(frozen=True)
class Pair:
    """One row of a sheet; `crop` is (left, top, right, bottom), the whole picture if None."""

    before: Path
    after: Path
    caption: str
    crop: tuple[int, int, int, int] | None = None


def write_sheet(pairs: Sequence[Pair], target: Path, *, zoom: int = 1) -> None:
    """Draw one row a pair, the picture before on the left, and write it as `target`."""
    rows = [_row(pair, zoom) for pair in pairs]
    width = max(row.width for row in rows)
    sheet = Image.new("RGB", (width, sum(row.height for row in rows)), PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    sheet.save(target, quality=92, subsampling="4:4:4")


def _row(pair: Pair, zoom: int) -> Image.Image:
    before, after = _picture(pair.before, pair.crop, zoom), _picture(pair.after, pair.crop, zoom)
    row = Image.new("RGB", (2 * before.width + GAP, before.height + CAPTION), PAPER)
    row.paste(before, (0, 0))
    row.paste(after, (before.width + GAP, 0))
    draw, font = ImageDraw.Draw(row), ImageFont.load_default(size=15)
    draw.text((4, before.height + 4), "before", INK, font)
    draw.text((before.width + GAP + 4, before.height + 4), f"after: {pair.caption}", INK, font)
    return row


def _picture(path: Path, crop: tuple[int, int, int, int] | None, zoom: int) -> Image.Image:
    with Image.open(path) as stored:
        picture = ImageOps.exif_transpose(stored).convert("RGB")
    if crop:
        picture = picture.crop(crop)
    # whole pixels stay visible: a smoother enlargement would hide what is to be judged
    size = (picture.width * zoom, picture.height * zoom)
    return picture.resize(size, Image.Resampling.NEAREST)
