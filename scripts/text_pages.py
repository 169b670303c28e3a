"""Draw pages of text to train on: print, signs and notes in the typefaces that matplotlib ships.

Photographs hold little text, and what a network has not seen it takes for noise or ringing::

    python scripts/text_pages.py PAGES_DIR --count 80
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

LETTERS = "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddlllluuucccmmm"
LETTERS += "wwwfffggyyppbbvkxjqz"
FACES = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Italic", "DejaVuSansMono")
FACES += ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for number in range(options.count):
        page = draw_page(np.random.default_rng([options.seed, number]))
        page.save(options.folder / f"text_{number:03d}.png")
    print(options.folder)


def draw_page(rng: np.random.Generator) -> Image.Image:
    paper, ink = _colours(rng)
    page = Image.new("RGB", (960, 768), paper)
    pen = ImageDraw.Draw(page)
    top = int(rng.integers(-20, 40))
    while top < page.height:
        size = int(np.exp(rng.uniform(np.log(9), np.log(64 if rng.random() < 0.3 else 26))))
        font = ImageFont.truetype(_face(rng), size)
        for _ in range(int(rng.integers(1, 8))):
            pen.text((int(rng.integers(0, 60)), top), _line(rng, 2000 // size), ink, font)
            top += int(size * rng.uniform(1.1, 1.5))
        if rng.random() < 0.3:
            pen.line([(0, top), (page.width, top)], ink, int(rng.integers(1, 4)))
        top += int(rng.integers(0, 40))
    return page.rotate(float(rng.normal(0, 2)), Image.Resampling.BICUBIC, fillcolor=paper)


def _colours(rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Dark on light more often than light on dark, grey more often than coloured."""
    spread = 0 if rng.random() < 0.5 else 60
    light = np.clip(rng.integers(190, 256) - rng.integers(0, spread + 1, 3), 0, 255)
    dark = np.clip(rng.integers(0, 90) + rng.integers(0, spread + 1, 3), 0, 255)
    pair = (tuple(map(int, light)), tuple(map(int, dark)))
    return pair if rng.random() < 0.8 else pair[::-1]


def _face(rng: np.random.Generator) -> str:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return str(folder / f"{FACES[rng.integers(len(FACES))]}.ttf")


def _line(rng: np.random.Generator, letters: int) -> str:
    words: list[str] = []
    while sum(map(len, words)) < letters:
        word = "".join(rng.choice(list(LETTERS), rng.integers(1, 11)))
        number = str(rng.integers(3000))
        word = rng.choice([word, word, word, word.capitalize(), word.upper(), number])
        words.append(word + rng.choice(["", "", "", "", ",", "."]))
    return " ".join(words)


if __name__ == "__main__":
    main()
