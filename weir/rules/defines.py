"""Defines as a graph: what a condition refers to, in which order to look at defines, and putting them in place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from weir.models.condition import And, Condition, Not, Or, Reference


def references(condition: Condition) -> frozenset[str]:
    """The names of the defines that a condition uses itself."""
    if isinstance(condition, Reference):
        return frozenset({condition.name})
    if isinstance(condition, Not):
        return references(condition.term)
    if isinstance(condition, And | Or):
        return frozenset().union(*map(references, condition.terms))
    return frozenset()


def inner_first(uses: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Each name after those that it uses; those in a cycle, or that lead into one, do not come."""
    sorter = TopologicalSorter(uses)
    with suppress(CycleError):  # what is outside of the cycle still comes
        sorter.prepare()
    while ready := sorter.get_ready():
        yield from ready
        sorter.done(*ready)


def without_references(defines: Mapping[str, Condition]) -> dict[str, Condition]:
    """What each define stands for. Every one is looked at once, and shared by all that use it."""
    uses = {name: references(condition) & defines.keys() for name, condition in defines.items()}
    done: dict[str, Condition] = {}
    for name in inner_first(uses):
        done[name] = substitute(defines[name], done)
    return done


def substitute(condition: Condition, defines: Mapping[str, Condition]) -> Condition:
    """Every reference replaced by what it stands for; ``defines`` must be without references."""
    if isinstance(condition, Reference):
        return defines[condition.name]
    if isinstance(condition, Not):
        return Not(substitute(condition.term, defines))
    if isinstance(condition, And | Or):
        return type(condition)(tuple(substitute(term, defines) for term in condition.terms))
    return condition
