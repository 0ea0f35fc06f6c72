"""Names: each once, every reference to something that exists, no define in terms of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from weir.models.document import Defaults, Define, Definition, Document, Group, Limit, Rule, Upstream
from weir.rules.bounds import MAX_DEPTH
from weir.rules.captures import captured
from weir.rules.check.conditions import MAX_TERMS, size_of
from weir.rules.check.findings import Findings, Issue
from weir.rules.defines import inner_first, references
from weir.rules.suggest import closest


class Names(NamedTuple):
    """What a document defines, by kind."""

    defines: frozenset[str]
    upstreams: frozenset[str]
    limits: frozenset[str]


def names_of(document: Document) -> Names:
    defines = frozenset(item.name for item in document.definitions if isinstance(item, Define))
    upstreams = frozenset(item.name for item in document.definitions if isinstance(item, Upstream))
    limits = frozenset(item.name for item in document.definitions if isinstance(item, Limit))
    return Names(defines, upstreams, limits)


def check_duplicates(document: Document, findings: Findings) -> None:
    """Rules and groups share one name space, because both name what a request matched."""
    seen: dict[tuple[str, str], None] = {}
    for index, definition in enumerate(document.definitions):
        for kind, name, node, path in named(definition, f"definitions[{index}]"):
            if (kind, name) in seen:
                findings.error(_twice(kind, name), node, path)
            seen[kind, name] = None


def _twice(kind: str, name: str) -> Issue:
    if kind == "defaults":
        return Issue("duplicate", "a second block of defaults", "one for the document")
    return Issue("duplicate", f'{kind} "{name}" is defined twice', "another name")


def named(definition: Definition, path: str) -> Iterator[tuple[str, str, object, str]]:
    """What a definition defines: kind, name, node and path; each kind and name is there once in a document."""
    if isinstance(definition, Defaults):
        yield "defaults", "", definition, path
    elif isinstance(definition, Define):
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
    return Issue(f"unknown-{kind}", f'no {kind} is called "{name}"', suggestion=lambda: closest(name, known))


def check_defines(document: Document, findings: Findings) -> Mapping[str, int]:
    """Cycles, depth and size; gives how many comparisons each sound define stands for, inner ones first."""
    places = {
        item.name: (item, f"definitions[{index}]")
        for index, item in enumerate(document.definitions)
        if isinstance(item, Define)
    }
    uses = {name: references(item.condition) & places.keys() for name, (item, _) in places.items()}
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    for name in inner_first(uses):
        sizes[name] = size_of(places[name][0].condition, sizes)
        depths[name] = 1 + max((depths[inner] for inner in uses[name]), default=0)
    for name in _in_cycles({name: uses[name] for name in uses.keys() - sizes.keys()}):
        findings.error(Issue("cycle", f'"{name}" is defined in terms of itself'), *places[name])
    for name, depth in depths.items():
        issue = _size_issue(name, sizes[name], depth)
        if issue:
            findings.error(issue, *places[name])
            del sizes[name]
    return sizes


def captures_of(document: Document, sound: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """What each sound define is sure to capture; ``sound`` in the order in which ``check_defines`` gives them."""
    defines = {item.name: item.condition for item in document.definitions if isinstance(item, Define)}
    found: dict[str, frozenset[str]] = {}
    for name in sound:
        found[name] = captured(defines[name], found)
    return found


def _in_cycles(uses: Mapping[str, frozenset[str]]) -> list[str]:
    """Without those that only lead into a cycle: nothing that is left uses them."""
    users: dict[str, set[str]] = {name: set() for name in uses}
    for name, inner in uses.items():
        for used in inner & uses.keys():
            users[used].add(name)
    return sorted(uses.keys() - set(inner_first(users)))


def _size_issue(name: str, size: int, depth: int) -> Issue | None:
    if depth > MAX_DEPTH:
        expected = f"at most {MAX_DEPTH} levels"
        return Issue("too-deep", f'"{name}" is a define of defines of defines…', expected)
    if size > MAX_TERMS:
        return Issue("too-large", f'"{name}" stands for too many comparisons', f"at most {MAX_TERMS}")
    return None
