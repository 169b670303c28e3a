"""One tree of errors, drawn as it is, and nothing else raised on purpose."""

import ast
import builtins
import re
from pathlib import Path

import pytest

from unblur import errors

SOURCE = Path(errors.__file__).parent
NAMES = [name for name in errors.__all__ if not issubclass(getattr(errors, name), Warning)]
# What Python's own protocols ask for.
PROTOCOL = {"NotImplementedError", "StopIteration"}


def drawn_parents() -> dict[str, str]:
    """Read child and parent of every error from the drawing in the docstring."""
    parents, path = {}, ["UnblurError"]
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^( *(?:│   |    )*)(?:├──|└──) (\w+)", line):
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            parents[found[2]] = path[depth - 1]
    return parents


def raised_names(path: Path) -> set[str]:
    """Names of the built-in exceptions that a file's public functions raise.

    A private function may raise one for its caller to translate.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if not getattr(node, "name", "").startswith("_")]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            names.add(ast.unparse(raised))
    return {name for name in names if name[0].isupper() and hasattr(builtins, name)}


def test_the_drawing_is_the_tree() -> None:
    real = {
        name: getattr(errors, name).__bases__[0].__name__ for name in NAMES if name != "UnblurError"
    }
    assert drawn_parents() == real


@pytest.mark.parametrize("name", NAMES)
def test_every_error_is_an_unblur_error(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.UnblurError)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [(errors.ArgumentError, ValueError), (errors.MissingExtraError, ImportError)],
)
def test_what_the_drawing_says_in_brackets(error: type, builtin: type) -> None:
    assert issubclass(error, builtin)


def test_a_missing_extra_tells_the_way_out() -> None:
    message = str(errors.MissingExtraError("torch", "train"))
    assert message == "torch is not installed: run pip install 'unblur[train]'"


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_no_built_in_error_is_raised(path: Path) -> None:
    ends_the_program = path.relative_to(SOURCE).parts[0] in ("__main__.py", "cli")
    assert raised_names(path) <= PROTOCOL | ({"SystemExit"} if ends_the_program else set())
