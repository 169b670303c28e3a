"""The methods that ``unblur benchmark`` can compare, by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from unblur.errors import ArgumentError

if TYPE_CHECKING:
    from unblur.evaluation.methods import Method

__all__ = ["DEFAULT", "METHODS", "choose_methods"]

DEFAULT = ("unblur", "unblur-blind", "wiener", "richardson-lucy")
METHODS = (*DEFAULT, "regularised")

# Best on average over the kinds of blur of the validation protocol with another seed, on a dozen
# of the training photographs.
_NSR = 0.01
_NOISE = 0.007  # what the protocol's noise of 0.005 on encoded values amounts to in linear light
_ITERATIONS = 30


def choose_methods(names: Sequence[str], *, model: str, threads: int) -> tuple[Method, ...]:
    """Make the methods of these names.

    Parameters
    ----------
    names : sequence of str
        Some of `METHODS`; "input" may be among them and is passed over, as it is always there.
    model : str
        Name or folder of the model behind "unblur" and "unblur-blind".
    threads : int
        CPU threads of the model.

    Returns
    -------
    tuple of Method
        In the given order.

    Raises
    ------
    ArgumentError
        If a name is unknown.
    ModelError
        If the model is needed and cannot be loaded.
    """
    for name in names:
        if name not in (*METHODS, "input"):
            raise ArgumentError(f"{name!r} is no method: choose of {', '.join(METHODS)}")
    methods = _classical()
    if any(name.startswith("unblur") for name in names):
        methods |= _learned(model, threads)
    return tuple(methods[name] for name in names if name != "input")


def _classical() -> dict[str, Method]:
    """Return the deconvolutions, on linear light and with the true PSF."""
    from unblur import regularised, richardson_lucy, wiener
    from unblur.evaluation.methods import Method, in_linear_light
    from unblur.evaluation.provenance import source_digest

    functions = {
        "wiener": partial(wiener, nsr=_NSR),
        "regularised": partial(regularised, noise=_NOISE),
        "richardson-lucy": partial(richardson_lucy, num_iter=_ITERATIONS),
    }
    code = source_digest("unblur.classical", "unblur.degradation", "unblur.images")
    return {
        name: Method(name, in_linear_light(function), settings={**function.keywords, "code": code})
        for name, function in functions.items()
    }


def _learned(model: str, threads: int) -> dict[str, Method]:
    """Return the model with the true PSF and without."""
    from unblur import Restorer
    from unblur.evaluation.methods import Method
    from unblur.evaluation.provenance import source_digest

    restorer = Restorer(model, threads=threads)
    packages = ("degradation", "estimation", "images", "restoration", "runtime")
    settings: dict[str, str | int] = {
        "weights": _digests(model),
        "threads": threads,  # the times depend on it
        "code": source_digest(*(f"unblur.{name}" for name in packages)),
    }
    known = Method("unblur", restorer.restore, settings=settings)
    blind = Method("unblur-blind", lambda image, psf: restorer.restore(image), True, settings)
    return {method.name: method for method in (known, blind)}


def _digests(model: str) -> str:
    """Return what identifies the weights of a model."""
    from unblur.cards import load_card, weights_folder

    shipped = weights_folder() / model
    folder = shipped if shipped.is_dir() else Path(model)
    return " ".join(load_card(path)[0].sha256[:16] for path in sorted(folder.glob("*.onnx")))
