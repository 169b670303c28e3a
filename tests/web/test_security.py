"""Who may ask. No worker is needed to refuse."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import httpx
import pytest

from unblur.errors import ArgumentError
from unblur.web.app import make_app
from unblur.web.settings import Settings


def ask(settings: Settings, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(make_app(settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(send())


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (None, 401),
        ("Bearer wrong-token", 401),
        ("Bearer ", 401),
        ("Bearer right-token-and-more", 401),
        ("Basic right-token", 401),
        ("Bearer right-tökeñ", 401),
        ("Bearer right-token", 200),
        ("bearer right-token", 200),
    ],
)
def test_token(shown, status):
    headers = {} if shown is None else {"authorization": shown.encode()}
    answer = ask(Settings(token="right-token"), "/v1/models", **headers)
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["status"] == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/metrics", 401),
        ("/v1/progress/x", 401),
        ("/v1/limits/", 401),
        ("/v1/limits", 200),
        ("/", 200),
        ("/healthz", 200),
    ],
)
def test_what_a_token_protects(path, status):
    assert ask(Settings(token="right-token"), path).status_code == status


@pytest.mark.parametrize(
    ("host", "names", "status"),
    [
        ("localhost:8000", (), 200),
        ("127.0.0.1", (), 200),
        ("[::1]:8000", (), 200),
        ("evil.example", (), 421),
        ("localhost.evil.example", (), 421),
        ("[", (), 421),
        ("photos.example", ("photos.example",), 200),
    ],
)
def test_a_name_that_somebody_else_points_here_is_refused(host, names, status):
    assert ask(Settings(names=names), "/healthz", host=host).status_code == status


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_sites_cannot_post(site):
    answer = ask(Settings(), "/v1/restore", "POST", **{"sec-fetch-site": site})
    assert answer.status_code == 403


def test_the_policy_lets_nothing_in_but_our_own():
    policy = ask(Settings(), "/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/", "/docs", "/assets/app.js", "/assets/style.css"])
def test_the_page_names_no_other_host(path):
    text = ask(Settings(), path).text.replace("http://www.w3.org", "")
    assert "http://" not in text
    assert "https://" not in text
    assert " style=" not in text
    assert "onclick=" not in text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_no_open_door_by_accident(host):
    with pytest.raises(ArgumentError, match="UNBLUR_TOKEN"):
        Settings(host=host)
    assert Settings(host=host, insecure=True)
    assert Settings(host=host, token="a-good-token")


@pytest.mark.parametrize("token", ["short", "nicht-àscii-aber-lang"])
def test_weak_tokens_are_refused(token):
    with pytest.raises(ArgumentError, match="8 characters"):
        Settings(token=token)


def test_the_command_refuses_an_open_door():
    command = [sys.executable, "-m", "unblur", "serve", "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "UNBLUR_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr


def test_path_tricks_reach_no_file():
    for path in ("/assets/../app.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd"):
        assert ask(Settings(), path).status_code == 404


def test_a_port_in_use_is_told_at_once():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "unblur", "serve", "--port", port, "--threads", "1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 2
    assert "choose another --host or --port" in done.stderr
    assert "Traceback" not in done.stderr
