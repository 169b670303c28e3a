"""Measure whether text can be read again: character error rates before and after restoration.

Pages of sentences and sheets of number plates in several typefaces, blurred by the PSFs of the
validation protocol with noise of 0.01, are restored blind and read by Tesseract, which must be
installed (Debian: ``tesseract-ocr``)::

    python scripts/measure_text.py --count 6
    python scripts/measure_text.py --kinds motion --count 2 --save FOLDER
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rapidfuzz.distance import Levenshtein

import unblur
from unblur.evaluation.protocols import VALIDATION
from unblur.evaluation.tables import Table

FACES = ("DejaVuSans", "DejaVuSerif", "STIXGeneral", "DejaVuSans-Bold", "cmr10", "DejaVuSansMono")
SENTENCES = (
    "The harbour was quiet when the last boat came in.",
    "Nobody had expected rain so early in the autumn.",
    "Please keep this door closed during the night.",
    "Seven grey horses stood beside the wooden fence.",
    "The train to the coast leaves from platform nine.",
    "Read the label before you open the small bottle.",
    "A letter from the museum arrived this morning.",
    "They measured the garden twice and drew a plan.",
    "Turn left after the bridge and follow the river.",
    "Every window of the old library was lit again.",
    "The price includes breakfast and a map of town.",
    "Bring warm clothes, good shoes and some water.",
)
LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"
KINDS = ("gaussian", "defocus", "motion", "shake")
PROTOCOL = replace(VALIDATION, noise=0.01)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=6, help="pictures a kind of blur")
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--quality", default="balanced", choices=("fast", "balanced", "best"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--save", type=Path, help="folder for the pictures")
    options = parser.parse_args()
    restorer = unblur.Restorer(
        quality=options.quality, device=options.device, threads=options.threads
    )
    body = []
    for kind in options.kinds:
        rates = [_rates(kind, number, restorer, options.save) for number in range(options.count)]
        sharp, blurred, restored = (fmean(column) for column in zip(*rates, strict=True))
        shown = [f"{rate:.1%}" for rate in (sharp, blurred, restored)]
        body.append((kind, *shown, f"{restored / max(blurred, 1e-9):.2f}"))
    header = ("blur", "sharp", "blurred", "restored", "restored / blurred")
    print(Table("character error rates", header, tuple(body)).to_markdown())


def _rates(
    kind: str, number: int, restorer: unblur.Restorer, folder: Path | None
) -> tuple[float, float, float]:
    """Error rates of one picture: sharp, blurred, restored."""
    name = f"text{number}.png"
    picture, text = draw(number)
    case = PROTOCOL.case(name, picture, kind)
    blurred = np.round(case.blurred * 255).astype(np.uint8)
    pictures = {"sharp": np.round(case.sharp * 255).astype(np.uint8), "blurred": blurred}
    pictures["restored"] = restorer.restore(blurred)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for state, pixels in pictures.items():
            Image.fromarray(pixels).save(folder / f"{kind}-{number}-{state}.png")
    sharp, before, after = (error_rate(read(pixels), text) for pixels in pictures.values())
    return sharp, before, after


def draw(number: int) -> tuple[NDArray[np.float32], str]:
    """Draw a page of sentences, or a sheet of number plates for odd numbers, and tell its text."""
    rng = np.random.default_rng([5, number])
    face = FACES[number // 2 % len(FACES)]
    lines, size = (_plates(rng), 36) if number % 2 else (_sentences(rng), 18)
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    font = ImageFont.truetype(str(fonts / f"{face}.ttf"), size)
    page = Image.new("RGB", (760, 520), (246, 244, 238))
    pen = ImageDraw.Draw(page)
    for row, line in enumerate(lines):
        pen.text((60, 45 + row * round(2 * size)), line, (25, 25, 35), font)
    return np.asarray(page, np.float32) / 255, "\n".join(lines)


def _sentences(rng: np.random.Generator) -> list[str]:
    return [SENTENCES[int(each)] for each in rng.choice(len(SENTENCES), 10, replace=False)]


def _plates(rng: np.random.Generator) -> list[str]:
    def pick(letters: str, count: int) -> str:
        return "".join(rng.choice(list(letters), count))

    plates = [f"{pick(LETTERS, 2)} {pick(DIGITS, 4)} {pick(LETTERS, 2)}" for _ in range(10)]
    return [f"{one}    {other}" for one, other in zip(plates[::2], plates[1::2], strict=True)]


def read(pixels: NDArray[np.uint8]) -> str:
    """What Tesseract reads, as one block of text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.png"
        Image.fromarray(pixels).save(file)
        command = ["tesseract", str(file), "-", "--psm", "6", "-l", "eng"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def error_rate(found: str, text: str) -> float:
    """Edits from what was read to the text for each of its characters, at most 1; space is none."""
    found, text = ("".join(each.split()) for each in (found, text))
    return min(1.0, Levenshtein.distance(found, text) / len(text))


if __name__ == "__main__":
    main()
