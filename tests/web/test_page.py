"""The page in a real browser, against a real server.

Needs a Chromium on this machine (Debian: ``apt install chromium``); skipped without one.
``UNBLUR_PICTURES=1`` also takes the pictures in docs/pictures anew.
"""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unblur

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: apt install chromium", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
PATIENCE = 240_000  # milliseconds
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server) -> Iterator:
    """The page, whose console must stay clean: the policy of the server is broken nowhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    yield page
    context.close()
    refused = "the server responded with a status of 422"  # Chromium tells of it, asked or not
    assert [line for line in said if refused not in line] == []
    assert all(url.startswith((server.url, "blob:")) for url in asked)


@pytest.fixture(scope="module")
def photo(small) -> bytes:
    file = io.BytesIO()
    tags = Image.Exif()
    tags[0x010F] = "a camera"
    Image.fromarray(small).save(file, "JPEG", quality=92, exif=tags.tobytes())
    return file.getvalue()


def choose(page, *files: tuple[str, bytes]) -> None:
    kind = "image/tiff" if files[0][0].endswith("tif") else "image/jpeg"
    page.set_input_files(
        "#files", [{"name": name, "mimeType": kind, "buffer": data} for name, data in files]
    )


def wait_until(page, expression: str) -> None:
    """Like wait_for_function, which needs eval: the policy forbids that."""
    until = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < until, expression
        page.wait_for_timeout(50)


def wait_for_result(page) -> None:
    page.wait_for_selector("#save:not([disabled])")
    page.wait_for_selector("#progress", state="hidden")


def save(page) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.click("#save")
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def set_slider(page, id: str, value: float) -> None:
    page.locator(f"#{id}").fill(str(value))


def expected(photo: bytes, tmp_path: Path, **options: object) -> bytes:
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    source.write_bytes(photo)
    restorer = unblur.Restorer(threads=1)
    unblur.restore_file(source, target, restorer=restorer, overwrite=True, **options)
    return target.read_bytes()


def test_a_photo_comes_in_and_goes_out_as_the_library_writes_it(page, photo, tmp_path):
    choose(page, ("holiday.jpg", photo))
    wait_for_result(page)
    assert "px" in page.inner_text("#found")
    assert save(page) == ("holiday.sharp.jpg", expected(photo, tmp_path))
    # strength at once on the page, and in the file that is saved
    set_slider(page, "strength", 40)
    assert page.locator("#after").evaluate("image => image.style.opacity") == "0.4"
    page.uncheck("#metadata")
    name, data = save(page)
    assert data == expected(photo, tmp_path, strength=0.4, strip=True)
    assert name == "holiday.sharp.jpg"
    # another blur, given by sliders
    page.check("[name=kind][value=disk]")
    wait_for_result(page)
    set_slider(page, "radius", 2)
    page.locator("#radius").dispatch_event("change")
    wait_until(page, "document.querySelector('#found').innerText.includes('4.0 px')")
    wait_for_result(page)
    psf = unblur.disk_psf(2.0)
    assert save(page)[1] == expected(photo, tmp_path, psf=psf, strength=0.4, strip=True)


def test_a_box_restricts_what_is_saved(page, photo, small):
    choose(page, ("holiday.jpg", photo))
    wait_for_result(page)
    page.check("[name=kind][value=disk]")  # so small a picture shows its blur to nobody
    wait_until(page, "document.querySelector('#found').innerText.includes('6.0 px')")
    wait_for_result(page)
    page.check("[name=tool][value=box]")
    for side, percent in (("left", 50), ("top", 0), ("width", 50), ("height", 100)):
        set_slider(page, f"box-{side}", percent)
        page.locator(f"#box-{side}").dispatch_event("change")
    wait_until(page, "document.querySelector('#after').style.maskImage.includes('blob:')")
    page.select_option("#format", "png")
    name, data = save(page)
    assert name == "holiday.sharp.png"
    before = np.asarray(Image.open(io.BytesIO(photo))).astype(int)
    moved = np.abs(unblur.decode_photo(data).pixels - before).max(axis=2)
    assert moved[:, :47].max() == 0
    assert moved[:, 49:].max() > 5


def test_mouse_brush_and_zoom(page, photo):
    choose(page, ("holiday.jpg", photo))
    wait_for_result(page)
    stage = page.locator("#stage").bounding_box()
    x, y = stage["x"] + stage["width"] * 0.5, stage["y"] + stage["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - stage["width"] * 0.25, y, steps=4)
    page.mouse.up()
    assert abs(float(page.input_value("#split")) - 25) <= 1
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    wait_until(
        page,
        "new Set(['before', 'after'].map("
        "id => document.getElementById(id).style.transform)).size === 1",
    )
    assert int(page.locator("#zoom").evaluate("output => parseInt(output.value)")) > 200
    page.check("[name=tool][value=brush]")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=4)
    page.mouse.up()
    wait_until(page, "document.querySelector('#after').style.maskImage.includes('blob:')")


def test_the_keyboard_alone_is_enough(page, photo):
    choose(page, ("holiday.jpg", photo))
    wait_for_result(page)
    page.focus("#stage")
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("1")
    assert page.locator("#zoom").evaluate("output => output.value") == "100 %"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "split"
    page.keyboard.press("Home")
    assert page.locator("#after-layer").evaluate("layer => layer.style.clipPath").endswith("0%)")
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert {"zoom-in", "strength", "format", "metadata", "save"} <= reached


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, photo, scheme):
    page.emulate_media(color_scheme=scheme)
    choose(page, ("holiday.jpg", photo), ("broken.jpg", photo[:900]))
    wait_for_result(page)
    page.check("[name=kind][value=motion]")
    page.check("[name=tool][value=box]")
    wait_for_result(page)
    page.evaluate(Path(str(files("axe_playwright_python") / "axe.min.js")).read_text() + "\n;0")
    found = page.evaluate("axe.run().then(result => result.violations)")
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in serious] == []


def test_several_at_once_one_of_them_broken(page, photo):
    choose(page, ("one.jpg", photo), ("broken.jpg", photo[:900]), ("two.jpg", photo))
    wait_until(
        page,
        "[...document.querySelectorAll('#pictures small')].map(e => e.textContent).join() === "
        "'done,failed,done'",
    )
    page.click("#pictures li:nth-child(2) button")
    assert "broken.jpg: the picture cannot be read as JPEG" in page.inner_text("#alert")
    assert page.inner_text("#stop") == "Try again"
    page.click("#pictures li:nth-child(3) button")
    wait_for_result(page)
    assert not page.is_visible("#alert")
    assert save(page)[0] == "two.sharp.jpg"


def test_a_tiff_that_no_browser_shows(page, small):
    data = unblur.encode_photo(unblur.Photo(small.astype(np.uint16) * 257), "TIFF")
    choose(page, ("scan.tif", data))
    wait_for_result(page)
    assert page.locator("#after").evaluate("image => image.naturalWidth") == small.shape[1]
    name, saved = save(page)
    assert name == "scan.sharp.tif"
    assert unblur.decode_photo(saved).pixels.dtype == np.uint16


def test_a_telephone(page, photo):
    page.set_viewport_size({"width": 360, "height": 740})
    choose(page, ("holiday.jpg", photo))
    wait_for_result(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_page_for_programs(page, server):
    page.goto(f"{server.url}/docs")
    page.wait_for_selector("article")
    assert "POST /v1/restore" in page.inner_text("#operations")


@pytest.mark.skipif("UNBLUR_PICTURES" not in os.environ, reason="pictures are made on demand")
def test_pictures_for_the_guide(page):
    coffee = (PICTURES.parents[1] / "examples" / "pictures" / "coffee.jpg").read_bytes()
    choose(page, ("coffee.jpg", coffee))
    wait_for_result(page)

    def shoot(name: str) -> None:
        page.wait_for_timeout(500)
        shot = Image.open(io.BytesIO(page.screenshot()))
        shot.convert("RGB").save(PICTURES / f"{name}.webp", quality=80, method=6)

    shoot("page-light")
    page.emulate_media(color_scheme="dark")
    page.check("[name=tool][value=box]")
    shoot("page-dark")
    page.check("[name=tool][value=whole]")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    shoot("page-phone")
