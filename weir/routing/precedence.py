"""Which of two alternatives that both match is taken: their ranks, compared from the first component on.

The order is Gateway API's (HTTPRouteRule), so that rules of several owners need no common order, with ``priority``
before it and owner and position after it. Negations add nothing. Every component is a number, smaller is better.
"""

from __future__ import annotations

from typing import NamedTuple

from weir.models.document import OWNERS, Owner
from weir.routing.alternatives import Alternative, Term
from weir.routing.patterns import HostKind, HostPattern, parse_like
from weir.routing.placement import PathKind, Placement


class Rank(NamedTuple):
    priority: int
    """Negated; always 0 for owner ``k8s``."""
    host: int
    """Exact, wildcard, any."""
    host_length: int
    """Negated characters of a wildcard's suffix."""
    host_depth: int
    """``*.a.com`` before ``**.a.com``."""
    path: int
    """Exact, like, regex, prefix, any."""
    prefix: int
    """Negated characters of a prefix."""
    method: int
    """Negated: 1 with a method condition."""
    headers: int
    """Negated number of header conditions."""
    queries: int
    """Negated number of query conditions."""
    others: int
    """Negated number of other conditions."""
    like: int
    """Negated characters of a ``like`` pattern that are not captured."""
    owner: int
    chunk: int
    """Order of the chunk among its owner's; says nothing but before and after."""
    ordinal: int
    """Place in the chunk; lines of ``proxy by path`` follow each other."""
    alternative: int


POSITION = Rank._fields.index("chunk")
"""Where the components begin that tell nothing but the order in which rules were written."""

_PATH_CLASS = {
    PathKind.EXACT: 0,
    PathKind.LIKE: 1,
    PathKind.REGEX: 2,
    PathKind.UNDER: 3,
    PathKind.STARTS_WITH: 3,
    PathKind.ANY: 4,
}
_OWNER_RANK = {owner: rank for rank, owner in enumerate(OWNERS)}


class Position(NamedTuple):
    """Where a rule stands, apart from its condition."""

    priority: int
    owner: Owner
    chunk: int
    ordinal: int


def priority_rank(position: Position) -> int:
    return 0 if position.owner == "k8s" else -position.priority


HostRank = tuple[int, int, int]
"""The components ``host``, ``host_length`` and ``host_depth``."""

_EXACT_HOST: HostRank = (0, 0, 0)
_NO_HOST: HostRank = (2, 0, 0)


def host_rank(host: HostPattern) -> HostRank:
    if host.kind is HostKind.EXACT:
        return _EXACT_HOST
    if host.kind is HostKind.ANY:
        return _NO_HOST
    return 1, -len(host.name), int(host.kind)


def rank_of(
    alternative: Alternative, placement: Placement, host: HostRank, position: Position, number: int
) -> Rank:
    """The rank of one alternative, the ``number``-th of its rule, where its host part ranks as ``host``."""
    _, owner, chunk, ordinal = position
    kind = placement.paths[0].kind if placement.paths else PathKind.EXACT
    text = placement.ranking.values[0] if placement.ranking is not None else ""
    return Rank(
        priority_rank(position),
        *host,
        _PATH_CLASS[kind],
        -len(text) if kind is PathKind.UNDER or kind is PathKind.STARTS_WITH else 0,
        *_count(alternative, placement),
        -parse_like(text).literals() if kind is PathKind.LIKE else 0,
        _OWNER_RANK[owner],
        chunk,
        ordinal,
        number,
    )


def _count(alternative: Alternative, placement: Placement) -> tuple[int, int, int, int]:
    """Method (0 or 1), headers, queries, others, all negated; what places the alternative is not counted again."""
    methods = headers = queries = others = 0
    for term in alternative:
        if term.negated:
            continue
        field = term.field
        if field == "method":
            methods = 1
        elif field == "header":
            headers += 1
        elif field == "query":
            queries += 1
        elif not _is_placing(term, placement):
            others += 1
    return -methods, -headers, -queries, -others


def _is_placing(term: Term, placement: Placement) -> bool:
    return term is placement.ranking or (term.operator == "in" and term.field in ("host", "path"))


_HOST_WORDS = ("an exact host", "a wildcard host", "any host")
_PATH_WORDS = ("an exact path", "a path pattern", "a regular expression", "a path prefix", "any path")
_WORDS = {
    "priority": "a higher priority",
    "host_length": "a longer wildcard host",
    "host_depth": "a wildcard of one label, which ranks before one of many",
    "prefix": "a longer path prefix",
    "method": "a method condition",
    "headers": "more header conditions",
    "queries": "more query conditions",
    "others": "more other conditions",
    "like": "more literal text in its path pattern",
    "owner": "an owner that comes first (file, then api, then k8s)",
    "chunk": "an earlier place in the rules",
    "ordinal": "an earlier place in the rules",
    "alternative": "an earlier place in the condition",
}


def deciding_component(better: Rank, worse: Rank) -> str:
    """The name of the first component that differs; empty for equal ranks."""
    return next((name for name, a, b in zip(Rank._fields, better, worse, strict=True) if a != b), "")


def advantage(better: Rank, worse: Rank) -> str:
    """What the better rank has, for a person: "a longer path prefix". Empty for equal ranks."""
    component = deciding_component(better, worse)
    if component == "host":
        return f"{_HOST_WORDS[better.host]}, which ranks before {_HOST_WORDS[worse.host]}"
    if component == "path":
        return f"{_PATH_WORDS[better.path]}, which ranks before {_PATH_WORDS[worse.path]}"
    return _WORDS.get(component, "")
