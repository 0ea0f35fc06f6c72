"""Which names a condition is sure to capture, so that templates may use them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from weir.models.condition import And, Compare, Condition, Or, Reference
from weir.rules.patterns import like_names

_GROUP = re.compile(r"(?<!\\)\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>")
"""A named group of an RE2 expression."""


def captured(condition: Condition, defines: Mapping[str, Condition]) -> frozenset[str]:
    """Names captured by every way in which the condition can hold. ``defines`` must be without cycles."""
    if isinstance(condition, And):
        return frozenset().union(*(captured(term, defines) for term in condition.terms))
    if isinstance(condition, Or):
        return frozenset.intersection(*(captured(term, defines) for term in condition.terms))
    if isinstance(condition, Reference):
        return captured(defines[condition.name], defines) if condition.name in defines else frozenset()
    if isinstance(condition, Compare) and isinstance(condition.value, str):
        if condition.operator == "like":
            return _like_names(condition.value)
        if condition.operator == "matches":
            return frozenset(_GROUP.findall(condition.value))
    return frozenset()


def _like_names(pattern: str) -> frozenset[str]:
    try:
        return like_names(pattern)
    except ValueError:  # reported by the check of the comparison itself
        return frozenset()
