"""The page in a real browser, against a real server.

``UNBLUR_PICTURES=1`` also takes the pictures in docs/pictures anew.
"""

from __future__ import annotations

import base64
import io
import os
import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unblur

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def expected(photo: bytes, tmp_path: Path, **options: object) -> bytes:
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    source.write_bytes(photo)
    known = {"restorer": unblur.Restorer(threads=1, device="cpu"), "overwrite": True}
    unblur.restore_file(source, target, **{**known, **options})
    return target.read_bytes()


def test_a_photo_comes_in_and_goes_out_as_the_library_writes_it(visitor, photo, tmp_path):
    visitor.choose(("holiday.jpg", photo))
    visitor.wait_for_result("px")
    assert visitor.save() == ("holiday.sharp.jpg", expected(photo, tmp_path))
    # strength at once on the page, and in the file that is saved
    visitor.set("strength", 40)
    assert visitor.page.locator("#after").evaluate("image => image.style.opacity") == "0.4"
    visitor.page.uncheck("#metadata")
    name, data = visitor.save()
    assert data == expected(photo, tmp_path, strength=0.4, strip=True)
    assert name == "holiday.sharp.jpg"
    with visitor.restoring():
        visitor.page.select_option("#quality", "fast")
        assert visitor.page.is_disabled("#save")  # what is shown is not what is wanted
    fast = unblur.Restorer(threads=1, quality="fast", device="cpu")
    wanted = expected(photo, tmp_path, strength=0.4, strip=True, restorer=fast)
    assert visitor.save()[1] == wanted


def test_dropped_pasted_and_the_example(visitor, photo):
    way = """([event, data]) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        const held = new DataTransfer();
        held.items.add(new File([bytes], `${event}.jpg`, { type: "image/jpeg" }));
        const kinds = { drop: DragEvent, paste: ClipboardEvent };
        const told = { bubbles: true, cancelable: true, dataTransfer: held, clipboardData: held };
        document.body.dispatchEvent(new kinds[event](event, told));
    }"""
    for event in ("drop", "paste"):
        visitor.page.evaluate(way, [event, base64.b64encode(photo).decode()])
    visitor.wait_for_result()
    assert visitor.page.locator("#pictures b").all_inner_texts() == ["drop.jpg", "paste.jpg"]
    for name in ("drop.jpg", "paste.jpg"):
        visitor.page.click(f"[aria-label='Remove {name}']")
    assert visitor.page.evaluate("document.activeElement.id") == "choose"
    visitor.page.click("#example")
    visitor.wait_for_result("Out of focus")
    assert visitor.save()[0] == "example.sharp.jpg"


def test_the_keyboard_alone_is_enough(visitor, photo):
    page = visitor.page
    visitor.choose(("holiday.jpg", photo))
    visitor.wait_for_result()
    page.focus("#stage")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#split") == "52"
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("1")
    assert page.locator("#zoom").evaluate("output => output.value") == "100 %"
    page.keyboard.down("b")
    assert not page.locator("#after-layer").is_visible()
    page.keyboard.up("b")
    assert page.locator("#after-layer").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "split"
    page.keyboard.press("Home")
    assert page.locator("#after-layer").evaluate("layer => layer.style.clipPath").endswith("0%)")
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert {"peek", "zoom-in", "strength", "quality", "format", "metadata", "save"} <= reached
    page.focus("#save")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "holiday.sharp.jpg"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visitor, photo, scheme):
    axe = Path(str(files("axe_playwright_python") / "axe.min.js")).read_text() + "\n;0"
    page = visitor.page
    page.emulate_media(color_scheme=scheme)

    def check() -> None:
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(result => result.violations)")
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in serious] == []

    check()
    visitor.choose(("holiday.jpg", photo), ("broken.jpg", photo[:900]))
    visitor.wait_for_result()
    for kind, tool in (("motion", "box"), ("draw", "brush")):
        visitor.pick("kind", kind)
        visitor.pick("tool", tool)
        visitor.wait_for_result()
        check()
    page.goto(f"{visitor.server.url}/docs")
    page.wait_for_selector("article")
    check()


