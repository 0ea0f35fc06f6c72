"""Whose the reserve is: parts never add up to more than the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.agent.budgets_share import LENT_S, NO_PART, Part, Shares, of_agent, of_worker


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
    assert shares.renew(LENT_S - 0.1, "a", NO_PART) == NO_PART
    assert shares.renew(LENT_S + 0.1, "a", NO_PART) == Part(LENT_S, 2 * LENT_S + 0.1)


def test_who_says_that_it_holds_a_part_keeps_it() -> None:
    shares = Shares(workers=1, now=100.0)
    assert shares.renew(101.0, "a", Part(50.0, 130.0)) == Part(50.0, 101.0 + LENT_S)
    assert shares.renew(110.0, "a", NO_PART) == Part(50.0, 110.0 + LENT_S)
    assert shares.renew(101.0, "b", Part(50.0, 100.5)) == NO_PART, "that was over already"
    assert shares.renew(101.0, "c", Part(50.0, 1e9)) == NO_PART, "nobody was ever told that"
    assert shares.renew(101.0 + LENT_S, "d", NO_PART) == NO_PART, "there is one only"


def test_a_part_of_a_worker_that_is_gone_is_anothers_when_it_has_ended() -> None:
    """What was spent of it still counts: the other waits a window, as long as that of each budget is."""
    shares = Shares(workers=1, now=0.0)
    until = shares.renew(100.0, "a", NO_PART).until
    assert shares.renew(until, "b", NO_PART) == NO_PART
    assert shares.renew(until + 0.1, "b", NO_PART) == Part(until, until + 0.1 + LENT_S)
    assert shares.renew(until + 0.1, "a", NO_PART) == NO_PART


def test_a_part_of_a_worker_that_leaves_is_anothers_at_once() -> None:
    shares = Shares(workers=1, now=0.0)
    shares.renew(100.0, "a", NO_PART)
    shares.leave(100.5, "a")
    shares.leave(100.6, "a")
    shares.leave(100.6, "nobody")
    assert shares.renew(100.7, "b", NO_PART) == Part(100.5, 100.7 + LENT_S)
    assert shares.renew(100.7, "c", NO_PART) == NO_PART


def test_there_are_never_more_parts_than_workers_whoever_held_one_before() -> None:
    """A node that has fewer workers than before: those of before keep theirs until it ends, and leave none behind."""
    shares = Shares(workers=1, now=100.0)
    for name in ("a", "b"):
        assert shares.renew(101.0, name, Part(50.0, 130.0)).until
    for name in ("a", "b"):
        shares.leave(102.0, name)
    parts = [shares.renew(200.0, name, NO_PART) for name in ("c", "d")]
    assert [part != NO_PART for part in parts] == [True, False]


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 5), st.floats(0.1, 70.0), st.booleans(), st.booleans()), max_size=60
    )
)
def test_whatever_happens_a_window_holds_no_more_than_the_parts_there_are(
    steps: list[tuple[int, float, bool, bool]],
) -> None:
    """A part is spent from a window after its ``since`` until its ``until``; agents begin anew in between."""
    shares, now, window, workers = Shares(2, 0.0), 0.0, 10.0, 2
    held: dict[str, Part] = {}
    spans: list[tuple[str, float, float]] = []
    for number, step, leaves, again in steps:
        now += step
        if again:
            shares = Shares(workers, now)
        worker = f"w{number}"
        told = held.pop(worker, NO_PART)
        if told.until:
            spans.append((worker, told.since + window, min(told.until, now)))
        if leaves:
            shares.leave(now, worker)
        elif (part := shares.renew(now, worker, told)).until:
            held[worker] = part
    spans += [(worker, part.since + window, part.until) for worker, part in held.items()]
    for _, begin, _ in spans:
        # Whoever may spend at this moment, or could in the window before it.
        spenders = {name for name, start, end in spans if start <= begin < end + window and start < end}
        assert len(spenders) <= workers
