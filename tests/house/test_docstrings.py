"""Docstrings that something checks: numpydoc's rules on everything public."""

import inspect

import pytest
from numpydoc.validate import validate

import unblur

CHECKS = {
    "GL05",  # no tabs
    "GL06",  # no unknown sections
    "GL07",  # sections in their order
    "GL08",  # there is one
    "GL09",
    "SS01",  # a summary, with a capital and a full stop, of one line
    "SS02",
    "SS03",
    "SS04",
    "SS06",
    "PR01",  # the parameters are those of the signature, in its order, each with its meaning;
    "PR02",  # their types stand in the annotations, which mypy checks
    "PR03",
    "PR07",
    "PR09",
    "PR10",
    "RT01",  # what is returned, with its meaning
    "RT03",
    "YD01",
    "EX01",  # an example
}
FUNCTIONS = [name for name in unblur.__all__ if inspect.isfunction(getattr(unblur, name))]
CLASSES = [
    name
    for name in unblur.__all__
    if inspect.isclass(getattr(unblur, name)) and not issubclass(getattr(unblur, name), Exception)
]
METHODS = [
    f"{name}.{method}"
    for name in CLASSES
    for method, _ in inspect.getmembers(getattr(unblur, name), inspect.isfunction)
    if not method.startswith("_")
]


def faults(name: str, checks: set[str]) -> list[str]:
    return [f"{code}: {text}" for code, text in validate(name)["errors"] if code in checks]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    assert not faults(f"unblur.{name}", CHECKS)


@pytest.mark.parametrize("name", CLASSES + METHODS)
def test_classes_and_their_methods(name: str) -> None:
    assert not faults(f"unblur.{name}", CHECKS - {"EX01", "RT01"})
