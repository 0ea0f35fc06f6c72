"""Who gets which part of a limit, and which limit survives what."""

from __future__ import annotations

import gevent
import pytest

from edge.upstream.concurrency_gate import Gate
from edge.upstream.concurrency_gates import Gates
from weir.models.document import Owner
from weir.models.upstream_clauses import Concurrency


def gate_of(gates: Gates, identity: tuple[Owner, str], clause: Concurrency) -> Gate:
    """As a version that has it makes it and takes it."""
    gate = gates.made(identity, clause)
    assert gate is not None
    gates.take(identity, gate, clause)
    return gate


def test_more_nodes_make_smaller_parts() -> None:
    gates = Gates(workers=2)
    fixed = gate_of(gates, ("file", "u"), Concurrency(limit=40, queue=8))
    adaptive = gate_of(gates, ("file", "v"), Concurrency())
    assert (fixed.slots.limit, fixed.slots.room, adaptive.slots.limit) == (20, 4, 10)
    gates.hear({"nodes": 2})
    assert (fixed.slots.limit, fixed.slots.room) == (10, 2)
    assert gate_of(gates, ("file", "w"), Concurrency(limit=40)).slots.limit == 10
    assert [labels for family, labels, _ in gates.gauges() if family == "weir_concurrency_limit"] == [
        ["u"], ["v"], ["w"],
    ]  # fmt: skip
    gates.retain({("file", "v")})
    assert {labels[0] for _, labels, _ in gates.gauges()} == {"v"}
    assert gates.made(("file", "v"), None) is None
    gates.take(("file", "v"), None, None)
    assert not list(gates.gauges())


def test_until_it_is_known_how_many_nodes_live_there_are_as_many_as_there_may_be() -> None:
    """Three nodes that start while the store is away are together not above the limit."""
    every = [Gates(workers=2, max_nodes=4) for _node in range(3) for _worker in range(2)]
    gates = [gate_of(each, ("file", "u"), Concurrency(limit=60)) for each in every]
    assert sum(gate.slots.limit for gate in gates) == 42
    for each in every:
        each.hear({"nodes": 3})
    assert sum(gate.slots.limit for gate in gates) == 60


def test_whoever_has_a_limit_to_split_waits_for_the_number_of_nodes_a_moment() -> None:
    gates, heard = Gates(), []
    with gevent.Timeout(20):
        gates.wait(1000.0)
        gate_of(gates, ("file", "u"), Concurrency(limit=2))
        gates.wait(0.001)
        gevent.spawn(lambda: (heard.append(1), gates.hear({"nodes": 2})))
        gates.wait(1000.0)
        gates.wait(1000.0)
    assert heard == [1]


@pytest.mark.parametrize("body", [None, {}, {"nodes": 0}, {"nodes": "2"}, [1]])
def test_news_that_are_none_are_refused(body: object) -> None:
    with pytest.raises(ValueError, match="none"):
        Gates().hear(body)


def test_the_same_gate_serves_the_next_version() -> None:
    gates = Gates()
    gate = gate_of(gates, ("file", "u"), Concurrency(limit=2))
    assert gate.slots.try_enter()
    again = gate_of(gates, ("file", "u"), Concurrency())
    assert again is gate
    assert (gate.slots.in_flight, gate.slots.limit) == (1, 20)


def test_a_gate_that_is_only_made_changes_nothing() -> None:
    gates = Gates()
    gate = gate_of(gates, ("file", "u"), Concurrency(limit=2))
    assert gates.made(("file", "u"), Concurrency(limit=1)) is gate
    assert gate.slots.limit == 2
    gates.made(("file", "v"), Concurrency(limit=1))
    assert {labels[0] for _, labels, _ in gates.gauges()} == {"u"}


def test_news_of_nodes_between_the_making_and_the_taking_hold() -> None:
    gates = Gates()
    gate = gates.made(("file", "u"), Concurrency(limit=20))
    assert gate is not None
    gates.hear({"nodes": 2})
    gates.take(("file", "u"), gate, Concurrency(limit=20))
    assert gate.slots.limit == 10


@pytest.mark.parametrize("how", ["no clause", "no upstream"])
def test_a_limit_that_is_taken_out_and_put_back_counts_who_is_still_in_flight(how: str) -> None:
    gates = Gates()
    identity: tuple[Owner, str] = ("file", "u")
    gate = gate_of(gates, identity, Concurrency(limit=2))
    assert gate.slots.try_enter()

    def take_out() -> None:
        if how == "no clause":
            gates.take(identity, None, None)
        gates.retain({identity} if how == "no clause" else set())

    take_out()
    assert not list(gates.gauges())
    again = gate_of(gates, identity, Concurrency(limit=1))
    assert again is gate
    assert not again.slots.try_enter()
    again.slots.leave()
    take_out()
    assert gate_of(gates, identity, Concurrency(limit=1)) is not gate, "an idle one is forgotten"


def test_a_gate_that_became_idle_after_its_limit_is_forgotten_with_the_next_version() -> None:
    gates = Gates()
    gate = gate_of(gates, ("file", "u"), Concurrency(limit=2))
    assert gate.slots.try_enter()
    gates.retain(())
    gate.slots.leave()
    gates.retain(())
    assert gates.made(("file", "u"), Concurrency(limit=2)) is not gate


def test_two_owners_with_one_name_are_summed_up() -> None:
    gates = Gates()
    file = gate_of(gates, ("file", "u"), Concurrency(limit=5))
    api = gate_of(gates, ("api", "u"), Concurrency(limit=7, queue=3))
    for gate, count in ((file, 2), (api, 7)):
        for _ in range(count):
            assert gate.slots.try_enter()
    assert api.slots.queue_up(0.0, lambda: None) is not None
    assert list(gates.gauges()) == [
        ["weir_concurrency_limit", ["u"], 12.0],
        ["weir_concurrency_in_flight", ["u"], 9.0],
        ["weir_concurrency_waiting", ["u"], 1.0],
    ]
