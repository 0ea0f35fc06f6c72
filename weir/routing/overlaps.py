"""What lint says about rules in each other's company. Pure, with bounded work and no false alarm.

The match table finds the rules that can meet: those that the index offers for a request made up for the rule in
question. Each is compared with the few nearest in rank, within ``WORK`` comparisons in all, so 10 000 rules take
seconds even when all of them meet. What is reported was proven (``implication``) or shown by a request (``witness``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from weir.models.effective import Route
from weir.routing.alternatives import Alternative, Term
from weir.routing.entry import Entry
from weir.routing.facts import RequestFacts
from weir.routing.implication import contradiction, covers
from weir.routing.patterns import HostKind, HostPattern
from weir.routing.placement import PathKind, PathPlace
from weir.routing.precedence import POSITION
from weir.routing.table import Placed, RouteSet, Table
from weir.routing.witness import SAMPLE_HOST, SAMPLE_SEGMENT, sample_of_like, witness

MAX_FINDINGS = 200
NEIGHBOURS = 24
"""Rules before and after a rule in rank with which it is compared."""
SAMPLES = 8
"""Hosts and paths of one rule for which others are looked up."""
MAX_PAIRS = 10_000
"""Pairs of hosts compared for two rules."""
WORK = 200_000
"""Comparisons of two rules in all, a made-up request counting as ten: about a second."""

Kind: TypeAlias = Literal["never-matches", "contradiction", "tie", "escapes-require"]


class Finding(msgspec.Struct, frozen=True):
    kind: Kind
    route: str
    """The rule that is to be looked at."""
    other: str
    """The rule that it meets; empty for a contradiction."""
    reason: str
    """A sentence that begins where "rule x" ends and names the other rule."""


class Overlaps(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]
    complete: bool
    """False if the limit of findings or of work cut the search short."""


def find_overlaps(
    sets: Sequence[RouteSet], *, limit: int = MAX_FINDINGS, merge_slashes: bool = True, work: int = WORK
) -> Overlaps:
    """At most ``limit`` findings, in rank order of their rules. Raises BadCondition, as ``Table.build`` does."""
    steps = overlap_steps(sets, limit=limit, merge_slashes=merge_slashes, work=work)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]


def overlap_steps(
    sets: Sequence[RouteSet], *, limit: int = MAX_FINDINGS, merge_slashes: bool = True, work: int = WORK
) -> Generator[None, None, Overlaps]:
    """``find_overlaps`` for somebody with other things to do: yields between steps of about a millisecond."""
    table = yield from Table.build_steps(sets, merge_slashes=merge_slashes)
    search = _Search(table, limit, work)
    yield from search.run()
    search.tell_empty(route for route_set in sets for route in route_set.routes)
    return Overlaps(tuple(search.findings), not search.cut)


class _Met(NamedTuple):
    """The entries that the index offers beside one entry, nearest in rank first."""

    before: list[Entry]
    after: list[Entry]


class _Search:
    def __init__(self, table: Table, limit: int, work: int) -> None:
        self.table = table
        self.limit = limit
        self.work = work
        self.cut = False
        self.findings: list[Finding] = []
        self.told: set[tuple[Kind, int, int]] = set()
        self.dead: Counter[int] = Counter()
        self.hosts: dict[int, tuple[HostPattern, ...]] = {}
        """Of each entry."""
        self.first: dict[tuple[object, ...], Entry] = {}
        """The first entry with the same terms, wherever it stands: exact doubles need no search."""

    def run(self) -> Iterator[None]:
        placed = sorted(
            (each for compiled in self.table.sets.values() for each in compiled.placed),
            key=lambda each: each.entry.rank,
        )
        self.hosts = {id(each.entry): each.hosts for each in placed}
        alive = Counter(id(each.entry.route) for each in placed)
        for each in placed:
            if len(self.findings) >= self.limit or self.work <= 0:
                self.cut = True
                break
            self._look_at(each, alive)
            yield

    def tell_empty(self, routes: Iterable[Route]) -> None:
        """Rules without a single alternative, such as ``when not any``."""
        present = {id(entry.route) for entry in self.table.entries()}
        for route in routes:
            if id(route) not in present:
                self._add(
                    Finding(
                        "contradiction",
                        route.name,
                        "",
                        "can never match: its condition refuses every request",
                    )
                )

    def _look_at(self, placed: Placed, alive: Counter[int]) -> None:
        entry = placed.entry
        clash = contradiction(entry.alternative)
        if clash or not placed.hosts or not placed.paths:
            self.dead[id(entry.route)] += 1
            self._tell("contradiction", entry, None, _clash_reason(clash, alive[id(entry.route)] > 1))
            return
        double = self.first.setdefault(_identity(entry), entry)
        met = self._met(placed)
        if double is not entry and double.route is not entry.route:
            self._is_covered(entry, double, alive)
            return
        cover = next((other for other in met.before if self._covers(other, entry)), None)
        if cover is not None:
            self._is_covered(entry, cover, alive)
            return
        self._look_for_ties(entry, met.before)
        self._look_for_escape(entry, met.after)

    def _covers(self, other: Entry, entry: Entry) -> bool:
        """Whether ``other`` takes all that ``entry`` takes, for every host that ranks as this one."""
        self.work -= 1
        if other.route is entry.route or not covers(other.alternative, entry.alternative):
            return False
        wide, narrow = self.hosts[id(other)], self.hosts[id(entry)]
        return len(wide) * len(narrow) <= MAX_PAIRS and all(
            any(pattern.covers(host) for pattern in wide) for host in narrow
        )

    def _is_covered(self, entry: Entry, cover: Entry, alive: Counter[int]) -> None:
        """A rule of several alternatives is only reported when none is left."""
        route = id(entry.route)
        self.dead[route] += 1
        if self.dead[route] < alive[route]:
            return
        self._tell(
            "never-matches",
            entry,
            cover,
            f'can never match: every request that it could take goes to rule "{cover.route.name}", '
            "which ranks before it",
        )

    def _look_for_ties(self, entry: Entry, before: list[Entry]) -> None:
        for other in before:
            if other.rank[:POSITION] != entry.rank[:POSITION]:
                return
            if self.work <= 0 or other.route is entry.route or _same_destination(other, entry):
                continue
            self.work -= 10
            example = witness((other.alternative, entry.alternative))
            if example is not None:
                self._tell("tie", entry, other, _tie_reason(other, example))

    def _look_for_escape(self, entry: Entry, after: list[Entry]) -> None:
        """The next broader rule would answer if this one did not exist: does it ask for credentials?"""
        if entry.route.require is not None:
            return
        broader = next((other for other in after if self._covers(other, entry)), None)
        if broader is None or broader.route.require is None or not broader.route.require.any_of:
            return
        self._tell(
            "escapes-require",
            entry,
            broader,
            f'takes requests out of rule "{broader.route.name}", which requires credentials, and asks for none '
            "itself; say so with: require none",
        )

    def _met(self, placed: Placed) -> _Met:
        """Of a long list of hosts or paths only the first few are looked at."""
        lists = {
            id(entries): entries
            for host, path in _samples(placed)
            for index in self.table.hosts.matching(host)
            for entries in index.candidates(path)
        }
        before: list[Entry] = []
        after: list[Entry] = []
        for entries in lists.values():
            place = bisect_left(entries, placed.entry.rank, key=_rank)
            before += entries[max(0, place - NEIGHBOURS) : place]
            after += (other for other in entries[place : place + NEIGHBOURS] if other is not placed.entry)
        return _Met(_nearest(before, reverse=True), _nearest(after, reverse=False))

    def _tell(self, kind: Kind, entry: Entry, other: Entry | None, reason: str) -> None:
        """Once for each pair of rules; nothing beyond the limit."""
        pair = (kind, id(entry.route), id(None if other is None else other.route))
        if pair not in self.told:
            self.told.add(pair)
            self._add(Finding(kind, entry.route.name, "" if other is None else other.route.name, reason))

    def _add(self, finding: Finding) -> None:
        if len(self.findings) >= self.limit:
            self.cut = True
            return
        self.findings.append(finding)


_rank = attrgetter("rank")


def _identity(entry: Entry) -> tuple[object, ...]:
    """What makes two entries take the same requests: the terms, and which class of their hosts."""
    return frozenset(entry.alternative), entry.rank.host, entry.rank.host_length, entry.rank.host_depth


def _same_destination(one: Entry, other: Entry) -> bool:
    """Lines of one ``proxy by path`` rule; and rules of one name, which other checks report."""
    return one.route.name == other.route.name


def _clash_reason(clash: Alternative, has_others: bool) -> str:
    subject = "has an alternative that can never match" if has_others else "can never match"
    if not clash:
        return f"{subject}: its hosts or paths have nothing in common"
    return f"{subject}: {' and '.join(map(_term_text, clash))} cannot hold together"


def _term_text(term: Term) -> str:
    text = term.text()
    return text if len(text) <= 80 else text[:79] + "…"


def _tie_reason(other: Entry, example: RequestFacts) -> str:
    return (
        f'ranks equal to rule "{other.route.name}" and only comes after it: {example.method} '
        f"{example.host}{example.path}, for one, matches both; give one of them a priority or a narrower condition"
    )


def _nearest(entries: list[Entry], reverse: bool) -> list[Entry]:
    unique = {id(entry): entry for entry in entries}.values()
    return sorted(unique, key=_rank, reverse=reverse)[:NEIGHBOURS]


def _samples(placed: Placed) -> list[tuple[str, str]]:
    """Requests for the entry: a few hosts with the first path, a few paths with the first host."""
    hosts = [_sample_host(host) for host in placed.hosts[:SAMPLES]]
    paths = [_sample_path(path) for path in placed.paths[:SAMPLES]]
    return [(host, paths[0]) for host in hosts] + [(hosts[0], path) for path in paths[1:]]


def _sample_host(pattern: HostPattern) -> str:
    return {
        HostKind.EXACT: pattern.name,
        HostKind.ANY: SAMPLE_HOST,
        HostKind.ONE_LABEL: SAMPLE_SEGMENT + pattern.name,
        HostKind.MANY_LABELS: SAMPLE_SEGMENT + "." + SAMPLE_SEGMENT + pattern.name,
    }[pattern.kind]


def _sample_path(place: PathPlace) -> str:
    match place.kind:
        case PathKind.LIKE:
            return sample_of_like(place.key)
        case PathKind.UNDER:
            return f"{place.key.rstrip('/')}/{SAMPLE_SEGMENT}"
        case PathKind.REGEX | PathKind.STARTS_WITH:
            return place.key if place.key.startswith("/") else f"/{SAMPLE_SEGMENT}"
    return place.key or f"/{SAMPLE_SEGMENT}"
