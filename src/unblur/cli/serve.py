"""``unblur serve``: the page and the service."""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from unblur.cli.engines import Device
from unblur.cli.signals import Terminated
from unblur.errors import ArgumentError, MissingExtraError, ModelError

if TYPE_CHECKING:
    from unblur.web.settings import Settings

__all__ = ["EXAMPLES", "serve"]

_OPEN = "Who may use it"
_BOUNDS = "Bounds"

EXAMPLES = (
    ("unblur serve", "then open http://127.0.0.1:8000 in a browser"),
    ("unblur serve --host 0.0.0.0", "for others too, who know the token in UNBLUR_TOKEN"),
    ("unblur serve --workers 4 --threads 1", "four pictures at a time"),
)


def serve(
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            rich_help_panel=_OPEN,
            help="Where to listen. Other than on this machine only with a token in the "
            "environment variable UNBLUR_TOKEN, or with --insecure.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            metavar="N",
            rich_help_panel=_OPEN,
            help="Port to listen on; 0 takes a free one.",
        ),
    ] = 8000,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure", rich_help_panel=_OPEN, help="Everyone who can reach it may use it."
        ),
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=_OPEN,
            help="Host name under which a proxy on this machine offers it; may be repeated.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            rich_help_panel=_BOUNDS,
            help="Pictures worked on at a time; half the cores when left out.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", rich_help_panel=_BOUNDS, help="CPU threads of each; 2 if left out."
        ),
    ] = None,
    device: Annotated[
        Device,
        typer.Option(
            rich_help_panel=_BOUNDS,
            help="What runs the networks; auto takes the best that is installed.",
        ),
    ] = "auto",
    waiting: Annotated[
        int,
        typer.Option(min=0, metavar="N", rich_help_panel=_BOUNDS, help="Requests that may wait."),
    ] = 16,
    megabytes: Annotated[
        float, typer.Option(metavar="MB", rich_help_panel=_BOUNDS, help="Largest upload.")
    ] = 64.0,
    megapixels: Annotated[
        float, typer.Option(metavar="MP", rich_help_panel=_BOUNDS, help="Largest picture.")
    ] = 50.0,
    seconds: Annotated[
        float, typer.Option(metavar="S", rich_help_panel=_BOUNDS, help="Longest work on one.")
    ] = 300.0,
) -> None:
    """Offer a page for people and a service for programs.

    Drop photographs on the page, compare before and after, choose where and how strongly to
    restore, and save the result. Programs send pictures to /v1/restore and /v1/inspect; /docs
    tells how. Nothing is fetched from elsewhere, and nothing of a picture is kept.
    """
    try:
        from unblur.web.settings import Settings, default_workers

        shared = default_workers()
        settings = Settings(
            host=host,
            port=port,
            token=os.environ.get("UNBLUR_TOKEN") or None,
            insecure=insecure,
            names=tuple(name or ()),
            workers=workers or shared[0],
            threads=threads or shared[1],
            device=device,
            waiting=waiting,
            max_bytes=round(1e6 * megabytes),
            max_pixels=round(1e6 * megapixels),
            work_seconds=seconds,
        )
        _run(settings)
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "fastapi", "web") from error
    except (KeyboardInterrupt, Terminated):
        typer.echo("unblur: stopped", err=True)  # what was begun is finished: see uvicorn


def _run(settings: Settings) -> None:
    import uvicorn

    from unblur.web.app import make_app

    listener = _listen(settings)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"unblur: http://{shown}:{port} (Ctrl-C ends it)", err=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    config = uvicorn.Config(
        make_app(settings),
        ws="none",
        access_log=False,  # it writes whole addresses; ours has the routes alone
        log_config=None,
        server_header=False,
        limit_concurrency=1024,
        timeout_graceful_shutdown=round(settings.work_seconds + settings.transfer_seconds),
    )
    try:
        with listener:
            uvicorn.Server(config).run(sockets=[listener])
    except SystemExit as end:  # uvicorn's way to say that the start failed
        raise ModelError("the server could not start: see the lines above") from end


def _listen(settings: Settings) -> socket.socket:
    """Take the address before anything is loaded, so that a mistake is told at once."""
    host, port = settings.host, settings.port
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise ArgumentError(
            f"{host}:{port}: cannot listen there ({error.strerror}): choose another --host or "
            "--port"
        ) from error
    return listener
