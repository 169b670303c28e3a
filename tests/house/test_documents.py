"""README, guide and examples do what they say: everything in them is executed.

A fenced block marked ``console`` is run line by line (those after ``$ ``), one marked ``python``
as one script, both in a folder that holds a few small pictures, in the order of the page. Blocks
marked ``sh`` are for a person: set-up, or hours of training.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "examples" / "pictures"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
FENCE = re.compile(r"^( *)```(console|python)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Kind and text of each block of a page that is to be executed."""
    for indent, kind, text in FENCE.findall(page.read_text(encoding="utf-8")):
        yield kind, "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))


def commands(text: str) -> Iterator[str]:
    """Commands of a console block; one that ends in a backslash goes on in the next line."""
    joined = text.replace("\\\n", " ")
    return (line.removeprefix("$ ") for line in joined.splitlines() if line.startswith("$ "))


def small(name: str, target: Path) -> None:
    """Put the middle of an example picture at `target`."""
    with Image.open(PICTURES / f"{name}.jpg") as picture:
        left, top = (picture.width - 256) // 2, (picture.height - 192) // 2
        target.parent.mkdir(parents=True, exist_ok=True)
        picture.crop((left, top, left + 256, top + 192)).save(target)


def clip(photo: Path, target: Path) -> None:
    """Make a video of five frames that slide over a picture."""
    with Image.open(photo) as picture, av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=30, width=96, height=64)
        for number in range(5):
            frame = av.VideoFrame.from_image(picture.crop((number, 40, 96 + number, 104)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the pages assume it."""
    small("china", tmp_path / "photo.jpg")
    small("coffee", tmp_path / "scan.tif")
    small("astronaut", tmp_path / "shots" / "one.jpg")
    small("coffee", tmp_path / "shots" / "more" / "two.png")
    clip(tmp_path / "photo.jpg", tmp_path / "clip.mp4")
    return tmp_path


def run(command: list[str], folder: Path) -> None:
    programs = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": os.pathsep.join([programs, os.environ["PATH"]])}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages(page: Path, folder: Path) -> None:
    for kind, text in blocks(page):
        if kind == "python":
            run([sys.executable, "-c", text], folder)
        else:
            for command in commands(text):
                run(["bash", "-euo", "pipefail", "-c", command], folder)


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_examples(script: Path, folder: Path) -> None:
    run([sys.executable, str(script)], folder)


def test_the_page_of_commands_knows_every_command() -> None:
    from unblur.cli.app import COMMANDS

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"unblur {entry.name}" in readme for entry in COMMANDS)
