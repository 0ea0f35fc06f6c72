"""Files and functions stay short enough to read (the caps of ``CONTRIBUTING.md``)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tree import ROOT, tracked

MAX_FILE, MAX_FUNCTION, MAX_LUA = 500, 60, 60

LONG_FUNCTIONS: frozenset[str] = frozenset()
"""Exceptions, as ``path:name``; at most three."""

LONG_SCRIPTS = {"weir/store/lua/publish.lua": 90, "weir/store/lua/budget.lua": 80}
"""A publish is one atomic step, and so are booking, taking back and granting: neither can be two scripts."""

PYTHON = tracked("*.py")


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_a_file_has_at_most_500_lines(path: Path) -> None:
    assert len((ROOT / path).read_text().splitlines()) <= MAX_FILE


@pytest.mark.parametrize("path", [path for path in PYTHON if path.parts[0] != "tests"], ids=str)
def test_a_function_has_at_most_60_lines(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text())
    too_long = {f"{path}:{name}": lines for name, lines in functions(tree) if lines > MAX_FUNCTION}
    assert not {name: lines for name, lines in too_long.items() if name not in LONG_FUNCTIONS}


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and number of lines, decorators not counted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_exceptions_are_few() -> None:
    assert len(LONG_FUNCTIONS) <= 3


@pytest.mark.parametrize("path", tracked("*.lua"), ids=str)
def test_a_script_of_the_store_has_at_most_60_lines_besides_comments(path: Path) -> None:
    lines = [line.strip() for line in (ROOT / path).read_text().splitlines()]
    assert len([line for line in lines if line and not line.startswith("--")]) <= LONG_SCRIPTS.get(
        str(path), MAX_LUA
    )


@pytest.mark.parametrize("path", [path for path in PYTHON if path.parts[0] != "tests"], ids=str)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / path).read_text()))
