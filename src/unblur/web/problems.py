"""What goes wrong, as a client is told of it: problem details (RFC 9457)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

from unblur.errors import (
    ArgumentError,
    ImageKindError,
    ImageReadError,
    ImageSizeError,
    ImageWriteError,
)

__all__ = ["MEDIA_TYPE", "Problem", "Refused", "problem_of"]

MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    # the first that fits
    (ImageKindError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (ImageSizeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (ImageReadError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ImageWriteError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ArgumentError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (MemoryError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
_FAULT = "a fault in unblur, not in the request; the server's log has the details"


@dataclass(frozen=True)
class Problem:
    """One answer that is no result.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        One sentence for the person who asked.
    retry_after : int, optional
        Seconds after which it is worth asking again.
    """

    status: int
    detail: str
    retry_after: int | None = None

    def body(self) -> bytes:
        """JSON as of RFC 9457."""
        status = HTTPStatus(self.status)
        return json.dumps(
            {
                "type": "about:blank",
                "title": status.phrase,
                "status": status.value,
                "detail": self.detail,
            }
        ).encode()

    def headers(self) -> dict[str, str]:
        """Header fields that belong to the body."""
        more = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        asks = {"www-authenticate": "Bearer"} if self.status == HTTPStatus.UNAUTHORIZED else {}
        return {"content-type": MEDIA_TYPE, "cache-control": "no-store", **more, **asks}


class Refused(Exception):
    """A request that ends in a problem.

    Parameters
    ----------
    problem : Problem
        What the client is told.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def problem_of(error: Exception) -> Problem:
    """Say of an error whose fault it is.

    Examples
    --------
    >>> problem_of(ImageKindError("is a GIF, which is not supported")).status
    415
    >>> problem_of(ZeroDivisionError()).status
    500
    """
    for kind, status in _STATUS:
        if isinstance(error, kind):
            said = " ".join(str(error).split())
            if isinstance(error, MemoryError):
                said = "the picture needs more memory than a worker has: scale it down"
            elif isinstance(error, ImageReadError):
                said = f"the picture {said.removeprefix('the picture ')}"
            return Problem(status.value, said)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR.value, _FAULT)
