"""What a node holds: a pure machine, driven by hand."""

from __future__ import annotations

import pytest

from edge.agent.budgets_holder import (
    AFTER_END_S,
    AGAIN_S,
    ASKS_PER_BUCKET,
    IDLE_S,
    MARGIN_S,
    MOST_BACK,
    MOST_WANTED,
    SPARED_ASKS,
    Holder,
    Units,
)
from edge.retry.budget_reserve import ROUNDING_S
from edge.retry.budget_terms import terms_of
from weir.models.upstream_clauses import Budget
from weir.store.budget import Granted

TERMS = terms_of(Budget(percent=10.0, max=100))


def reply(units: int, bucket: int = 7, left_ms: int = 500, why: str = "ok", cap: int = 100) -> Granted:
    return Granted(units, bucket, left_ms, 5, why, 300, cap, 1, 9)


def holding(units: int, sent_at: float = 10.0, now: float = 10.1) -> Holder:
    holder = Holder()
    holder.call(sent_at, wants=True)
    holder.answered(sent_at, now, reply(units), wanted=True)
    return holder


def test_units_end_by_the_time_of_the_question_not_of_the_answer() -> None:
    holder = holding(4, sent_at=10.0, now=10.3)
    lent = holder.lend(10.4, 1, 4)
    assert lent == Units(2, 7, 10.5 - MARGIN_S)
    assert holder.lend(10.5 - MARGIN_S, 1, 1) is None


def test_what_ended_goes_back_to_its_bucket_once() -> None:
    holder = holding(4)
    heard = holder.call(10.6, wants=False)
    assert (heard.back_bucket, heard.back) == (7, 4)
    assert holder.call(10.7, wants=False).back == 0


def test_grants_of_one_bucket_add_up_and_another_bucket_sends_the_rest_back() -> None:
    holder = holding(2)
    holder.answered(10.2, 10.2, reply(3, left_ms=300), wanted=True)
    assert holder.held == 5
    holder.answered(10.3, 10.3, reply(1, bucket=8), wanted=True)
    assert holder.held == 1
    assert holder.call(10.3, wants=False)[3:5] == (7, 5)


def test_in_a_long_bucket_clocks_may_drift_for_longer() -> None:
    """By one in two thousand, whatever the bucket: a node whose clock is so much slower ends in time."""
    for per_ms in (1000, 10_000, 60_000, 3_600_000, 86_400_000):
        terms = terms_of(Budget(percent=10.0, max=100, per_ms=per_ms))
        width_s, holder = terms.width_ms / 1000, Holder()
        holder.book(0.0, terms, 0, 0, 0)
        holder.answered(0.0, 0.1, reply(1, left_ms=terms.width_ms), wanted=True)
        lent = holder.lend(0.0, 1, 1)
        assert lent is not None
        assert lent.until <= width_s / (1 + 1 / 2000) + 1e-6
        assert lent.until >= width_s * 0.98 - 1e-9
        assert holder.bucket_begins_in(lent.until) > width_s - lent.until, "nor is it asked before the end"


def test_after_a_refusal_it_is_asked_again_within_a_second_however_long_the_bucket() -> None:
    holder = Holder()
    holder.book(10.0, terms_of(Budget(percent=10.0, max=100, per_ms=86_400_000)), 0, 0, 0)
    asked = 0
    for tenth in range(100):
        now = 10.0 + tenth / 10
        if holder.may_ask(now):
            asked += 1
            holder.call(now, wants=True)
            refusal = reply(0, left_ms=8_000_000, why="ratio")._replace(again_ms=8_000_000)
            holder.answered(now, now, refusal, wanted=True)
        assert holder.deny_until <= now + AGAIN_S
        assert holder.busy_until(now) <= now + AGAIN_S
    assert 9 <= asked <= 11


def test_a_word_of_the_store_that_there_are_units_again_ends_a_refusal() -> None:
    holder = Holder()
    holder.answered(10.0, 10.0, reply(0, why="ratio")._replace(available=0), wanted=True)
    for nothing in (reply(0)._replace(available=0), reply(0, why="quarantine")):
        holder.answered(10.1, 10.1, nothing, wanted=False)
        assert not holder.may_ask(10.1)
    holder.answered(10.1, 10.1, reply(0), wanted=False)
    assert holder.may_ask(10.1)


def test_what_a_call_gave_back_that_was_never_sent_is_given_back_again() -> None:
    holder = Holder()
    holder.give_back(7, 4)
    unsent = holder.call(10.0, wants=False)
    holder.failed(wanted=False, unsent=unsent)
    lost = holder.call(10.1, wants=False)
    assert (lost.back_bucket, lost.back) == (7, 4)
    holder.failed(wanted=False)
    assert holder.call(10.2, wants=False).back == 0


def test_units_that_nobody_asks_for_go_back_early() -> None:
    holder = Holder()
    holder.demanded(9.9, 1)
    holder.call(10.0, wants=True)
    holder.answered(10.0, 10.0, reply(4, left_ms=60_000), wanted=True)
    assert not holder.call(10.0, wants=False).back
    holder.failed(wanted=False)
    assert holder.has_news(9.9 + IDLE_S + 0.01)
    assert holder.call(11.0, wants=False).back == 4


def test_a_call_that_failed_says_its_counts_again() -> None:
    holder = Holder()
    holder.book(10.0, TERMS, 5, 5, 0)
    assert holder.has_news(10.0)
    first = holder.call(10.0, wants=False)
    assert not holder.has_news(10.0)
    holder.failed(wanted=False)
    again = holder.call(10.0, wants=False)
    assert (again.credits, again.attempts) == (first.credits, first.attempts)
    assert again.seq > first.seq


