"""Answers as they go over the wire."""

from __future__ import annotations

import json
import secrets

from starlette.responses import Response

from unblur.web.jobs import Answer
from unblur.web.problems import Problem

__all__ = ["both_response", "file_response", "problem_response"]


def problem_response(problem: Problem) -> Response:
    """Problem details; the connection ends where a body may be left unread."""
    return Response(problem.body(), problem.status, problem.headers())


def file_response(answer: Answer) -> Response:
    """Give the restored file, with the report but for the PSF in a header field."""
    return Response(
        answer.content,
        headers={
            "content-type": answer.media_type,
            "unblur-report": _without_psf(answer.report),
        },
    )


def both_response(answer: Answer) -> Response:
    """Report and file as two parts of a form, which browsers can take apart."""
    boundary = secrets.token_hex(16)
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="report"\r\n'
        f"Content-Type: application/json\r\n\r\n{answer.report}\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="restored"\r\n'
        f"Content-Type: {answer.media_type}\r\n\r\n"
    )
    body = b"".join([parts.encode(), answer.content, f"\r\n--{boundary}--\r\n".encode()])
    return Response(body, headers={"content-type": f"multipart/form-data; boundary={boundary}"})


def _without_psf(report: str) -> str:
    told = json.loads(report)
    if told.get("blur"):
        del told["blur"]["psf"]
    return json.dumps(told)
