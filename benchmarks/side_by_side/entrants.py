"""Who takes part in a scenario, under which name, and what each is told to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.side_by_side.gateways.known import BASELINE, KNOWN, OURS, UNLIMITED, Known
from benchmarks.side_by_side.scenarios import Scenario
from benchmarks.side_by_side.services import Behind
from benchmarks.side_by_side.work import Work


class Entrant(NamedTuple):
    name: str
    """Its own within the scenario."""
    known: Known
    work: Work


def entrants(scenario: Scenario, behind: Behind, names: Sequence[str]) -> Iterator[Entrant]:
    """Of those in ``names``, in the order in which their rounds are run."""
    for known in KNOWN:
        if known.name in names:
            work = Work(behind.port, scenario.rules if known.name == OURS else scenario.peer_rules)
            yield from _limited(known, work, behind, scenario.limit)


def _limited(known: Known, work: Work, behind: Behind, limit: int) -> Iterator[Entrant]:
    """With a limit: those who can count for a cluster, Weir without it too, and the baseline as it always is."""
    if behind.store is None or (known.name == BASELINE and limit):
        yield Entrant(known.name, known, work)
        return
    work = work._replace(store_port=behind.store.port)
    if known.name == OURS:
        yield Entrant(UNLIMITED, known, work)
    if known.counts:
        yield Entrant(known.name, known, work._replace(limit=limit))