def test_one_question_at_a_time_and_a_few_in_a_bucket() -> None:
    holder = Holder()
    holder.book(10.0, TERMS, 0, 0, 0)
    for asked in range(ASKS_PER_BUCKET):
        assert holder.may_ask(10.0)
        assert holder.may_ask(10.0, ahead=True) == (asked < ASKS_PER_BUCKET - SPARED_ASKS)
        holder.call(10.0, wants=True)
        assert not holder.may_ask(10.0)
        holder.answered(10.0, 10.0, reply(1), wanted=True)
    assert not holder.may_ask(10.0)
    again = holder.busy_until(10.0)
    assert again == 10.0 + TERMS.width_ms / 1000 / ASKS_PER_BUCKET
    assert not holder.may_ask(again - 0.001)
    assert holder.may_ask(again)
    holder.call(again, wants=True)
    holder.failed(wanted=True)
    assert holder.may_ask(again), "a call that failed does not count"


def test_within_a_bucket_every_call_asks_for_twice_as_many() -> None:
    holder, asked = Holder(), []
    for _ in range(4):
        asked.append(holder.wanted(10.0, 1, TERMS))
        holder.answered(10.0, 10.0, reply(1), wanted=True)
    assert asked == [1, 4, 8, 16]
    holder.answered(10.6, 10.6, reply(1), wanted=True)
    assert holder.wanted(10.6, 1, TERMS) == 4, "in another one it begins again"


def test_at_the_end_of_a_bucket_the_next_one_is_waited_for() -> None:
    holder = Holder()
    assert holder.bucket_begins_in(10.0) == 0
    holder.answered(10.0, 10.0, reply(1), wanted=True)  # it ends at 10.5
    assert holder.bucket_begins_in(10.5 - MARGIN_S - 0.001) == 0
    assert holder.bucket_begins_in(10.5) == pytest.approx(AFTER_END_S)
    assert holder.bucket_begins_in(10.5 + 2 * AFTER_END_S) == 0


def test_the_state_is_what_was_heard_last_as_long_as_it_holds() -> None:
    holder = Holder()
    assert holder.state(10.0) == "unknown"
    holder.answered(10.0, 10.0, reply(0)._replace(why="quarantine", again_ms=5000), wanted=False)
    assert [holder.state(at) for at in (14.9, 15.1)] == ["quarantine", "ok"]


def test_what_is_wanted_follows_demand_up_to_a_bound_that_follows_the_cap() -> None:
    holder = Holder()
    assert holder.wanted(10.0, 2, TERMS) == 2
    for _ in range(1000):
        holder.demanded(10.0, 1)
    assert holder.wanted(10.0, 1, TERMS) == MOST_WANTED
    holder.last = reply(0, cap=10_000)
    assert holder.wanted(10.0, 1, TERMS) == 500


def test_only_so_many_buckets_wait_to_go_back() -> None:
    holder = Holder()
    for bucket in range(MOST_BACK + 5):
        holder.give_back(bucket, 1)
    said = [holder.call(10.0, wants=False) for _ in range(MOST_BACK + 1)]
    assert [heard.back_bucket for heard in said] == [*range(MOST_BACK + 4, 4, -1), 0]


def test_the_reserve_is_bounded_by_what_the_node_earned() -> None:
    holder = Holder()
    taken = [holder.lend_reserve(10.0, 1, 10, 1, TERMS, 0.05) for _ in range(3)]
    assert [lent is not None for lent in taken] == [True, False, False]
    holder.book(10.0, TERMS, 150, 0, 0)  # three units
    taken = [holder.lend_reserve(10.0, 1, 10, 1, TERMS, 0.05) for _ in range(3)]
    assert [lent is not None for lent in taken] == [True, True, False]
    frees_at = 10.0 + TERMS.window_s + ROUNDING_S
    assert holder.lend_reserve(frees_at, 1, 10, 1, TERMS, 0.05) is None, (
        "what is lent may be spent a little later"
    )
    assert holder.lend_reserve(frees_at + 0.051, 1, 10, 1, TERMS, 0.05) is not None


def test_what_the_node_earned_counts_for_the_reserve_for_a_window_only() -> None:
    for later, units in ((0.0, 12), (0.1, 2)):
        holder = Holder()
        holder.book(10.0, TERMS, 500, 0, 0)
        holder.book(15.0, TERMS, 100, 0, 0)
        now = 10.0 + TERMS.window_s + later
        holder.book(now, TERMS, 0, 0, 0)
        assert holder.lend_reserve(now, units + 1, 20, 0, TERMS, 0.05) is None
        assert holder.lend_reserve(now, units, 20, 0, TERMS, 0.05) is not None


def test_a_word_says_how_long_ago_the_last_answered_one_was_sent() -> None:
    holder = Holder()
    assert holder.call(10.0, wants=False).over_ms == 0
    holder.answered(10.0, 10.5, reply(0), wanted=False)
    assert holder.call(11.0, wants=False).over_ms == 1000
    holder.failed(wanted=False)
    assert holder.call(12.0, wants=False).over_ms == 2000
    holder.answered(11.0, 12.1, reply(0), wanted=False)
    holder.answered(10.5, 12.1, reply(0), wanted=False)
    assert holder.call(12.5, wants=False).over_ms == 1500
