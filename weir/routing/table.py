"""The match table: every alternative of a version, found by host, then path, then rank.

A table never changes. The next one shares with it every set of rules whose key is the same, and every bucket that
no changed set touches, so one changed chunk costs what that chunk costs. Building is a generator of small steps:
a worker goes on serving between them. The caller keeps the garbage collector off while it builds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from weir.models.document import OWNERS, Owner
from weir.models.effective import Route
from weir.routing.alternatives import alternatives_of
from weir.routing.entry import Entry, Match
from weir.routing.facts import Facts
from weir.routing.host_index import HostIndex
from weir.routing.order import order_numbers
from weir.routing.path_index import Change, Entries, PathIndex, edit
from weir.routing.patterns import ANY_HOST, HostPattern
from weir.routing.placement import PathPlace, place
from weir.routing.precedence import HostRank, Position, Rank, host_rank, priority_rank, rank_of

STEP_PLACES = 32
"""Places of the index computed or changed in one step: about a millisecond."""


class RouteSet(NamedTuple):
    """The rules of one chunk. Equal keys of one owner mean: unchanged."""

    key: str
    """Hash of the chunk and of what its rules depend on."""
    owner: Owner
    routes: tuple[Route, ...]


class Placed(NamedTuple):
    """An entry with where the index keeps it."""

    entry: Entry
    hosts: tuple[HostPattern, ...]
    paths: tuple[PathPlace, ...]


SetId = tuple[Owner, str, int]
"""Owner, key, and which occurrence of that key: the same chunk twice is two sets."""


class CompiledSet(NamedTuple):
    number: int
    """Its order among the owner's sets."""
    placed: list[Placed]


Changes = dict[HostPattern, dict[PathPlace, Change]]


class Table:
    """Find the rule of a request; made by ``build`` or ``build_steps``."""

    __slots__ = ("hosts", "merge_slashes", "priorities", "sets")

    def __init__(self, merge_slashes: bool = True) -> None:
        """The empty table, which matches nothing."""
        self.merge_slashes = merge_slashes
        self.hosts = HostIndex()
        self.sets: dict[SetId, CompiledSet] = {}
        self.priorities: Counter[int] = Counter()
        """How many entries have each priority: with one only, the order of look-ups is the order of ranks."""

    @staticmethod
    def build(
        sets: Sequence[RouteSet], previous: Table | None = None, *, merge_slashes: bool = True
    ) -> Table:
        """All steps at once. Raises BadCondition for what ``predicate.check_condition`` would have refused."""
        steps = Table.build_steps(sets, previous, merge_slashes=merge_slashes)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    @staticmethod
    def build_steps(
        sets: Sequence[RouteSet], previous: Table | None = None, *, merge_slashes: bool = True
    ) -> Generator[None, None, Table]:
        """Yields between steps of about a millisecond; returns the table. ``previous`` keeps serving, unchanged.

        ``sets`` of one owner stand in their order of position; owners may be mixed. With another ``merge_slashes``
        than the previous table had, nothing is shared.
        """
        if previous is None or previous.merge_slashes != merge_slashes:
            previous = Table(merge_slashes)
        return (yield from _build(sets, previous))

    def match(self, facts: Facts) -> Match | None:
        """The best rule for a request, None if no rule matches."""
        path = facts.path
        indexes = self.hosts.matching(facts.host)
        if len(self.priorities) > 1:
            entry = _best(indexes, path, facts)
            return None if entry is None else entry.match(facts)
        for index in indexes:
            for entries in index.candidates(path):
                for entry in entries:
                    if entry.holds(facts):
                        return entry.match(facts)
        return None

    def candidates(self, host: str, path: str) -> list[Entry]:
        """What the index leaves to be tested for a normalised host and path, in rank order."""
        lists = [entries for index in self.hosts.matching(host) for entries in index.candidates(path)]
        return sorted((entry for entries in lists for entry in entries), key=lambda entry: entry.rank)

    def entries(self) -> Iterator[Entry]:
        """Every entry once, in no order."""
        return (placed.entry for compiled in self.sets.values() for placed in compiled.placed)

    def dismantle_steps(self, successor: Table) -> Iterator[None]:
        """Frees what ``successor`` does not share, in small steps; the table must not be used any more.

        Dropping the last reference to a large table would free all of it in one stall.
        """
        for set_id in list(self.sets):
            compiled = self.sets.pop(set_id)
            if successor.sets.get(set_id) is not compiled:
                while compiled.placed:
                    del compiled.placed[-STEP_PLACES:]
                    yield
        for mine, theirs in zip(self.hosts.groups(), successor.hosts.groups(), strict=True):
            yield from _dismantle(mine, theirs)


def _best(indexes: list[PathIndex], path: str, facts: Facts) -> Entry | None:
    """With several priorities every list may hold the winner, but only before the best found so far."""
    best: Entry | None = None
    for index in indexes:
        for entries in index.candidates(path):
            found = _first_before(entries, facts, None if best is None else best.rank)
            best = found or best
    return best


def _first_before(entries: Entries, facts: Facts, bound: Rank | None) -> Entry | None:
    for entry in entries:
        if bound is not None and entry.rank > bound:
            return None
        if entry.holds(facts):
            return entry
    return None


def _build(sets: Sequence[RouteSet], previous: Table) -> Generator[None, None, Table]:
    table = Table(previous.merge_slashes)
    changes: Changes = {}
    numbers = _numbered(sets, previous)
    table.priorities = previous.priorities.copy()
    gone: dict[tuple[Owner, int], CompiledSet] = {}
    for set_id, compiled in previous.sets.items():
        if numbers.get(set_id, (0, None))[0] != compiled.number:
            gone[set_id[0], compiled.number] = compiled
            yield from _remove(compiled, table, changes)
    for set_id, (number, route_set) in numbers.items():
        old = previous.sets.get(set_id)
        if old is not None and old.number == number:
            table.sets[set_id] = old
        else:
            known = _by_rule(gone.get((route_set.owner, number)))
            table.sets[set_id] = yield from _compile(route_set, number, known, table, changes)
    table.priorities = +table.priorities
    yield from _apply(changes, table, previous.hosts)
    return table


