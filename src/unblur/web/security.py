"""Who may ask, and what browsers may do with the answers."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unblur.web.answers import problem_response
from unblur.web.problems import Problem
from unblur.web.settings import Settings, is_loopback

__all__ = ["HEADERS", "Guard"]

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Header fields of every answer."""

_NEEDS_TOKEN = ("/v1/", "/metrics")
_OPEN = "/v1/limits"  # tells the page whether to ask for a token


class Guard:
    """The outermost layer: refuses whom the settings refuse, and marks every answer.

    Parameters
    ----------
    app : ASGI application
        What it guards.
    settings : Settings
        Of the server.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._token = settings.token
        # a page elsewhere may point a name of its own at 127.0.0.1 (DNS rebinding)
        self._names = settings.names if is_loopback(settings.host) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                marked = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    marked[name] = value
                marked.setdefault("cache-control", "no-store")
            await send(message)

        problem = self._refuse(scope["path"], scope["method"], Headers(scope=scope))
        answer = self._app if problem is None else problem_response(problem)
        await answer(scope, receive, send_marked)

    def _refuse(self, path: str, method: str, headers: Headers) -> Problem | None:
        if self._names is not None and not self._is_ours(headers.get("host", "")):
            return Problem(
                421, "this server does not answer to that name: start it with --name NAME"
            )
        if method == "POST" and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return Problem(403, "pages of other sites may not use this server")
        asks = path.startswith(_NEEDS_TOKEN) and path != _OPEN
        if self._token and asks and not self._knows_token(headers):
            return Problem(401, "a bearer token is asked for: Authorization: Bearer TOKEN")
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return is_loopback(name) or name in (self._names or ())

    def _knows_token(self, headers: Headers) -> bool:
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        # in constant time: the duration must not tell how much of it was right
        right = hmac.compare_digest(shown.strip().encode(), (self._token or "").encode())
        return right and scheme.lower() == "bearer"
