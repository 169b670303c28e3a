"""The page: whole, by itself, and readable, also by those who do not see it.

In a real Chromium where there is one (Debian: ``apt install chromium``).
"""

import html.parser
import json
import re
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

import unblur
from unblur.cli.app import main
from unblur.cli.exits import ExitCode

CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)
VOID = {"meta", "img", "input", "link", "br"}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The page of a blurred picture, a grey one of 16 bits, a tiny one and a broken one."""
    folder = tmp_path_factory.mktemp("page")
    scene = unblur.degrade(astronaut()[20:180, 120:320], unblur.disk_psf(3), noise=0.005, seed=0)
    Image.fromarray(scene).save(folder / "a <b> & c.png")
    grey = scene[:120, :160, 1].astype(np.uint16) * 257
    unblur.write_photo(unblur.Photo(grey[..., None]), folder / "grey.tif")
    Image.fromarray(scene[:9, :7]).save(folder / "tiny.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    page = folder / "page.html"
    assert main(["inspect", str(folder), "--html", str(page)]) == ExitCode.FAILED
    return page


class Outline(html.parser.HTMLParser):
    """Checks that every element is closed, and collects what each refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        values = dict(attributes)
        self.references += [values[name] for name in ("src", "href", "action") if name in values]
        self.ids += [values["id"]] if "id" in values else []
        if tag == "img":
            self.texts.append(values["alt"])

    def handle_endtag(self, tag):
        if tag not in {"rect", "image", "path", "input"}:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()


def test_the_page_is_well_formed_and_holds_all_it_shows(told):
    text, outline = told.read_text(), Outline()
    outline.feed(text)
    assert outline.open == []
    assert all(each.startswith("data:image/") for each in outline.references)
    assert len(set(outline.ids)) == len(outline.ids)
    assert all(outline.texts)
    assert "<script" not in text
    assert not re.search(r"url\(|@import|https?:", text)
    assert text.count("<section") == 4
    assert "a &lt;b&gt; &amp; c.png" in text
    assert "Not inspected: " in text


def test_the_report_of_the_page_is_that_of_the_program(told, capsys):
    picture = told.parent / "a <b> & c.png"
    main(["inspect", str(picture), "--json"])
    row = json.loads(capsys.readouterr().out)
    assert f"{row['extent']:.1f} px" in told.read_text()


def test_what_exists_stays_and_only_a_page_is_a_page(told, capsys):
    picture, before = str(told.parent / "tiny.png"), told.read_bytes()
    assert main(["inspect", picture, "--html", str(told)]) == ExitCode.FAILED
    assert "exists already" in capsys.readouterr().err
    assert told.read_bytes() == before
    assert main(["inspect", picture, "--html", str(told.with_suffix(".pdf"))]) == ExitCode.USAGE


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_in_a_browser_without_network(told, browser):
    context = browser.new_context(offline=True, viewport={"width": 360, "height": 800})
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on(
        "request",
        lambda request: said.append(request.url[:30]) if "http" in request.url[:8] else None,
    )
    page.goto(told.as_uri())
    first = page.locator("section").first
    for view, shown in (("map", ".map"), ("field", ".field"), ("picture", None)):
        first.locator(f"input[value={view}]").check()
        seen = [each for each in (".map", ".field") if first.locator(each).is_visible()]
        assert seen == ([shown] if shown else [])
    loaded = "[...document.images].every(each => each.complete && each.naturalWidth > 0)"
    assert page.evaluate(loaded)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate(Path(str(files("axe_playwright_python") / "axe.min.js")).read_text() + "\n;0")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("axe.run('section').then(result => result.violations)")
        assert [
            (each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found
        ] == []
    assert said == []
    context.close()
