"""Full lines, clients that leave, time that runs out, and ends of every kind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx

import unblur
from unblur.web.answers import HeldResponse, file_parts
from unblur.web.jobs import Answer

ID = "an-id-of-this-test-only"


def in_background(server, body: bytes) -> Future[httpx.Response]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(server.post, f"/v1/restore?id={ID}", body)
    pool.shutdown(wait=False)
    return future


def wait_for_work(server) -> None:
    until = time.monotonic() + 240
    while True:
        if server.get(f"/v1/progress/{ID}").json()["state"] == "working":
            return
        assert time.monotonic() < until
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """Processes that any thread of a process has started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for path in lists for word in path.read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_server_under_load_then_stopped(start_server, large, small):
    server = start_server("--workers", "1", "--waiting", "0")
    little = unblur.encode_photo(unblur.Photo(small), "PNG")
    # a client that leaves in mid-work
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as leaver:
        head = f"POST /v1/restore?id={ID} HTTP/1.1\r\nHost: {host}\r\n"
        leaver.sendall(f"{head}Content-Length: {len(large)}\r\n\r\n".encode() + large)
        wait_for_work(server)
        assert server.post("/v1/restore", little).status_code == 429
    until = time.monotonic() + 240
    while (answer := server.post("/v1/restore", little)).status_code == 429:
        assert int(answer.headers["retry-after"]) >= 1
        assert time.monotonic() < until
        time.sleep(0.1)
    assert answer.status_code == 200
    # full, and told to stop
    with httpx.Client(base_url=server.url, timeout=60) as client:
        client.get("/healthz")
        answer = in_background(server, large)
        wait_for_work(server)
        assert all(client.get("/healthz").is_success for _ in range(5))
        assert not answer.done()  # seconds of work did not delay them
    assert server.stop(signal.SIGTERM) == 0
    assert answer.result(240).status_code == 200
    assert unblur.decode_photo(answer.result().content).pixels.shape == (450, 620, 3)
    assert not list(server.scratch.iterdir())
    assert "Traceback" not in server.log.read_text()


def test_a_server_that_is_killed_leaves_nothing(start_server, large, small):
    server = start_server("--workers", "1")
    answer = in_background(server, large)
    wait_for_work(server)
    workers = children(server.process.pid)
    assert workers
    server.stop(signal.SIGKILL)
    assert isinstance(answer.exception(240), httpx.TransportError)
    until = time.monotonic() + 240
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert not list(server.scratch.iterdir())
    # and the next one starts as if nothing had been
    again = start_server("--workers", "1", "--port", server.url.rpartition(":")[2])
    little = unblur.encode_photo(unblur.Photo(small), "PNG")
    assert again.post("/v1/inspect", little).status_code == 200
    assert not list(again.scratch.iterdir())


def test_work_that_takes_too_long_ends_and_a_worker_that_dies_is_replaced(
    start_server, large, small
):
    server = start_server("--workers", "1", "--seconds", "0.5")
    answer = server.post("/v1/restore", large)
    assert answer.status_code == 503
    assert "0.5 s" in answer.json()["detail"]
    assert server.post("/v1/inspect", b"hello").status_code == 415
    for pid in children(server.process.pid):
        if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGKILL)
    statuses = [server.post("/v1/inspect", b"hello").status_code for _ in range(2)]
    assert statuses == [500, 415]


def test_a_report_in_a_header_is_latin(small):
    """Header fields hold no other letters; JSON escapes them."""
    answer = Answer('{"notes": ["ü, 模"], "blur": null}', 1.0, b"x", "image/png")
    assert file_parts(answer)[1]["unblur-report"].isascii()


def test_a_client_that_does_not_read_loses_its_answer_and_its_place():
    """Against a stand-in for the socket: the real one takes minutes."""
    left: list[str] = []
    place = contextlib.ExitStack()
    place.callback(left.append, "left")
    sent = []

    async def send(message) -> None:
        sent.append(message)
        if len(sent) == 3:
            await asyncio.sleep(60)

    response = HeldResponse(bytes(1_000_000), {}, place, seconds=0.05)
    asyncio.run(response({"type": "http"}, None, send))
    assert left == ["left"]
    assert len(sent) == 3
