"""Bodies of requests: taken in as they arrive, in memory, and never more than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from unblur.web.jobs import Format, Quality
from unblur.web.problems import Problem, Refused
from unblur.web.psfs import SPEC
from unblur.web.settings import Settings

__all__ = ["InspectOptions", "Intake", "RestoreOptions", "take_in"]

_PARTS = 16
_WORDS = 1000  # characters of a field that is no file
_FILES = ("image", "psf", "mask")

Options = TypeVar("Options", bound=BaseModel)


class InspectOptions(BaseModel):
    """What can be said beside the picture: nothing. A misspelt name is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class RestoreOptions(InspectOptions):
    """What can be said beside the picture, in the address or as fields of the form."""

    strength: Annotated[
        float, Field(ge=0, le=1, description="0 changes nothing, 1 restores fully.")
    ] = 1.0
    psf: Annotated[
        str | None,
        Field(
            max_length=200,
            json_schema_extra={"pattern": f"^{SPEC}$"},  # our own words say more where it differs
            description="The blur, if known: gaussian:SIGMA, disk:RADIUS, motion:LENGTH,ANGLE or "
            "box:WIDTH. In a form it may also be the file of a picture of it.",
        ),
    ] = None
    format: Annotated[
        Format | None, Field(description="Of the result; that of the source if left out.")
    ] = None
    strip: Annotated[bool, Field(description="Leave out metadata such as place and camera.")] = (
        False
    )
    encoded: Annotated[
        bool,
        Field(description="The blur was made on the stored numbers, as most programs do."),
    ] = False
    quality: Annotated[Quality, Field(description="How much time to spend.")] = "balanced"
    preview: Annotated[
        bool,
        Field(
            description="Where the answer is a form, add `before` and `after` as PNG of 8 bits: "
            "browsers show no TIFF."
        ),
    ] = False
    id: Annotated[
        str,
        Field(
            pattern="^[0-9A-Za-z-]{16,64}$|^$",
            description="Chosen by the client at random, to ask for the progress by it.",
        ),
    ] = ""


class _MemoryParser(MultiPartParser):
    spool_max_size = 1 << 40  # no file on the disk: the stream that it reads is bounded


@dataclass(frozen=True)
class Intake:
    """A body, taken apart.

    Parameters
    ----------
    files : mapping of str to bytes
        "image", and "psf" and "mask" where they were sent.
    fields : mapping of str to str
        The other parts of a form.
    """

    files: Mapping[str, bytes]
    fields: Mapping[str, str]

    def options(self, kind: type[Options], query: Options) -> Options:
        """Read the form's fields as options; those in the address hold where it has none.

        Raises
        ------
        Refused
            422 where one is unknown or wrong.
        """
        try:
            return kind.model_validate(query.model_dump(exclude_unset=True) | dict(self.fields))
        except ValidationError as error:
            raise Refused(Problem(422, explain(error.errors()))) from error


def explain(errors: object) -> str:
    """Say in one line what is wrong with which option."""
    found = errors if isinstance(errors, list) else []
    said = [f"{'.'.join(map(str, e['loc'][-1:]))}: {e['msg'].lower()}" for e in found]
    return "; ".join(said) or "the request cannot be read"


async def take_in(request: Request, settings: Settings) -> Intake:
    """Take in a body.

    Parameters
    ----------
    request : Request
        With a form (multipart/form-data), or the bare file of a picture.
    settings : Settings
        With the bounds.

    Returns
    -------
    Intake
        The picture and what came with it.

    Raises
    ------
    Refused
        413 when it is too large, 408 when it takes too long, 400 when it is no form.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > settings.max_bytes:
        raise _too_large(settings)
    stream = _bounded(request, settings)
    try:
        async with asyncio.timeout(settings.transfer_seconds):
            if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
                return await _take_form(request, stream)
            return Intake({"image": b"".join([chunk async for chunk in stream])}, {})
    except TimeoutError:
        seconds = settings.transfer_seconds
        raise Refused(Problem(408, f"the picture took more than {seconds:g} s to arrive")) from None
    except (MultiPartException, LookupError, ValueError) as error:
        raise Refused(Problem(400, f"the form cannot be read: {error}")) from error


async def _take_form(request: Request, stream: AsyncGenerator[bytes, None]) -> Intake:
    parser = _MemoryParser(
        request.headers, stream, max_files=_PARTS, max_fields=_PARTS, max_part_size=_WORDS
    )
    form = await parser.parse()
    files, fields = {}, {}
    for name, value in form.multi_items():
        if name in files or name in fields:
            raise Refused(Problem(422, f"{name}: sent more than once"))
        if isinstance(value, UploadFile):
            if name not in _FILES:
                raise Refused(Problem(422, f"{name}: no such file is asked for"))
            files[name] = value.file.read()
            value.file.close()
        else:
            fields[name] = value
    if "image" not in files:
        raise Refused(Problem(422, "image: the form has no such file"))
    return Intake(files, fields)


async def _bounded(request: Request, settings: Settings) -> AsyncGenerator[bytes, None]:
    taken = 0
    try:
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > settings.max_bytes:
                raise _too_large(settings)
            yield chunk
    except ClientDisconnect:
        raise Refused(Problem(400, "the client went away")) from None


def _too_large(settings: Settings) -> Refused:
    megabytes = settings.max_bytes / 1e6
    return Refused(Problem(413, f"the request is larger than {megabytes:g} MB"))
