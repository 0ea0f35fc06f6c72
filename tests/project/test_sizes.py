"""Files and functions stay short enough to read (the caps of ``CONTRIBUTING.md``)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.tree import ROOT, tracked

MAX_FILE, MAX_FUNCTION, MAX_LUA = 500, 60, 60

LONG_FUNCTIONS: frozenset[str] = frozenset()
"""Exceptions, as ``path:name``; at most three."""

LONG_SCRIPTS = {"weir/store/lua/publish.lua": 90, "weir/store/lua/budget.lua": 105}
"""A publish is one atomic step, and so are booking, taking back and granting: neither can be two scripts."""

PYTHON = tracked("*.py")
SOURCES = [path for path in PYTHON if path.parts[0] != "tests"]


def test_a_file_has_at_most_500_lines() -> None:
    lines = {str(path): len((ROOT / path).read_text().splitlines()) for path in PYTHON}
    assert {path: number for path, number in lines.items() if number > MAX_FILE} == {}


def test_a_function_has_at_most_60_lines() -> None:
    lines = {
        f"{path}:{name}": number
        for path in SOURCES
        for name, number in functions(ast.parse((ROOT / path).read_text()))
    }
    too_long = {name: number for name, number in lines.items() if number > MAX_FUNCTION}
    assert {name: number for name, number in too_long.items() if name not in LONG_FUNCTIONS} == {}


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and number of lines, decorators not counted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_exceptions_are_few() -> None:
    assert len(LONG_FUNCTIONS) <= 3


def test_a_script_of_the_store_has_at_most_60_lines_besides_comments() -> None:
    lines = {str(path): lines_of_script(path) for path in tracked("*.lua")}
    assert {name: number for name, number in lines.items() if number > LONG_SCRIPTS.get(name, MAX_LUA)} == {}


def lines_of_script(path: Path) -> int:
    lines = [line.strip() for line in (ROOT / path).read_text().splitlines()]
    return len([line for line in lines if line and not line.startswith("--")])


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in SOURCES if not ast.get_docstring(ast.parse((ROOT / path).read_text()))]
    assert silent == []
