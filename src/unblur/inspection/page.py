"""Pictures' blur on one HTML page that needs no other file, no script and no network."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from html import escape
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Self

from unblur.errors import ArgumentError
from unblur.estimation.report import BlurReport
from unblur.images.atomic import atomic_file
from unblur.images.photo import Photo
from unblur.inspection.findings import look_at
from unblur.inspection.section import draw_section
from unblur.origin import package_version
from unblur.restoration.restorer import Restorer

__all__ = ["InspectionPage"]

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class InspectionPage:
    """Writes the page picture by picture; a context manager around the work.

    The page appears under its name when the work ends without an error; no picture stays in memory.

    Parameters
    ----------
    path : str or Path
        An HTML file.
    overwrite : bool
        Replace it if it exists.

    Raises
    ------
    ArgumentError
        When the name does not end in ``.html``.
    ImageWriteError
        When the file exists, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from unblur import Photo, Restorer
    >>> path = Path(tempfile.mkdtemp()) / "page.html"
    >>> pixels = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    >>> with InspectionPage(path) as page:
    ...     report = page.add(Photo(pixels), "noise.png", Restorer(threads=1))
    >>> path.read_text()[:15]
    '<!doctype html>'
    """

    def __init__(self, path: str | Path, *, overwrite: bool = False) -> None:
        self._path = Path(path)
        if self._path.suffix.lower() not in (".html", ".htm"):
            raise ArgumentError(f"{path}: a page is HTML: give it a name that ends in .html")
        self._overwrite = overwrite
        self._stack = ExitStack()
        self._count = 0

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(atomic_file(self._path, overwrite=self._overwrite))
        self._write(_head())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write(_foot())
        self._stack.__exit__(kind, error, trace)

    def add(
        self,
        photo: Photo,
        name: str,
        restorer: Restorer,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> BlurReport:
        """Inspect and restore one picture, and show it all.

        Parameters
        ----------
        photo : Photo
            The picture.
        name : str
            What to call it.
        restorer : Restorer
            Finds its blur and removes it.
        progress : callable, optional
            As for `Restorer.restore`.

        Returns
        -------
        BlurReport
            The blur of the picture as a whole.
        """
        found = look_at(photo, name, restorer, progress)
        self._count += 1
        self._write(draw_section(found, self._count))
        return found.blur

    def add_failure(self, name: str, reason: str) -> None:
        """Say of a picture that it cannot be inspected.

        Parameters
        ----------
        name : str
            What to call it.
        reason : str
            Why, in one line.
        """
        self._write(
            f"<section><h2>{escape(name)}</h2><p>Not inspected: {escape(reason)}</p></section>\n"
        )

    def _write(self, text: str) -> None:
        # names of files need not be text
        self._file.write(text.encode("utf-8", errors="backslashreplace"))


def _head() -> str:
    style = (resources.files("unblur") / "inspection" / "page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>unblur: how these pictures are blurred</title>\n<style>\n{style}</style></head>\n"
        "<body><header><h1>How these pictures are blurred</h1></header>\n<main>\n"
    )


def _foot() -> str:
    today = datetime.now(UTC).date().isoformat()
    return (
        f"</main>\n<footer>Made by unblur {escape(package_version())} on {today}. "
        "This page holds all it shows and loads nothing.</footer></body></html>\n"
    )
