"""What one does with a picture on the page: its blur, its region, and looking closely."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from PIL import Image

import unblur

BOTH = "['before', 'after'].map(id => document.getElementById(id).getBoundingClientRect())"


@pytest.fixture
def visitor(visitor, photo) -> Iterator[object]:
    """Whose picture is restored already."""
    visitor.choose(("holiday.jpg", photo))
    visitor.wait_for_result()
    return visitor


def of_canvas(visitor, id: str) -> bytes:
    url = visitor.page.locator(f"#{id}").evaluate("canvas => canvas.toDataURL()")
    return base64.b64decode(url.partition(",")[2])


def of_service(visitor, files: dict[str, bytes], **data: str) -> bytes:
    named = {name: ("x", content) for name, content in files.items()}
    answer = httpx.post(f"{visitor.server.url}/v1/restore", files=named, data=data, timeout=240)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize(
    ("kind", "sliders", "words", "psf"),
    [
        ("gaussian", {"sigma": 1.5}, "Soft", "gaussian:1.5"),
        ("disk", {"radius": 2}, "4.0 px", "disk:2"),
        ("motion", {"length": 7, "angle": 45}, "at 45°", "motion:7,45"),
    ],
)
def test_sliders_for_a_known_blur(visitor, photo, kind, sliders, words, psf):
    visitor.pick("kind", kind)
    for id, value in sliders.items():
        visitor.set(id, value)
    visitor.wait_for_result(words)
    assert "given by you" in visitor.page.inner_text("#found")
    assert visitor.save()[1] == of_service(visitor, {"image": photo}, psf=psf)


def test_a_psf_drawn_by_mouse_or_by_keyboard(visitor, photo):
    visitor.pick("kind", "draw")
    visitor.drag("pad", (0.3, 0.3), (0.5, 0.45), (0.6, 0.7))
    visitor.wait_for_result("given by you")
    drawn = of_canvas(visitor, "pad")
    assert visitor.save()[1] == of_service(visitor, {"image": photo, "psf": drawn})
    visitor.page.click("#pad-clear")
    visitor.page.focus("#pad")
    with visitor.restoring():
        for key in ("Shift+ArrowLeft", *["ArrowRight"] * 4, "ArrowDown", "Enter"):
            visitor.page.keyboard.press(key)
    pixels = np.asarray(Image.open(io.BytesIO(of_canvas(visitor, "pad"))).convert("L"))
    rows, columns = np.nonzero(pixels > 100)
    assert np.ptp(columns) in (3, 4, 5)
    assert np.ptp(rows) in (1, 2)
    keyed = of_canvas(visitor, "pad")
    assert visitor.save()[1] == of_service(visitor, {"image": photo, "psf": keyed})


def test_a_psf_from_a_file(visitor, photo):
    psf = np.zeros((15, 15, 1), np.uint8)
    psf[7, 4:11] = 255
    file = unblur.encode_photo(unblur.Photo(psf), "PNG")
    visitor.pick("kind", "file")
    visitor.page.set_input_files(
        "#psf-file", [{"name": "psf.png", "mimeType": "image/png", "buffer": file}]
    )
    visitor.wait_for_result("given by you")
    assert visitor.save()[1] == of_service(visitor, {"image": photo, "psf": file})


def test_a_box_restricts_what_is_saved(visitor, photo):
    visitor.pick("kind", "disk")  # so small a picture shows its blur to nobody
    visitor.wait_for_result("6.0 px")
    visitor.pick("tool", "box")
    for side, percent in (("left", 50), ("top", 0), ("width", 50), ("height", 100)):
        visitor.set(f"box-{side}", percent)
    visitor.wait_until("document.querySelector('#after').style.maskImage.includes('blob:')")
    visitor.page.select_option("#format", "png")
    name, data = visitor.save()
    assert name == "holiday.sharp.png"
    moved = moves(photo, data)
    assert moved[:, :47].max() == 0
    assert moved[:, 49:].max() > 5
    visitor.drag("before", (0.4, 0.2), (0.6, 0.6))
    assert abs(float(visitor.page.input_value("#box-height")) - 40) < 1


def test_a_brush_restricts_what_is_saved(visitor, photo):
    visitor.pick("kind", "disk")
    visitor.wait_for_result("6.0 px")
    visitor.pick("tool", "brush")
    visitor.set("brush", 20)
    visitor.drag("before", (0.5, 0.3), (0.55, 0.3))
    visitor.wait_until("document.querySelector('#after').style.maskImage.includes('blob:')")
    with visitor.restoring():  # which leaves the region as it is
        visitor.set("radius", 2.5)
    visitor.page.select_option("#format", "png")
    moved = moves(photo, visitor.save()[1])
    assert moved[10:30, 40:60].max() > 5
    assert moved[55:].max() == 0
    assert moved[:, :20].max() == 0


def moves(photo: bytes, data: bytes) -> np.ndarray:
    before = np.asarray(Image.open(io.BytesIO(photo))).astype(int)
    return np.abs(unblur.decode_photo(data).pixels - before).max(axis=2)


def test_mouse_and_zoom(visitor):
    page = visitor.page
    visitor.drag("stage", (0.5, 0.2), (0.25, 0.2))
    assert abs(float(page.input_value("#split")) - 25) <= 1
    page.click("#zoom-one")
    widths = page.evaluate(f"{BOTH}.map(box => box.width)")
    assert widths == [96, 96]
    page.locator("#stage").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -600)
    page.keyboard.up("Control")
    visitor.wait_until("parseInt(document.querySelector('#zoom').value) > 200")
    before, after = page.evaluate(BOTH)
    assert before == after
    assert before["width"] > 200
    for _ in range(12):
        page.click("#zoom-in")
    assert page.locator("#zoom").evaluate("output => output.value") == "1600 %"
    visitor.drag("stage", (0.8, 0.8), (0.7, 0.7))
    before, after = page.evaluate(BOTH)
    assert before == after
    assert page.locator("#after").evaluate("image => getComputedStyle(image).imageRendering") == (
        "pixelated"
    )


def test_a_telephone_and_two_fingers(open_page, server, photo):
    size = {"width": 360, "height": 740}
    visitor = open_page(server, viewport=size, has_touch=True, is_mobile=True)
    page = visitor.page
    visitor.choose(("a-holiday-with-a-rather-long-name.jpg", photo))
    visitor.wait_for_result()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = "[...document.querySelectorAll('button, select')].filter(e => e.offsetParent && "
    assert page.evaluate(f"{small} e.offsetHeight < 36).map(e => e.id)") == []
    box = page.locator("#stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x + dx, "y": y + dy, "id": id} for id, (dx, dy) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", (0, 0))
    touch("touchMove", (60, 0))
    touch("touchEnd")
    visitor.wait_until("document.querySelector('#split').value > 60")
    touch("touchStart", (-20, 0), (20, 0))
    touch("touchMove", (-80, 0), (80, 0))
    touch("touchEnd")
    before, after = page.evaluate(BOTH)
    assert before == after
    assert before["width"] > 2 * box["width"]
