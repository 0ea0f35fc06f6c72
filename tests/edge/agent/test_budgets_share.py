"""Whose the reserve is: parts never add up to more than the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.agent.budgets_share import LENT_S, Shares, of_agent, of_worker


@given(reserve=st.integers(0, 10_000), max_nodes=st.integers(1, 40), workers=st.integers(1, 64))
def test_the_parts_of_all_nodes_and_workers_are_never_more_than_the_reserve(
    reserve: int, max_nodes: int, workers: int
) -> None:
    agent, worker = of_agent(reserve, max_nodes, workers), of_worker(reserve, max_nodes, workers)
    assert agent >= 0
    assert worker >= 0
    assert max_nodes * (agent + workers * worker) <= reserve


def test_a_new_agent_lends_no_part_before_those_of_the_last_one_are_over() -> None:
    shares = Shares(workers=2, now=0.0)
    assert shares.renew(LENT_S + 9.9, "a", 0.0, 10.0) == 0.0
    assert shares.renew(LENT_S + 10.1, "a", 0.0, 10.0) == 2 * LENT_S + 10.1


def test_who_says_that_it_holds_a_part_keeps_it() -> None:
    shares = Shares(workers=1, now=100.0)
    assert shares.renew(101.0, "a", 130.0, 10.0) == 101.0 + LENT_S
    assert shares.renew(101.0, "b", 100.5, 10.0) == 0.0, "that was over already"
    assert shares.renew(101.0, "c", 1e9, 10.0) == 0.0, "nobody was ever told that"


def test_a_part_of_a_worker_that_is_gone_is_anothers_a_window_after_it_ended() -> None:
    shares = Shares(workers=1, now=0.0)
    until = shares.renew(100.0, "a", 0.0, 10.0)
    assert shares.renew(until + 9.9, "b", 0.0, 10.0) == 0.0
    assert shares.renew(until + 10.1, "b", 0.0, 10.0) > 0.0
