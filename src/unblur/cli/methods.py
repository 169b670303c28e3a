"""The methods that ``unblur benchmark`` can compare, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from unblur.cli.deconvolutions import BLIND, CONTROL, DECONVOLUTIONS, SETTINGS
from unblur.cli.engines import Device
from unblur.errors import ArgumentError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from unblur import Restorer
    from unblur.evaluation.case import Observation
    from unblur.evaluation.methods import Method

    Image = NDArray[np.float32]

Quality = Literal["fast", "balanced", "best"]

__all__ = ["ALL", "DEFAULT", "METHODS", "choose_methods"]

DEFAULT = ("unblur", "unblur-blind", "wiener", "richardson-lucy")
_LEARNED: dict[str, tuple[bool, Quality]] = {  # blind or not
    "unblur": (False, "balanced"),
    "unblur-blind": (True, "balanced"),
    "unblur-fast": (False, "fast"),
    "unblur-best": (False, "best"),
    "unblur-blind-fast": (True, "fast"),
    "unblur-blind-best": (True, "best"),
}
_GUESSED = "-guessed"
_MODEL = "model:"
_WRAPPED = 32  # pixels of the opposite border that a restorer is shown where the blur is circular
METHODS = (
    *_LEARNED,
    *DECONVOLUTIONS,
    *(f"{name}{_GUESSED}" for name in DECONVOLUTIONS),
    *BLIND,
    *CONTROL,
)
ALL = "all"


def choose_methods(
    names: Sequence[str], *, model: str, threads: int, device: Device = "cpu"
) -> tuple[Method, ...]:
    """Make the methods of these names.

    Parameters
    ----------
    names : sequence of str
        Some of `METHODS`, "all" for all of them, or "model:PATH" for a model file; "input" may be
        among them and is passed over, as it is always there.
    model : str
        Name or folder of the model behind those whose name begins with "unblur".
    threads : int
        CPU threads of the models.
    device : str
        What runs the networks, as for `Restorer`.

    Returns
    -------
    tuple of Method
        In the given order.

    Raises
    ------
    ArgumentError
        If a name is unknown.
    ModelError
        If a model is needed and cannot be loaded.
    """
    names = [each for name in names for each in (METHODS if name == ALL else (name,))]
    for name in names:
        if name not in (*METHODS, "input") and not name.startswith(_MODEL):
            choice = ", ".join((*METHODS, ALL))
            raise ArgumentError(f"{name!r} is no method: choose of {choice}, or {_MODEL}PATH")
    chosen = dict.fromkeys(name for name in names if name != "input")
    return tuple(_method(name, model, threads, device) for name in chosen)


def _method(name: str, model: str, threads: int, device: Device) -> Method:
    if name.startswith(_MODEL):
        path = name.removeprefix(_MODEL)
        return _learned(Path(path).stem, path, threads, device, blind=True)
    if name in _LEARNED:
        blind, quality = _LEARNED[name]
        return _learned(name, model, threads, device, blind=blind, quality=quality)
    return _classical(name)


def _classical(name: str) -> Method:
    from unblur.evaluation.methods import Method
    from unblur.origin import source_digest

    packages = ["classical", "degradation", "images"]
    if name.endswith(_GUESSED):
        packages.append("estimation")
    code = source_digest(*(f"unblur.{package}" for package in packages))
    plain = name.removesuffix(_GUESSED)
    run: Callable[[Observation], Image]
    if plain in DECONVOLUTIONS:
        run = _Deconvolve(plain, guessed=name != plain)
    else:
        run = (BLIND | CONTROL)[name]
    return Method(
        name,
        run,
        blind=name not in DECONVOLUTIONS,
        settings={**SETTINGS, "code": code},
    )


def _learned(
    name: str,
    model: str,
    threads: int,
    device: Device,
    *,
    blind: bool,
    quality: Quality = "balanced",
) -> Method:
    from unblur.evaluation.methods import Method
    from unblur.origin import source_digest

    _restorer(model, threads, quality, device)  # a missing model is told before any work
    packages = ("degradation", "estimation", "images", "restoration", "runtime")
    digests, parameters = _weights(model)
    settings: dict[str, str | int] = {
        "weights": digests,
        "threads": threads,  # the times depend on it
        "quality": quality,
        "device": device,
        "code": source_digest(*(f"unblur.{package}" for package in packages)),
    }
    return Method(name, _Restore(model, threads, quality, device), blind, parameters, settings)


@dataclass(frozen=True)
class _Deconvolve:
    """One of `DECONVOLUTIONS`, where it blurred, with the true or a guessed PSF."""

    name: str
    guessed: bool

    def __call__(self, seen: Observation) -> Image:
        from unblur.cli.deconvolutions import guess_psf
        from unblur.evaluation.methods import where_it_blurred

        psf = guess_psf(seen.image) if self.guessed else seen.psf
        if psf is None:
            raise ArgumentError(f"{self.name} needs a PSF: use {self.name}{_GUESSED}")
        deconvolve = DECONVOLUTIONS[self.name]
        return where_it_blurred(seen, lambda image: deconvolve(image, psf, seen))


@dataclass(frozen=True)
class _Restore:
    """A model. It can be pickled: another process loads the model anew."""

    model: str
    threads: int
    quality: Quality
    device: Device

    def __call__(self, seen: Observation) -> Image:
        import numpy as np

        margin = _WRAPPED if seen.circular else 0
        around = ((margin, margin), (margin, margin), (0, 0))
        image = np.pad(seen.image, around, mode="wrap")
        restorer = _restorer(self.model, self.threads, self.quality, self.device)
        restored: Image = restorer.restore(image, seen.psf, linear=seen.linear)
        height, width = seen.image.shape[:2]
        return restored[margin : margin + height, margin : margin + width]


@lru_cache(maxsize=8)
def _restorer(model: str, threads: int, quality: Quality, device: Device) -> Restorer:
    from unblur import Restorer

    return Restorer(model, threads=threads, quality=quality, device=device)


def _weights(model: str) -> tuple[str, int]:
    """Return what identifies the weights of a model, and how many numbers they are."""
    from hashlib import sha256

    from unblur.cards import load_card, weights_folder

    shipped = weights_folder() / model
    place = shipped if shipped.is_dir() else Path(model)
    files = sorted(place.glob("*.onnx")) if place.is_dir() else [place]
    digests = [sha256(path.read_bytes()).hexdigest()[:16] for path in files]
    cards = [load_card(path)[0] for path in files if path.with_suffix(".json").exists()]
    return " ".join(digests), sum(card.parameters for card in cards)
