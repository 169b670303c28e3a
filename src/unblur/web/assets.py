"""The files of the page, read once: no path of a request ever reaches the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["asset_routes"]

_FOLDER = Path(__file__).parent / "static"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PAGES = {"index.html": "/", "docs.html": "/docs"}


def asset_routes() -> list[Route]:
    """Make a route for each file of the page."""
    return [_route(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS]


def _route(path: Path) -> Route:
    content = path.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"content-type": _KINDS[path.suffix], "etag": tag, "cache-control": "no-cache"}

    async def serve(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag, "cache-control": "no-cache"})
        return Response(content, headers=headers)

    return Route(_PAGES.get(path.name, f"/assets/{path.name}"), serve, methods=["GET"])
