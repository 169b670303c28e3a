"""Answers as they go over the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Mapping
from contextlib import ExitStack

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from unblur.web.jobs import Answer
from unblur.web.problems import Problem

__all__ = ["HeldResponse", "both_parts", "file_parts", "problem_response"]

_PIECE = 1 << 18


def problem_response(problem: Problem) -> Response:
    """Problem details; the connection ends where a body may be left unread."""
    return Response(problem.body(), problem.status, problem.headers())


class HeldResponse(Response):
    """An answer that keeps its place in the line until the client has it, or takes too long.

    Otherwise clients that ask and do not read would fill the memory with answers.

    Parameters
    ----------
    content : bytes
        The body.
    headers : mapping of str to str
        Its header fields.
    place : ExitStack
        Closed in the end.
    seconds : float
        Longest time for the client to take it.
    """

    def __init__(
        self, content: bytes, headers: Mapping[str, str], place: ExitStack, seconds: float
    ) -> None:
        super().__init__(content, headers=headers)
        self._place = place
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it piece by piece, each when the one before has left."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        with self._place, contextlib.suppress(TimeoutError):  # then the server hangs up
            async with asyncio.timeout(self._seconds):
                await send(start)
                for first in range(0, len(self.body), _PIECE):
                    piece = bytes(self.body[first : first + _PIECE])
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})


def file_parts(answer: Answer) -> tuple[bytes, dict[str, str]]:
    """Body and header fields: the restored file, and the report but for the PSF."""
    told = _without_psf(answer.report)
    return answer.content, {"content-type": answer.media_type, "unblur-report": told}


def both_parts(answer: Answer) -> tuple[bytes, dict[str, str]]:
    """Body and header fields: report and files as a form, which browsers can take apart."""
    boundary = secrets.token_hex(16)
    parts = [
        ("report", "", "application/json", answer.report.encode()),
        ("image", '; filename="restored"', answer.media_type, answer.content),
        ("before", '; filename="before"', "image/png", answer.before),
        ("after", '; filename="after"', "image/png", answer.after),
    ]
    pieces = []
    for name, file, kind, content in parts:
        if content:
            disposition = f'form-data; name="{name}"{file}'
            head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {kind}"
            pieces += [f"{head}\r\n\r\n".encode(), content, b"\r\n"]
    body = b"".join([*pieces, f"--{boundary}--\r\n".encode()])
    return body, {"content-type": f"multipart/form-data; boundary={boundary}"}


def _without_psf(report: str) -> str:
    told = json.loads(report)
    if told.get("blur"):
        del told["blur"]["psf"]
    return json.dumps(told)
