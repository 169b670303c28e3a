"""The shape of the source: short files, short functions, and only `cli` talks to people."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "unblur"
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE = 300
LONGEST_BODY = 35
SHARE = 0.9


def functions() -> Iterator[tuple[str, int]]:
    """Name and length of every function body, its docstring left out."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                yield f"{path.relative_to(SOURCE)}:{node.name}", length


def called_name(call: ast.Call) -> str:
    return ast.unparse(call.func)


def test_nine_files_of_ten_are_short() -> None:
    long = [path for path in FILES if len(path.read_text().splitlines()) > LONGEST_FILE]
    assert len(long) <= (1 - SHARE) * len(FILES), long


def test_nine_functions_of_ten_are_short() -> None:
    found = list(functions())
    long = [(name, length) for name, length in found if length > LONGEST_BODY]
    assert len(long) <= (1 - SHARE) * len(found), long


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if path.relative_to(SOURCE).parts[0] in ("cli", "__main__.py"):
        pytest.skip("talks to people")
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    forbidden = {"print", "exit", "quit", "sys.exit", "os._exit"}
    assert not {called_name(call) for call in calls} & forbidden


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_input_is_never_guarded_by_assert(path: Path) -> None:
    # python -O drops them; what remains may only tell a type checker what is already certain
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assert):
            narrowing = ast.unparse(node.test)
            assert narrowing.startswith("isinstance(") or narrowing.endswith("is not None")
