"""The service: its routes, and the layers around them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Coroutine
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive

from unblur import __version__
from unblur.cards import load_card, weights_folder
from unblur.web.answers import HeldResponse, both_parts, file_parts, problem_response
from unblur.web.assets import asset_routes
from unblur.web.intake import InspectOptions, RestoreOptions, explain, take_in
from unblur.web.jobs import Answer, Job
from unblur.web.metrics import Measure, Metrics
from unblur.web.pool import Place, Pool
from unblur.web.problems import Problem, Refused
from unblur.web.schema import INSPECT, LIMITS, MODELS, PROBLEMS, RESTORE
from unblur.web.security import Guard
from unblur.web.settings import Settings

__all__ = ["make_app"]

_SAID = {404: "there is no such thing here", 405: "this method is not offered here"}


def make_app(settings: Settings) -> ASGIApp:
    """Make the service.

    Parameters
    ----------
    settings : Settings
        Of the server.

    Returns
    -------
    ASGI application
        Its workers start and end with its lifespan.
    """
    pool = Pool(settings)
    metrics = Metrics(pool)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(pool.start)
        try:
            yield
        finally:
            await asyncio.to_thread(pool.close)

    app = FastAPI(
        title="unblur",
        version=__version__,
        summary="Turns blurred photographs sharp, and says how they were blurred.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's page loads scripts of others; ours is among the assets
        redoc_url=None,
        responses=PROBLEMS,
    )
    _add_problems(app)
    _Service(settings, pool, metrics).add_to(app)
    _add_signs_of_life(app, pool, metrics)
    app.router.routes.extend(asset_routes())
    return Guard(Measure(app, metrics), settings)


class _Service:
    """The routes below /v1."""

    def __init__(self, settings: Settings, pool: Pool, metrics: Metrics) -> None:
        self._settings = settings
        self._pool = pool
        self._metrics = metrics
        self._models = _describe_models()

    def add_to(self, app: FastAPI) -> None:
        app.post("/v1/restore", openapi_extra=RESTORE, response_class=Response)(self.restore)
        app.post("/v1/inspect", openapi_extra=INSPECT, response_class=Response)(self.inspect)
        app.get("/v1/models", openapi_extra=MODELS, response_class=Response)(self.models)
        app.get("/v1/limits", openapi_extra=LIMITS, response_class=Response)(self.limits)
        app.get("/v1/progress/{id}", response_class=Response)(self.progress)

    async def restore(
        self, request: Request, query: Annotated[RestoreOptions, Query()]
    ) -> Response:
        """Remove the blur from a picture.

        The body is the file of a picture, or a form with it as `image`, perhaps a picture of the
        PSF as `psf`, and perhaps a `mask` that is white where the result shall be taken. The
        answer is a file of the same kind, with the report (but for the PSF) in the header field
        `Unblur-Report`; where a client accepts only multipart/form-data, a form with `report`,
        `image` and, if it asked for a `preview`, `before` and `after`.
        """
        with contextlib.ExitStack() as stack:
            place = stack.enter_context(self._pool.place(query.id))
            intake = await take_in(request, self._settings)
            options = intake.options(RestoreOptions, query)
            place.id = options.id
            job = Job(
                intake.files["image"],
                psf=intake.files.get("psf", options.psf),
                mask=intake.files.get("mask"),
                strength=options.strength,
                encoded=options.encoded,
                format=options.format,
                strip=options.strip,
                quality=options.quality,
                preview=options.preview,
            )
            answer = await self._do(job, place, request)
            place.state = "answering"
            wants_both = request.headers.get("accept", "").startswith("multipart/form-data")
            body, headers = (both_parts if wants_both else file_parts)(answer)
            return HeldResponse(body, headers, stack.pop_all(), self._settings.transfer_seconds)

    async def inspect(
        self, request: Request, query: Annotated[InspectOptions, Query()]
    ) -> Response:
        """Say how a picture is blurred: kind, extent in px, angle, noise, confidence and PSF."""
        with self._pool.place("") as place:
            intake = await take_in(request, self._settings)
            intake.options(InspectOptions, query)
            answer = await self._do(Job(intake.files["image"], restore=False), place, request)
        return Response(answer.report, media_type="application/json")

    async def models(self) -> Response:
        """Tell of the model: every fact of its cards."""
        return Response(self._models, media_type="application/json")

    async def limits(self) -> Response:
        """Tell what this server takes.

        Bytes of a request, pixels of a picture, seconds of work, and whether it asks for a token;
        this route does not.
        """
        bounds = self._settings
        told = {
            "bytes": bounds.max_bytes,
            "pixels": bounds.max_pixels,
            "seconds": bounds.work_seconds,
            "token": bounds.token is not None,
        }
        return Response(json.dumps(told), media_type="application/json")

    async def progress(self, id: str) -> Response:
        """Tell how far a request is: tiles done of all, and its state.

        The states are uploading, waiting, working and answering; none where no such request is
        under way.
        """
        place = self._pool.find(id) or Place("", state="none")
        told = {"state": place.state, "done": place.done, "tiles": place.tiles}
        return Response(json.dumps(told), media_type="application/json")

    async def _do(self, job: Job, place: Place, request: Request) -> Answer:
        answer = await _unless_gone(self._pool.run(job, place), request.receive)
        self._metrics.megapixels.inc(answer.megapixels)
        return answer


async def _unless_gone(work: Coroutine[Any, Any, Answer], receive: Receive) -> Answer:
    """Await the work, and drop it when the client goes away."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_wait_until_gone(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Refused(Problem(400, "the client went away"))
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _describe_models() -> str:
    described = []
    for path in sorted(weights_folder().glob("*/*.onnx")):
        card, content = load_card(path)
        described.append({"model": path.parent.name, "bytes": len(content), **asdict(card)})
    return json.dumps(described)


def _add_signs_of_life(app: FastAPI, pool: Pool, metrics: Metrics) -> None:
    @app.get("/healthz")
    async def health() -> dict[str, str]:
        """Tell that the server runs."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readiness() -> dict[str, str]:
        """Tell that the server takes work; 503 where it does not."""
        if not pool.ready:
            raise Refused(Problem(503, "the workers are not ready", retry_after=5))
        return {"status": "ready"}

    @app.get("/metrics", response_class=Response)
    async def figures() -> Response:
        """Figures for Prometheus."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")


def _add_problems(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(request: Request, error: Exception) -> Response:
        fault = Problem(500, "a fault in unblur")
        return problem_response(error.problem if isinstance(error, Refused) else fault)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else ()
        return problem_response(Problem(422, explain(list(found))))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        said = _SAID.get(status, HTTPStatus(status).phrase.lower())
        response = problem_response(Problem(status, said))
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        return problem_response(Problem(500, "a fault in unblur; the server's log has it"))
