"""Which servers of the store have become others."""

from __future__ import annotations

from edge.agent.limits.histories import MAX_SERVERS, NEVER, Histories, Served

NOBODY = Served()


def test_a_server_that_is_met_late_is_not_a_new_one() -> None:
    servers = Histories()
    first = servers.heard("a:1", "one", NOBODY, 10.0)
    late = servers.heard("b:1", "two", NOBODY, 1000.0)
    assert (first, late) == (Served("one", 10.0, NEVER), Served("two", 1000.0, NEVER))


def test_an_address_with_another_history_is_a_new_server_for_all_keys() -> None:
    servers = Histories()
    servers.heard("a:1", "one", NOBODY, 10.0)
    assert servers.heard("a:1", "two", NOBODY, 20.0).changed == 20.0
    assert servers.heard("a:1", "two", NOBODY, 30.0).changed == 20.0
    assert servers.heard("b:1", "other", NOBODY, 30.0).changed == NEVER


def test_a_replica_that_took_over_is_new_since_it_was_met() -> None:
    """Of the three keys, the first and the last were not asked for before it took over."""
    servers = Histories()
    before = servers.heard("a:1", "one", NOBODY, 10.0)
    assert servers.heard("a:2", "promoted", NOBODY, 20.0).changed == NEVER
    assert servers.heard("a:2", "promoted", before, 21.0).changed == 20.0
    assert servers.heard("a:2", "promoted", NOBODY, 22.0).changed == 20.0


def test_a_key_that_moved_to_a_server_that_is_known_has_lost_nothing() -> None:
    servers = Histories()
    servers.heard("b:1", "two", NOBODY, 5.0)
    before = servers.heard("a:1", "one", NOBODY, 10.0)
    assert servers.heard("b:1", "two", before, 20.0).changed == NEVER


def test_more_primaries_than_lanes_are_all_known_and_servers_are_bounded() -> None:
    servers = Histories()
    served = [servers.heard(f"{n}:1", f"h{n}", NOBODY, 10.0) for n in range(MAX_SERVERS + 10)]
    assert len(servers._servers) == MAX_SERVERS
    again = [servers.heard(f"{n}:1", f"h{n}", before, 20.0) for n, before in enumerate(served)]
    assert {each.changed for each in again} == {NEVER}
