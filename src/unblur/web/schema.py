"""What the OpenAPI document says of bodies and answers that FastAPI cannot see."""

from __future__ import annotations

from typing import Any, get_args

from unblur.web.jobs import FORMATS, Quality
from unblur.web.problems import MEDIA_TYPE

__all__ = ["INSPECT", "LIMITS", "MODELS", "PROBLEMS", "RESTORE"]

_FILE = {"type": "string", "format": "binary"}
_FILES = {media_type: {"schema": _FILE} for media_type in FORMATS.values()}
_JSON = {"application/json": {"schema": {"type": "object"}}}

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}

_MEANINGS = {
    400: "The form cannot be read.",
    401: "A bearer token is asked for.",
    403: "Pages of other sites may not use this server.",
    404: "There is no such thing here.",
    408: "The body took too long to arrive.",
    409: "The id is in use.",
    413: "The body has too many bytes, or the picture too many pixels.",
    415: "The body is no picture of a kind that is supported.",
    421: "The server does not answer to this host name.",
    422: "The picture is damaged, or an option is wrong.",
    429: "All places in the line are taken; Retry-After says when to come back.",
    500: "A fault in unblur.",
    503: "The server is not ready, or the work took too long.",
}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": meaning, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    for status, meaning in _MEANINGS.items()
}
"""Answers that any route may give."""


def _form(more: dict[str, Any]) -> dict[str, Any]:
    form = {"type": "object", "required": ["image"], "properties": {"image": _FILE, **more}}
    return {"multipart/form-data": {"schema": form}, "application/octet-stream": {"schema": _FILE}}


INSPECT: dict[str, Any] = {
    "requestBody": {"required": True, "content": _form({})},
    "responses": {"200": {"description": "How the picture is blurred.", "content": _JSON}},
}

RESTORE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": _form(
            {
                "psf": {"oneOf": [_FILE, {"type": "string"}]},
                "mask": _FILE,
                "strength": {"type": "number", "minimum": 0, "maximum": 1},
                "format": {"type": "string", "enum": [name.lower() for name in FORMATS]},
                "strip": {"type": "boolean"},
                "encoded": {"type": "boolean"},
                "quality": {"type": "string", "enum": list(get_args(Quality))},
                "preview": {"type": "boolean"},
                "id": {"type": "string"},
            }
        ),
    },
    "responses": {"200": {"description": "The restored picture.", "content": _FILES}},
}

MODELS: dict[str, Any] = {
    "responses": {
        "200": {
            "description": "The cards of the model.",
            "content": {
                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}}
            },
        }
    }
}

LIMITS: dict[str, Any] = {
    "responses": {"200": {"description": "The bounds of this server.", "content": _JSON}}
}