def test_several_at_once_one_of_them_broken(visitor, photo, tmp_path):
    page = visitor.page
    visitor.choose(("one.jpg", photo), ("broken.jpg", photo[:900]), ("one.jpg", photo))
    visitor.wait_until(
        "[...document.querySelectorAll('#pictures small')].map(e => e.textContent).join() === "
        "'done,failed,done'",
    )
    page.click("#pictures li:nth-child(2) button")
    assert "broken.jpg: the picture cannot be read as JPEG" in page.inner_text("#alert")
    assert page.inner_text("#stop") == "Try again"
    page.click("#pictures li:nth-child(3) button")
    visitor.wait_for_result()
    assert not page.is_visible("#alert")
    visitor.set("strength", 40)
    page.click("#same")
    visitor.wait_until("document.querySelectorAll('#pictures li')[0].innerText.includes('done')")
    page.uncheck("#metadata")
    name, data = visitor.download("#save-all:not([disabled])")
    assert name == "unblur.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        wanted = expected(photo, tmp_path, strength=0.4, strip=True)
        saved = {name: archive.read(name) for name in archive.namelist()}
    assert saved == {"one.sharp.jpg": wanted, "one (2).sharp.jpg": wanted}


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_a_tiff_that_no_browser_shows(visitor, small, kind):
    pixels = unblur.Photo(small).as_dtype(kind).pixels
    visitor.choose(("scan.tif", unblur.encode_photo(unblur.Photo(pixels), "TIFF")))
    visitor.wait_for_result()
    for side in ("before", "after"):
        width = visitor.page.locator(f"#{side}").evaluate("image => image.naturalWidth")
        assert width == small.shape[1]
    name, saved = visitor.save()
    assert name == "scan.sharp.tif"
    assert unblur.decode_photo(saved).pixels.dtype == kind


def test_what_is_too_large_is_said_before_it_is_sent(visitor, photo):
    visitor.choose(("holiday.jpg", photo + bytes(1_000_000)))
    visitor.page.wait_for_selector("#alert", state="visible")
    assert "1 MB that this server takes" in visitor.page.inner_text("#alert")


def test_a_token_is_asked_for_before_anything_is_sent(open_page, start_server, photo):
    server = start_server("--workers", "1", UNBLUR_TOKEN="the-right-token")
    visitor = open_page(server)
    page = visitor.page
    page.fill("#token-text", "a-wrong-token")
    page.press("#token-text", "Enter")
    visitor.choose(("holiday.jpg", photo))
    page.wait_for_selector("#alert", state="visible")
    assert "token" in page.inner_text("#alert")
    page.fill("#token-text", "the-right-token")
    page.press("#token-text", "Enter")
    visitor.wait_for_result()
    page.reload()
    visitor.choose(("holiday.jpg", photo))
    visitor.wait_for_result()


def test_the_page_for_programs(visitor):
    visitor.page.goto(f"{visitor.server.url}/docs")
    visitor.page.wait_for_selector("article")
    assert "POST /v1/restore" in visitor.page.inner_text("#operations")


@pytest.mark.skipif("UNBLUR_PICTURES" not in os.environ, reason="pictures are made on demand")
def test_pictures_for_the_guide(visitor):
    page = visitor.page
    folder = PICTURES.parents[1] / "examples" / "pictures"
    visitor.choose(*((f"{n}.jpg", (folder / f"{n}.jpg").read_bytes()) for n in ("coffee", "china")))
    visitor.wait_for_result()
    visitor.wait_until("document.title === 'unblur'")

    def shoot(name: str) -> None:
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(500)
        shot = Image.open(io.BytesIO(page.screenshot()))
        shot.convert("RGB").save(PICTURES / f"{name}.webp", quality=80, method=6)

    shoot("page-light")
    page.emulate_media(color_scheme="dark")
    visitor.pick("tool", "box")
    shoot("page-dark")
    visitor.pick("tool", "whole")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    shoot("page-phone")
