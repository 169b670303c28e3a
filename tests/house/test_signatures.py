"""One argument order, `(image, psf, *, ...)`, and no option that could be swallowed."""

import ast
import inspect
from pathlib import Path

import pytest

import unblur
from unblur import classical

SOURCE = Path(unblur.__file__).parent
METHODS = [name for name in classical.__all__ if inspect.isfunction(getattr(classical, name))]
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def test_there_are_methods_to_look_at() -> None:
    assert {"wiener", "regularised", "richardson_lucy"} <= set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_the_image_comes_first_then_the_psf_then_named_options(name: str) -> None:
    parameters = inspect.signature(getattr(classical, name)).parameters.values()
    positional = [p.name for p in parameters if p.kind in POSITIONAL]
    assert positional in (["image"], ["image", "psf"])


@pytest.mark.parametrize("name", ["restore", "degrade", "estimate_psf", "inspect"])
def test_the_one_shot_functions_keep_the_same_order(name: str) -> None:
    parameters = inspect.signature(getattr(unblur, name)).parameters.values()
    positional = [p.name for p in parameters if p.kind in POSITIONAL]
    assert positional in (["image"], ["image", "psf"])


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(SOURCE.rglob("*.py")) if path.parent.name != "cli"],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_no_function_swallows_unknown_options(path: Path) -> None:
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    public = (function for function in functions if not function.name.startswith("_"))
    assert not [function.name for function in public if function.args.kwarg]
