"""Checks of one comparison, and of a condition's size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from weir.models.condition import (
    NAMED_FIELDS,
    OPERATORS_OF_FIELD,
    And,
    Compare,
    Condition,
    Not,
    Or,
    Reference,
)
from weir.rules.bounds import MAX_DEPTH, MAX_LIST, MAX_STRING
from weir.rules.check import values
from weir.rules.check.findings import Issue
from weir.rules.patterns import like_segments

MAX_TERMS = 2_000
"""Comparisons, and what joins them, in one condition after substitution.

Keeps defines of defines from growing without bound."""


def walk(condition: Condition, path: str, depth: int = 0) -> Iterator[tuple[Condition, str, int]]:
    """Every part with its path and how deeply it is nested; does not go below the bound."""
    yield condition, path, depth
    if depth > MAX_DEPTH:
        return
    if isinstance(condition, Not):
        yield from walk(condition.term, f"{path}.term", depth + 1)
    elif isinstance(condition, And | Or):
        for index, term in enumerate(condition.terms):
            yield from walk(term, f"{path}.terms[{index}]", depth + 1)


def join_issue(condition: And | Or) -> Issue | None:
    """Text always joins two or more; JSON may not."""
    if len(condition.terms) >= 2:
        return None
    word = "and" if isinstance(condition, And) else "or"
    return Issue("bad-condition", f'"{word}" of {len(condition.terms)} conditions', "at least two")


def compare_issue(compare: Compare) -> Issue | None:
    """What is wrong with one comparison, its shape first (it may come from JSON)."""
    return _shape(compare) or next(
        filter(None, (_member(compare, value) for value in _members(compare))), None
    )


def _members(compare: Compare) -> tuple[str | int, ...]:
    if compare.value is None:
        return ()
    return compare.value if isinstance(compare.value, tuple) else (compare.value,)


def _shape(compare: Compare) -> Issue | None:
    if compare.operator not in OPERATORS_OF_FIELD[compare.field]:
        allowed = ", ".join(sorted(OPERATORS_OF_FIELD[compare.field]))
        return Issue("bad-operator", f'"{compare.operator}" does not work on {compare.field}', allowed)
    if bool(compare.name) != (compare.field in NAMED_FIELDS):
        return Issue(
            "bad-field", f"{compare.field} {'takes no' if compare.name else 'needs a'} name in parentheses"
        )
    if (compare.value is None) != (compare.operator == "exists"):
        return Issue(
            "bad-value", f"{compare.operator} {'takes no' if compare.value is not None else 'needs a'} value"
        )
    if isinstance(compare.value, tuple) != (compare.operator == "in"):
        return Issue(
            "bad-value",
            f"{compare.operator} compares with {'one value' if compare.operator != 'in' else 'a list'}",
        )
    members = _members(compare)
    if compare.operator == "in" and not 1 <= len(members) <= MAX_LIST:
        return Issue("bad-value", f"a list of {len(members)} values", f"1 to {MAX_LIST}")
    if any(isinstance(value, int) != (compare.field == "port") for value in members):
        return Issue(
            "bad-value", f"{compare.field} compares with {'numbers' if compare.field == 'port' else 'text'}"
        )
    return values.header_name(compare.name) if compare.field == "header" else None


def _member(compare: Compare, value: str | int) -> Issue | None:
    if isinstance(value, int):
        return None if 1 <= value <= 65_535 else Issue("bad-port", f"{value} is not a port", "1 to 65535")
    if compare.field == "path" and compare.operator == "like":
        return _like(value)
    if len(value) > MAX_STRING:
        return values.too_long(value)
    exact = compare.operator in ("==", "!=", "in", "under")
    check = _EXACT.get(compare.field) if exact else None
    return check(value) if check else None


def _like(pattern: str) -> Issue | None:
    try:
        like_segments(pattern)
    except ValueError as error:
        return Issue("bad-pattern", str(error))
    return None


def _scheme(text: str) -> Issue | None:
    return (
        None
        if text in ("http", "https")
        else Issue("bad-scheme", f'"{text}" never comes', '"http" or "https"')
    )


_EXACT: Mapping[str, Callable[[str], Issue | None]] = {
    "host": values.host_pattern,
    "path": values.path,
    "method": values.method,
    "scheme": _scheme,
    "ip": values.network,
}


def size_of(condition: Condition, sizes: Mapping[str, int]) -> int:
    """Comparisons and what joins them, after substitution, given those of every define; saturates above the bound."""
    if isinstance(condition, Reference):
        return sizes.get(condition.name, 1)
    if isinstance(condition, Not):
        return size_of(condition.term, sizes)
    if isinstance(condition, And | Or):
        return min(1 + sum(size_of(term, sizes) for term in condition.terms), MAX_TERMS + 1)
    return 1
