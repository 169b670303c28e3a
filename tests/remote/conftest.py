"""A real server that speaks S3, on loopback, which fails as often as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

moto = pytest.importorskip("moto.server", reason="needs moto[server]")
fsspec = pytest.importorskip("fsspec")
pytest.importorskip("s3fs")


class Faults:
    """Stands before the server: ``answer(method, path)`` gives a status to fail with, or None."""

    def __init__(self, server: Callable) -> None:
        self.server = server
        self.answer: Callable[[str, str], int | None] = lambda method, path: None
        self.failed: list[str] = []

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        status = self.answer(method, path)
        if status is None:
            return self.server(environ, start_response)
        self.failed.append(f"{method} {path}")
        code = {403: "AccessDenied", 503: "SlowDown"}.get(status, "InternalError")
        body = f"<Error><Code>{code}</Code><Message>injected</Message></Error>".encode()
        start_response(f"{status} Injected", [("Content-Type", "application/xml")])
        return [body]


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[str, Faults]]:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *words: object) -> None:
            """Say nothing."""

    faults = Faults(moto.DomainDispatcherApplication(moto.create_backend_app))
    made = make_server("127.0.0.1", 0, faults, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}", faults
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture(scope="session")
def store_settings(server) -> dict[str, str]:
    """What a program needs to find the server."""
    return {
        "AWS_ENDPOINT_URL": server[0],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture
def bucket(server, store_settings, monkeypatch, request) -> Iterator[str]:
    """The URL of an empty bucket of its own."""
    for name, value in store_settings.items():
        monkeypatch.setenv(name, value)
    name = f"b{abs(hash(request.node.nodeid)) % 10**12}"
    fsspec.filesystem("s3").mkdir(name)
    yield f"s3://{name}"
    server[1].answer = lambda method, path: None
    server[1].failed.clear()


@pytest.fixture
def faults(server) -> Faults:
    return server[1]
