"""Figures for Prometheus, and one line of log for each request."""

from __future__ import annotations

import logging
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unblur.web.pool import Pool

__all__ = ["Measure", "Metrics"]

_log = logging.getLogger("unblur.web")
_SECONDS = (0.01, 0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0)


class Metrics:
    """What is counted, in a registry of its own.

    Parameters
    ----------
    pool : Pool
        Asked for its places and workers whenever the figures are read.
    """

    def __init__(self, pool: Pool) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "unblur_requests", "Requests answered.", ["route", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "unblur_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.megapixels = Counter(
            "unblur_megapixels", "Megapixels worked on.", registry=self._registry
        )
        gauges = (
            ("unblur_places_taken", "Requests under way.", lambda: pool.places),
            ("unblur_workers_busy", "Workers that work.", lambda: pool.busy),
        )
        for name, meaning, value in gauges:
            Gauge(name, meaning, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)


class Measure:
    """The layer that counts and logs.

    The log has the route's pattern, never what a client wrote: not the path, not the query, not a
    name of a file.

    Parameters
    ----------
    app : ASGI application
        What is measured.
    metrics : Metrics
        Where it is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), "none"

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            seconds = time.perf_counter() - start
            route = getattr(scope.get("route"), "path", "" if status < "400" else "unknown")
            route = route or "page"
            self._metrics.requests.labels(route, status).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD") else "other"
            _log.info("%s %s %s %.0f ms", method, route, status, 1000 * seconds)