def _numbered(sets: Sequence[RouteSet], previous: Table) -> dict[SetId, tuple[int, RouteSet]]:
    seen: Counter[tuple[Owner, str]] = Counter()
    by_owner: dict[Owner, dict[SetId, RouteSet]] = {owner: {} for owner in OWNERS}
    for route_set in sets:
        name = (route_set.owner, route_set.key)
        by_owner[route_set.owner][*name, seen[name]] = route_set
        seen[name] += 1
    numbered: dict[SetId, tuple[int, RouteSet]] = {}
    for owner, own in by_owner.items():
        before = {set_id: compiled.number for set_id, compiled in previous.sets.items() if set_id[0] == owner}
        numbers = order_numbers(list(own), before)
        numbered |= {set_id: (numbers[set_id], route_set) for set_id, route_set in own.items()}
    return numbered


def _remove(compiled: CompiledSet, table: Table, changes: Changes) -> Generator[None, None, None]:
    work = 0
    for placed in compiled.placed:
        table.priorities[placed.entry.rank.priority] -= 1
        for change in _changes_at(placed, changes):
            change.removed.add(id(placed.entry))
            work += 1
        if work >= STEP_PLACES:
            work = 0
            yield


Known = dict[tuple[str, str], list[Placed]]
"""What the replaced chunk held, by rule name and path line."""


def _by_rule(replaced: CompiledSet | None) -> Known:
    known: Known = {}
    for placed in replaced.placed if replaced is not None else ():
        route = placed.entry.route
        known.setdefault((route.name, route.path_line), []).append(placed)
    return known


def _compile(
    route_set: RouteSet, number: int, known: Known, table: Table, changes: Changes
) -> Generator[None, None, CompiledSet]:
    compiled = CompiledSet(number, [])
    work = 0
    for ordinal, route in enumerate(route_set.routes):
        position = Position(route.priority, route_set.owner, number, ordinal)
        same = known.get((route.name, route.path_line))
        if same is not None and same[0].entry.route.condition == route.condition:
            places: Iterable[Placed] = _place_again(same, route, route_set.key, position)
        else:
            places = place_route(route, route_set.key, position, table.merge_slashes)
        for placed in places:
            compiled.placed.append(placed)
            table.priorities[placed.entry.rank.priority] += 1
            for change in _changes_at(placed, changes):
                change.added.append(placed.entry)
                work += 1
            if work >= STEP_PLACES:
                work = 0
                yield
    return compiled


def _place_again(same: list[Placed], route: Route, key: str, position: Position) -> Iterator[Placed]:
    """The entries of a rule whose condition did not change: most of a changed chunk."""
    priority = priority_rank(position)
    for placed in same:
        rank = placed.entry.rank
        if (rank.priority, rank.ordinal) != (priority, position.ordinal):
            rank = rank._replace(priority=priority, ordinal=position.ordinal)
        yield Placed(placed.entry.of(route, key, rank), placed.hosts, placed.paths)


def place_route(route: Route, key: str, position: Position, merge_slashes: bool) -> Iterator[Placed]:
    """The entries of one rule: one for each alternative and each class of host in it. Raises BadCondition."""
    for number, alternative in enumerate(alternatives_of(route.condition, merge_slashes)):
        placement = place(alternative)
        hosts_of: dict[HostRank, list[HostPattern]] = {}
        for host in placement.hosts:
            hosts_of.setdefault(host_rank(host), []).append(host)
        if not hosts_of:  # contradicts itself: it has no place, but explain and lint tell of it
            hosts_of = {host_rank(ANY_HOST): []}
        for class_of_host, hosts in hosts_of.items():
            rank = rank_of(alternative, placement, class_of_host, position, number)
            entry = Entry(route, key, position.ordinal, alternative, placement.rest, rank)
            yield Placed(entry, tuple(hosts), placement.paths)


def _changes_at(placed: Placed, changes: Changes) -> Iterator[Change]:
    for host in placed.hosts:
        by_path = changes.get(host)
        if by_path is None:
            by_path = changes[host] = {}
        for path in placed.paths:
            change = by_path.get(path)
            if change is None:
                change = by_path[path] = Change()
            yield change


def _apply(changes: Changes, table: Table, hosts: HostIndex) -> Generator[None, None, None]:
    """Copies of the touched buckets, with the changes; the token marks what was made here and may be edited."""
    table.hosts = hosts.copy()
    token = object()
    count = 0
    for host, by_path in changes.items():
        index = table.hosts.get(host)
        for item in by_path.items():
            index = edit(index, (item,), token)
            count += 1
            if count % STEP_PLACES == 0:
                yield
        if index is not None:
            table.hosts.put(host, index)


def _dismantle(mine: dict[str, PathIndex], theirs: dict[str, PathIndex]) -> Iterator[None]:
    """What an index holds is shared, if at all, through the index, its root, or the nodes below."""
    work = 0
    while mine:
        name, index = mine.popitem()
        heir = theirs.get(name)
        if heir is not index:
            yield from _drain(index.exact)
            root = index.root
            if root is not None and root.children and (heir is None or heir.root is not root):
                yield from _drain(root.children)
        work += 1
        if work % STEP_PLACES == 0:
            yield


def _drain(items: dict[Any, Any]) -> Iterator[None]:
    while items:
        for _ in range(min(STEP_PLACES, len(items))):
            items.popitem()
        yield
