"""Names: each once, every reference to something that exists, no define in terms of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from weir.models.condition import And, Condition, Not, Or, Reference
from weir.models.document import Define, Definition, Document, Group, Limit, Rule, Upstream
from weir.rules.bounds import MAX_DEPTH
from weir.rules.check.conditions import MAX_TERMS, size_of
from weir.rules.check.findings import Findings, Issue
from weir.rules.suggest import closest


class Names(NamedTuple):
    """What a document defines, by kind."""

    defines: Mapping[str, Condition]
    upstreams: frozenset[str]
    limits: frozenset[str]


def names_of(document: Document) -> Names:
    defines = {item.name: item.condition for item in document.definitions if isinstance(item, Define)}
    upstreams = frozenset(item.name for item in document.definitions if isinstance(item, Upstream))
    limits = frozenset(item.name for item in document.definitions if isinstance(item, Limit))
    return Names(defines, upstreams, limits)


def check_duplicates(document: Document, findings: Findings) -> None:
    """Rules and groups share one name space, because both name what a request matched."""
    seen: dict[tuple[str, str], None] = {}
    for index, definition in enumerate(document.definitions):
        for kind, name, node, path in _named(definition, f"definitions[{index}]"):
            if (kind, name) in seen:
                findings.error(
                    Issue("duplicate", f'{kind} "{name}" is defined twice', "another name"), node, path
                )
            seen[kind, name] = None


def _named(definition: Definition, path: str) -> Iterator[tuple[str, str, object, str]]:
    if isinstance(definition, Define):
        yield "define", definition.name, definition, path
    elif isinstance(definition, Upstream):
        yield "upstream", definition.name, definition, path
    elif isinstance(definition, Limit):
        yield "limit", definition.name, definition, path
    elif isinstance(definition, Rule | Group):
        yield "rule", definition.name, definition, path
    if isinstance(definition, Group):
        for index, member in enumerate(definition.members):
            if isinstance(member, Rule):
                yield "rule", f"{definition.name}/{member.name}", member, f"{path}.members[{index}]"


def unknown(kind: str, name: str, known: frozenset[str]) -> Issue:
    return Issue(f"unknown-{kind}", f'no {kind} is called "{name}"', suggestion=closest(name, known))


def check_defines(document: Document, findings: Findings) -> Mapping[str, int]:
    """Cycles, depth and size; gives how many comparisons each sound define stands for."""
    places = {
        item.name: (item, f"definitions[{index}]")
        for index, item in enumerate(document.definitions)
        if isinstance(item, Define)
    }
    uses = {name: references(item.condition) & places.keys() for name, (item, _) in places.items()}
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    for name in _inner_first(uses):
        sizes[name] = size_of(places[name][0].condition, sizes)
        depths[name] = 1 + max((depths[inner] for inner in uses[name]), default=0)
    for name, place in places.items():
        issue = _define_issue(name, sizes, depths)
        if issue:
            findings.error(issue, *place)
            sizes.pop(name, None)
    return sizes


def _define_issue(name: str, sizes: Mapping[str, int], depths: Mapping[str, int]) -> Issue | None:
    if name not in sizes:
        return Issue("cycle", f'"{name}" is defined in terms of itself')
    if depths[name] > MAX_DEPTH:
        return Issue(
            "too-deep", f'"{name}" is a define of defines of defines…', f"at most {MAX_DEPTH} levels"
        )
    if sizes[name] > MAX_TERMS:
        return Issue("too-large", f'"{name}" stands for too many comparisons', f"at most {MAX_TERMS}")
    return None


def _inner_first(uses: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Each define after those that it uses; those in a cycle, or that lead into one, do not come."""
    sorter = TopologicalSorter(uses)
    with suppress(CycleError):  # what is outside of the cycle still comes
        sorter.prepare()
    while ready := sorter.get_ready():
        yield from ready
        sorter.done(*ready)


def references(condition: Condition) -> frozenset[str]:
    """The names of the defines that a condition uses itself."""
    if isinstance(condition, Reference):
        return frozenset({condition.name})
    if isinstance(condition, Not):
        return references(condition.term)
    if isinstance(condition, And | Or):
        return frozenset().union(*map(references, condition.terms))
    return frozenset()
