"""A benchmark as one HTML file: tables, plots, and crops side by side, all inside it."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping
from pathlib import Path

from unblur.evaluation.gallery import PSF_NAME, SHARP_NAME, Gallery
from unblur.evaluation.methods import INPUT
from unblur.evaluation.records import Row
from unblur.evaluation.report import origins, set_tables, set_title
from unblur.evaluation.summary import by_set

__all__ = ["html_page"]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
       color: #222; background: #fff }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
.crops { display: flex; flex-wrap: wrap; gap: .6rem }
figure { margin: 0; width: 160px; position: relative }
figure img { width: 160px; image-rendering: pixelated; display: block }
figure img.psf { position: absolute; right: 0; top: 0; width: 56px; border: 1px solid #fff }
figcaption { font-size: 12px; line-height: 1.3; padding-top: .2rem }
.plots img { max-width: 100% }
.origin { color: #666; font-size: 13px }
"""


def html_page(
    rows: Iterable[Row],
    *,
    gallery: Gallery | None = None,
    plots: Mapping[tuple[str, str], Mapping[str, bytes]] | None = None,
) -> str:
    """Write all scores as one HTML page that needs no other file.

    Parameters
    ----------
    rows : iterable of Row
        Rows of any sets, those of the input included.
    gallery : Gallery or None
        Where crops were kept; those that are missing are left out.
    plots : mapping or None
        For names of pictures and protocol, PNG files by name, see `draw_plots`.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ArgumentError
        If the input's own row of a case is missing.

    Examples
    --------
    >>> html_page([]).startswith("<!DOCTYPE html>")
    True
    """
    sections = [
        _section(group, gallery, (plots or {}).get((group[0].pictures, group[0].protocol), {}))
        for group in by_set(rows).values()
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>unblur benchmark</title>\n'
        f"<style>{_STYLE}</style>\n<h1>Benchmark</h1>\n{''.join(sections)}</html>\n"
    )


def _section(rows: list[Row], gallery: Gallery | None, plots: Mapping[str, bytes]) -> str:
    parts = [f"<h2>{html.escape(set_title(rows))}</h2>"]
    parts += [table.to_html() for table in set_tables(rows)]
    if plots:
        drawn = "".join(
            f'<img src="{_data(content)}" alt="gain against {html.escape(name)}">'
            for name, content in plots.items()
        )
        parts.append(f'<div class="plots">{drawn}</div>')
    if gallery is not None:
        parts += [_crops(rows, kind, gallery) for kind in dict.fromkeys(row.kind for row in rows)]
    parts += [f'<p class="origin">{html.escape(line)}</p>' for line in origins(rows)]
    return "\n".join(parts) + "\n"


def _crops(rows: list[Row], kind: str, gallery: Gallery) -> str:
    """One row of pictures: the sharp crop, the input with its PSF, then every method."""
    place = (rows[0].pictures, rows[0].protocol, kind)
    owner = gallery.path(*place, "owner").with_suffix(".txt")
    if not owner.exists():
        return ""
    picture = owner.read_text(encoding="utf-8")
    shown = [row for row in rows if (row.picture, row.kind) == (picture, kind)]
    figures = [_figure(gallery.path(*place, SHARP_NAME), SHARP_NAME, "")]
    for row in shown:
        inset = gallery.path(*place, PSF_NAME) if row.method == INPUT.name else None
        words = f"{html.escape(row.method)}<br>{row.psnr:.2f} dB, SSIM {row.ssim:.3f}"
        figures.append(_figure(gallery.path(*place, row.method), words, _inset(inset)))
    title = html.escape(f"{kind}: {picture}")
    return f'<h3>{title}</h3>\n<div class="crops">{"".join(figures)}</div>'


def _figure(path: Path, words: str, inset: str) -> str:
    if not path.exists():
        return ""
    image = f'<img src="{_data(path.read_bytes())}" alt="">'
    return f"<figure>{image}{inset}<figcaption>{words}</figcaption></figure>"


def _inset(path: Path | None) -> str:
    if path is None or not path.exists():
        return ""
    return f'<img class="psf" src="{_data(path.read_bytes())}" alt="PSF">'


def _data(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
