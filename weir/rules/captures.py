"""Which names a condition is sure to capture, so that templates may use them."""

from __future__ import annotations

from collections.abc import Mapping

from weir.models.condition import And, Compare, Condition, Or, Reference
from weir.rules.patterns import like_names


def captured(condition: Condition, defines: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Names captured by every way in which the condition can hold, given those that each define captures."""
    if isinstance(condition, And):
        return frozenset().union(*(captured(term, defines) for term in condition.terms))
    if isinstance(condition, Or) and condition.terms:
        return frozenset.intersection(*(captured(term, defines) for term in condition.terms))
    if isinstance(condition, Reference):
        return defines.get(condition.name, frozenset())
    if isinstance(condition, Compare) and condition.operator == "like" and isinstance(condition.value, str):
        return _names(condition.value)
    return frozenset()


def _names(pattern: str) -> frozenset[str]:
    try:
        return like_names(pattern)
    except ValueError:  # reported by the check of the comparison itself
        return frozenset()
