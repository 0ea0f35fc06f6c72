"""Where the index keeps an alternative, and which of its terms are still to be tested there.

Positive ``host ==`` and ``host in`` terms are folded into one set of host patterns, positive ``path ==`` and
``path in`` terms into one set of paths: the index proves them, so a list of 500 hosts is one alternative with 500
places, not 500 alternatives. Of the other kinds of path terms the most specific one becomes the place.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from weir.routing.alternatives import Alternative, BadCondition, Term
from weir.routing.patterns import ANY_HOST, HostPattern, parse_host
from weir.routing.regex import literal_prefix

MAX_PLACES = 10_000
"""Hosts times paths of one alternative."""


class PathKind(IntEnum):
    """In order of precedence."""

    EXACT = 0
    LIKE = 1
    REGEX = 2
    UNDER = 3
    STARTS_WITH = 4
    """Ranks as UNDER does, by its length."""
    ANY = 5


class PathPlace(NamedTuple):
    kind: PathKind
    key: str
    """The path, pattern or prefix; for REGEX the text that every match begins with."""


class Placement(NamedTuple):
    hosts: tuple[HostPattern, ...]
    """Empty if no host can match."""
    paths: tuple[PathPlace, ...]
    """Empty if no path can match; all of one kind."""
    rest: tuple[Term, ...]
    """What the index has not proven."""
    ranking: Term | None
    """The path term that ranks, where it is not an exact one."""


_KIND_OF_OPERATOR = {
    "like": PathKind.LIKE,
    "matches": PathKind.REGEX,
    "under": PathKind.UNDER,
    "starts_with": PathKind.STARTS_WITH,
}
_ANYWHERE = (PathPlace(PathKind.ANY, ""),)
_ANY_HOSTS = (ANY_HOST,)


def place(alternative: Alternative) -> Placement:
    """Raises BadCondition beyond ``MAX_PLACES``."""
    hosts: list[Term] = []
    exact: list[Term] = []
    paths: list[Term] = []
    rest: list[Term] = []
    for term in alternative:
        if term.negated:
            rest.append(term)
        elif term.field == "host" and term.operator == "in":
            hosts.append(term)
        elif term.field == "path" and term.operator == "in":
            exact.append(term)
        else:
            if term.field == "path" and term.operator in _KIND_OF_OPERATOR:
                paths.append(term)
            rest.append(term)
    patterns = fold_hosts(hosts) if hosts else _ANY_HOSTS
    ranking = None if exact or not paths else max(paths, key=_specificity)
    places = fold_paths(exact) if exact else _places_of(ranking)
    if len(patterns) * len(places) > MAX_PLACES:
        raise BadCondition(f"hosts times paths of one rule are more than {MAX_PLACES}; use several rules")
    if ranking is not None and ranking.operator != "matches":
        rest.remove(ranking)
    return Placement(patterns, places, tuple(rest), ranking)


def fold_hosts(terms: list[Term]) -> tuple[HostPattern, ...]:
    """The patterns that stand for what all of the lists have in common."""
    kept = dict.fromkeys(map(parse_host, terms[0].values))
    for term in terms[1:]:
        others = dict.fromkeys(map(parse_host, term.values))
        if len(kept) * len(others) > MAX_PLACES:
            raise BadCondition(f"lists of hosts that are and-ed have more than {MAX_PLACES} combinations")
        # Two patterns are nested or apart: what they share is the narrower one.
        inside = [host for host in kept if any(other.covers(host) for other in others)]
        kept = dict.fromkeys(inside + [host for host in others if any(wide.covers(host) for wide in kept)])
    return tuple(kept)


def fold_paths(terms: list[Term]) -> tuple[PathPlace, ...]:
    kept = dict.fromkeys(terms[0].values)
    for term in terms[1:]:
        others = frozenset(term.values)
        kept = {path: None for path in kept if path in others}
    return tuple([PathPlace(PathKind.EXACT, path) for path in kept])


def _specificity(term: Term) -> tuple[int, int]:
    """Bigger is more specific."""
    kind = _KIND_OF_OPERATOR[term.operator]
    if kind in (PathKind.UNDER, PathKind.STARTS_WITH):
        return -PathKind.UNDER, len(term.values[0])
    return -kind, 0


def _places_of(ranking: Term | None) -> tuple[PathPlace, ...]:
    if ranking is None:
        return _ANYWHERE
    kind = _KIND_OF_OPERATOR[ranking.operator]
    text = ranking.values[0]
    return (PathPlace(kind, literal_prefix(text) if kind is PathKind.REGEX else text),)
