"""Real servers in processes of their own, on this machine alone."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

import unblur

SOURCE = str(Path(unblur.__file__).parents[1])
PATIENCE = 240  # seconds, for a machine that is busy with something else
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@dataclass
class Server:
    """A server that runs, its log and the folder for its temporary files."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    scratch: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=PATIENCE)

    def post(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        return httpx.post(self.url + path, content=content, headers=headers, timeout=PATIENCE)

    def send(self, path: str, files: dict, data: dict | None = None, **headers) -> httpx.Response:
        files = {name: ("holiday.jpg", content) for name, content in files.items()}
        return httpx.post(
            self.url + path, files=files, data=data, headers=headers, timeout=PATIENCE
        )

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def start(folder: Path, *words: str, **environment: str) -> Server:
    scratch, log = folder / "tmp", folder / "log"
    scratch.mkdir(exist_ok=True)
    known = {"PYTHONPATH": SOURCE, "OMP_NUM_THREADS": "1", "TMPDIR": str(scratch)}
    known_words = ["--port", "0", "--threads", "1", "--device", "cpu"]  # whatever else is installed
    command = [sys.executable, "-m", "unblur", "serve", *known_words, *words]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, env={**os.environ, **known, **environment}
        )
    until = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until
        time.sleep(0.05)
        with contextlib.suppress(httpx.ConnectError, IndexError):
            url = re.findall(r"unblur: (http://\S+)", log.read_text())[0]
            httpx.get(f"{url}/readyz", timeout=PATIENCE).raise_for_status()
            break
    return Server(process, url, log, scratch)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that do it no harm."""
    words = ("--workers", "1", "--megabytes", "1", "--megapixels", "0.5")
    server = start(tmp_path_factory.mktemp("server"), *words)
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own."""
    started: list[Server] = []

    def begin(*words: str, **environment: str) -> Server:
        started.append(start(tmp_path, *words, **environment))
        return started[-1]

    yield begin
    for server in started:
        server.process.kill()
        server.process.wait()


def scene(height: int, width: int) -> np.ndarray:
    """A picture with edges and texture, blurred a little, uint8 (H, W, 3)."""
    rows, columns = np.mgrid[0:height, 0:width]
    board = ((rows // 9 + columns // 13) % 2)[..., None] * np.array([150, 120, 90])
    noise = np.random.default_rng(height * width).integers(0, 60, (height, width, 3))
    return unblur.degrade((board + noise + 20).astype(np.uint8), unblur.disk_psf(2.0), seed=0)


@pytest.fixture(scope="session")
def small() -> np.ndarray:
    return scene(72, 96)


@pytest.fixture(scope="session")
def large() -> bytes:
    """The file of a picture that takes some seconds of work."""
    return unblur.encode_photo(unblur.Photo(scene(450, 620)), "PNG")


@pytest.fixture(scope="session")
def photo(small) -> bytes:
    """The file of a photograph, with metadata."""
    file = io.BytesIO()
    tags = Image.Exif()
    tags[0x010F] = "a camera"
    Image.fromarray(small).save(file, "JPEG", quality=92, exif=tags.tobytes())
    return file.getvalue()


@dataclass
class Visitor:
    """Somebody before the page."""

    page: object
    server: Server

    def choose(self, *files: tuple[str, bytes]) -> None:
        kind = "image/tiff" if files[0][0].endswith("tif") else "image/jpeg"
        self.page.set_input_files(
            "#files", [{"name": name, "mimeType": kind, "buffer": data} for name, data in files]
        )

    def wait_until(self, expression: str) -> None:
        """Like wait_for_function, which needs eval: the policy forbids that."""
        until = time.monotonic() + PATIENCE
        while not self.page.evaluate(expression):
            assert time.monotonic() < until, expression
            self.page.wait_for_timeout(50)

    def wait_for_result(self, words: str = "") -> None:
        """Wait until the picture is restored, and what was found says these words."""
        self.page.wait_for_selector("#save:not([disabled])")
        self.wait_until(f"document.querySelector('#found').innerText.includes('{words}')")
        self.page.wait_for_selector("#progress", state="hidden")

    @contextlib.contextmanager
    def restoring(self) -> Iterator[None]:
        """Do something that has the picture restored once more."""
        with self.page.expect_response("**/v1/restore"):
            yield
        self.wait_for_result()

    def download(self, button: str) -> tuple[str, bytes]:
        with self.page.expect_download() as download:
            self.page.click(button)
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()

    def save(self) -> tuple[str, bytes]:
        return self.download("#save")

    def pick(self, name: str, value: str) -> None:
        self.page.check(f"[name={name}][value={value}]")

    def set(self, id: str, value: float) -> None:
        """Move a slider, or fill in a number, and let go."""
        self.page.locator(f"#{id}").fill(str(value))
        self.page.locator(f"#{id}").dispatch_event("change")

    def drag(self, id: str, *points: tuple[float, float]) -> None:
        """Draw with the mouse over an element; points are parts of its width and height."""
        element = self.page.locator(f"#{id}")
        element.evaluate("element => element.scrollIntoView({ block: 'center' })")
        box = element.bounding_box()
        for number, (x, y) in enumerate(points):
            place = box["x"] + x * box["width"], box["y"] + y * box["height"]
            self.page.mouse.move(*place, steps=4)
            if number == 0:
                self.page.mouse.down()
        self.page.mouse.up()


@pytest.fixture(scope="module")  # as long as it lives, no other event loop can run
def browser() -> Iterator[object]:
    """A Chromium; Debian: ``apt install chromium``."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser) -> Iterator[Callable[..., Visitor]]:
    """Opens a server's page, whose console must stay clean: it breaks the policy nowhere."""
    opened = []
    said: list[str] = []
    asked: list[str] = []

    def begin(server: Server, **options: object) -> Visitor:
        context = browser.new_context(accept_downloads=True, **options)
        context.set_default_timeout(1000 * PATIENCE)
        opened.append((context, server))
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.url)
        return Visitor(page, server)

    yield begin
    for context, server in opened:
        context.close()
        assert all(url.startswith((server.url, "blob:")) for url in asked)
    # Chromium tells of a refused upload, asked or not
    refused = re.compile("the server responded with a status of (422|415|401)")
    assert [line for line in said if not refused.search(line)] == []


@pytest.fixture
def visitor(open_page, server) -> Visitor:
    return open_page(server, viewport={"width": 1280, "height": 800})
