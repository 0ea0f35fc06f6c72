"""One alternative of a rule, as the table holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from weir.models.condition import Condition
from weir.models.document import OWNERS, Owner
from weir.models.effective import Route
from weir.routing.alternatives import Alternative, Term, alternatives_of
from weir.routing.facts import Facts
from weir.routing.patterns import parse_like
from weir.routing.precedence import Rank
from weir.routing.predicate import Test, compile_term, reader_of
from weir.routing.regex import Regex


class Match(NamedTuple):
    """The rule that a request gets."""

    route: Route
    captures: Mapping[str, str]
    """Of ``like`` and of the named groups of ``matches``; a later comparison wins where names repeat."""
    key: str
    """Of the rule's RouteSet; with ``ordinal`` a cheap identity for what was compiled beside the table."""
    ordinal: int
    """The rule's place in its RouteSet."""


NO_CAPTURES: Mapping[str, str] = MappingProxyType({})


class Entry:
    """Shared between tables and never changed, but for the tests, which are compiled at first use."""

    __slots__ = ("_capturers", "_match", "_tests", "alternative", "key", "ordinal", "rank", "rest", "route")

    def __init__(
        self,
        route: Route,
        key: str,
        ordinal: int,
        alternative: Alternative,
        rest: tuple[Term, ...],
        rank: Rank,
    ) -> None:
        self.route = route
        self.key = key
        self.ordinal = ordinal
        self.alternative = alternative
        self.rest = rest
        self.rank = rank
        self._tests: tuple[Test, ...] | None = None if rest else ()
        self._capturers: tuple[Callable[[Facts], dict[str, str]], ...] | None = None
        self._match: Match | None = None

    @property
    def owner(self) -> Owner:
        return OWNERS[self.rank.owner]

    def holds(self, facts: Facts) -> bool:
        """Whether what the index has not proven holds."""
        tests = self._tests
        if tests is None:
            tests = self._tests = tuple([compile_term(term) for term in self.rest])
        for test in tests:  # noqa: SIM110 - runs for every request; all() costs a generator
            if not test(facts):
                return False
        return True

    def of(self, route: Route, key: str, rank: Rank) -> Entry:
        """The same alternative for a rule with the same condition."""
        twin = Entry(route, key, rank.ordinal, self.alternative, self.rest, rank)
        twin._tests, twin._capturers = self._tests, self._capturers
        return twin

    def match(self, facts: Facts) -> Match:
        """The answer, after ``holds``."""
        if self._match is not None:
            return self._match
        if self._capturers is None:
            self._capturers = tuple([capturer_of(term) for term in self.alternative if _captures(term)])
        if not self._capturers:
            self._match = Match(self.route, NO_CAPTURES, self.key, self.ordinal)
            return self._match
        found: dict[str, str] = {}
        for captures in self._capturers:
            found |= captures(facts)
        return Match(self.route, found, self.key, self.ordinal)


def _captures(term: Term) -> bool:
    if term.negated:
        return False
    return term.operator == "like" or (term.operator == "matches" and "(?" in term.values[0])


def capturer_of(term: Term) -> Callable[[Facts], dict[str, str]]:
    """What a ``like`` or ``matches`` term that holds takes out of the request."""
    read = reader_of(term.field, term.name)
    take = (parse_like if term.operator == "like" else Regex)(term.values[0]).captures
    return lambda facts: take(read(facts) or "")


def capture_names(condition: Condition, merge_slashes: bool = True) -> frozenset[str]:
    """The names that every match of the condition captures: what a template may use. Raises BadCondition."""
    each = [
        frozenset(name for term in alternative if _captures(term) for name in _names_of(term))
        for alternative in alternatives_of(condition, merge_slashes)
    ]
    return frozenset.intersection(*each) if each else frozenset()


def _names_of(term: Term) -> tuple[str, ...]:
    if term.operator == "matches":
        return Regex(term.values[0]).names
    like = parse_like(term.values[0])
    names = tuple(name for name, _ in like.names)
    return names if like.rest is None else (*names, like.rest)
