"""One key of a node, with a store that says what the test wants."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.agent.limits.counters import Grant, Quota, Sliding, Smooth
from edge.agent.limits.counters import Me as CountersMe
from edge.agent.limits.stock import MARGIN_S, MAX_LEASES, Cluster, Names, Stock
from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Item, Terms
from tests.support.limit_chain import MOST, Chain
from weir.store.keys import Keys
from weir.store.limits import Wish

ME = CountersMe(Keys("test"), "n1", "h1", 1)
TERMS = Terms("file/gold", "sliding", 1000, 1000, 1, "share", 0)
ONE, TWO = Cluster(1, 4, 0.0), Cluster(2, 4, 0.0)


def stock(terms: Terms = TERMS) -> Stock:
    kind = Smooth if terms.window == "smooth" else Sliding
    return Stock(terms, kind(ME, terms, ""), Names(100))


def grant(tokens: int, bucket: int = 5, ttl_s: float = 0.1, **more: object) -> Grant:
    return Grant(tokens, 500, 0.0, 0.9, ttl_s, (bucket, "x"), **more)  # type: ignore[arg-type]


def item(need: int = 1, want: int = 1, demand: float = 0.0, beyond: float = 0.0) -> Item:
    return Item(TERMS, "", need, max(need, want), False, demand, beyond)


def test_a_lease_ends_before_the_store_says_counted_from_the_moment_of_sending() -> None:
    held = stock()
    held.heard(grant(10), 1, sent=50.0, now=50.03)
    assert held.ends == pytest.approx(50.1 - MARGIN_S)
    assert held.hand(1, item(), 50.09, ONE) is not None
    assert held.hand(1, item(), 50.099, ONE) is None
    assert held.counter.owes


def test_a_long_lease_ends_a_thousandth_of_its_life_earlier() -> None:
    held = stock(TERMS._replace(per_ms=86_400_000))
    held.heard(grant(10, ttl_s=2000.0), 1, sent=50.0, now=50.03)
    assert held.ends == pytest.approx(50.0 + 1998.0)


def test_a_grant_that_came_too_late_is_not_handed_out_but_goes_back() -> None:
    held = stock()
    held.heard(grant(10), 1, sent=50.0, now=50.2)
    assert held.hand(1, item(), 50.2, ONE) is None
    assert held.counter.owes


def test_a_workers_part_follows_its_demand_and_leaves_something_for_the_others() -> None:
    held = stock()
    for worker, demand in ((1, 3000.0), (2, 1000.0), (3, 0.0)):
        held.wants(worker, demand, 50.0)
    held.heard(grant(100), 1, sent=50.0, now=50.0)
    answers = [
        held.hand(worker, item(demand=demand), 50.0, ONE) for worker, demand in ((1, 3000.0), (2, 1000.0))
    ]
    assert [answer.granted for answer in answers if answer] == [75, 25]


def test_while_there_is_plenty_a_worker_gets_more_than_its_demand_and_near_the_limit_it_does_not() -> None:
    for left, granted in ((500, 76), (499, 51)):
        held = stock()
        held.wants(1, 1000.0, 50.0)
        held.heard(grant(200)._replace(left=left), 1, sent=50.0, now=50.0)
        answer = held.hand(1, item(demand=1000.0), 50.0479, ONE)
        assert answer is not None
        assert answer.granted == granted


def test_what_is_asked_for_is_what_the_bucket_will_need() -> None:
    held = stock()
    assert held.wish(1, 0, 50.0, ONE) == Wish(1, 1, 1)
    held.wants(1, 600.0, 50.0)
    assert held.wish(1, 2, 50.0, ONE) == Wish(91, 1, 1)
    held.left = 499
    assert held.wish(1, 2, 50.0, ONE) == Wish(61, 1, 1)
    held.left = 1000
    held.wants(1, 200.0, 50.0)
    assert held.wish(1, 2, 50.0, ONE) == Wish(int(200 * 0.25 * 1.5) + 1, 1, 1, 3)
    assert held.wish(1, 0, 50.0, ONE._replace(nodes=8)).divisor == 4


@pytest.mark.parametrize(
    ("demand", "left", "nodes", "further"),
    [
        (15, 1000, 1, 0),
        (16, 1000, 1, 3),
        (333, 625, 1, 3),
        (334, 1000, 1, 0),
        (16, 624, 1, 0),
        (111, 1000, 3, 3),
        (112, 1000, 3, 0),
    ],
)
def test_the_end_of_a_lease_is_put_off_where_little_is_used_and_some_is_spent(
    demand: int, left: int, nodes: int, further: int
) -> None:
    held = stock()
    held.wants(1, demand, 50.0)
    held.left = left
    assert held.wish(1, 0, 50.0, ONE._replace(nodes=nodes)).further == further
    held.quarantine(50.0)
    assert held.wish(1, 0, 50.0, ONE._replace(nodes=nodes)).further == 0


@pytest.mark.parametrize(
    ("per_ms", "further"), [(24, 0), (240, 5), (1000, 3), (2000, 1), (4000, 0), (60_000, 0)]
)
def test_a_lease_is_put_off_to_a_fifth_of_a_second_at_least_and_a_quarter_of_the_window_at_most(
    per_ms: int, further: int
) -> None:
    assert Sliding(ME, TERMS._replace(per_ms=per_ms), "").further == further


def test_a_small_limit_takes_no_more_than_is_missed() -> None:
    held = stock(TERMS._replace(most=20))
    held.wants(1, 600.0, 50.0)
    held.waiting = 2
    assert held.wish(1, 0, 50.0, ONE) == Wish(3, 1, 1)


def test_of_a_smooth_limit_all_that_is_needed_is_asked_for_since_its_grants_do_not_add_up() -> None:
    """Else what is held is thrown away with each grant, and never enough is there."""
    terms = TERMS._replace(window="smooth", burst=50)
    held = stock(terms)
    held.heard(held.counter.heard([2, 48, 0, 2]), 2, sent=50.0, now=50.0)
    assert held.tokens == 2
    assert held.hand(1, item(need=5), 50.001, ONE) is None
    assert held.wish(5, 0, 50.001, ONE) == Wish(5, 5, 1)
    held.heard(held.counter.heard([5, 43, 0, 7]), 5, sent=50.001, now=50.002)
    answer = held.hand(1, item(need=5), 50.002, ONE)
    assert answer is not None
    assert answer.granted == 5


def test_what_is_held_of_a_sliding_limit_is_not_asked_for_again() -> None:
    held = stock(TERMS._replace(most=20))
    held.heard(grant(2), 2, sent=50.0, now=50.0)
    assert held.wish(5, 0, 50.001, ONE) == Wish(3, 3, 1)
    assert held.wish(5, 0, 50.1, ONE) == Wish(5, 5, 1), "over"


def test_who_wants_tokens_that_last_longer_gets_those_of_the_next_lease() -> None:
    held = stock()
    held.wants(1, 1000.0, 50.0)
    held.heard(grant(400)._replace(left=499), 1, sent=50.0, now=50.0)
    ends = held.ends
    assert held.hand(1, item(beyond=ends), 50.07, ONE) is None
    assert held.wish(1, 0, 50.07, ONE, beyond=ends) == Wish(int(1000 * (ends - 50.07 + 0.05)) + 1, 1, 1)
    held.heard(grant(100, bucket=6), 1, sent=50.07, now=50.072)
    answer = held.hand(1, item(beyond=ends), 50.072, ONE)
    assert answer is not None
    assert answer.ends == held.ends > ends
    assert held.counter.owes, "what was left of the lease before it"


def test_while_nothing_more_can_be_had_what_is_there_is_handed_out() -> None:
    held = stock()
    held.heard(grant(40), 1, sent=50.0, now=50.0)
    held.heard(Grant(0, 0, 0.9, 0.9, 0.1, (6, "x")), 1, sent=50.07, now=50.07)
    answer = held.hand(1, item(beyond=held.ends), 50.07, ONE)
    assert answer is not None
    assert answer.why == GRANTED


def test_a_refusal_is_believed_until_the_next_bucket_for_costs_as_large() -> None:
    held = stock()
    held.heard(Grant(0, 0, 0.9, 0.9, 0.05, (5, "x")), 3, sent=50.0, now=50.0)
    refused = held.hand(1, item(need=3), 50.04, ONE)
    assert refused is not None
    assert (refused.why, round(refused.retry_s, 2)) == (FULL, 0.86)
    assert held.hand(1, item(need=2), 50.04, ONE) is None
    assert held.hand(1, item(need=3), 50.06, ONE) is None


def test_after_a_failed_call_the_share_decides_and_then_the_store_again() -> None:
    held = stock()
    held.heard(None, 1, sent=50.0, now=50.05)
    answer = held.hand(1, item(), 50.06, ONE._replace(nodes=2))
    assert answer is not None
    assert answer.why == GRANTED
    assert held.hand(1, item(), 50.2, ONE) is None


def test_what_the_store_granted_counts_in_the_share() -> None:
    held = stock(TERMS._replace(per_ms=60_000, most=100))
    held.heard(grant(50, ttl_s=5.0), 1, sent=50.0, now=50.0)
    assert held.hand(1, item(need=50), 50.0, ONE) is not None
    held.heard(None, 1, sent=50.0, now=50.05)
    refused = held.hand(1, item(), 50.06, ONE._replace(nodes=2))
    assert refused is not None
    assert refused.why == FULL


@pytest.mark.parametrize(("wait_s", "retry_s"), [(0.0, 1.0), (400.0, 399.9)])
def test_a_share_that_is_spent_puts_nobody_off_for_a_window_unless_the_store_said_so(
    wait_s: float, retry_s: float
) -> None:
    """One call without an answer is no outage, and a window may be a day."""
    held = stock(TERMS._replace(per_ms=86_400_000, most=100))
    held.heard(grant(60, ttl_s=5000.0), 1, sent=50.0, now=50.0)
    assert held.hand(1, item(need=60), 50.0, ONE) is not None
    if wait_s:
        held.heard(Grant(0, 0, wait_s, wait_s, 0.1, (5, "x")), 1, sent=50.0, now=50.0)
    held.heard(None, 1, sent=50.0, now=50.05)
    refused = held.hand(1, item(), 50.1, TWO)
    assert refused is not None
    assert (refused.why, refused.wait_s, refused.retry_s) == (
        FULL,
        pytest.approx(0.1),
        pytest.approx(retry_s),
    )
    assert refused.reset_s == refused.retry_s


def test_what_the_store_refused_before_it_granted_again_is_forgotten() -> None:
    held = stock(TERMS._replace(per_ms=86_400_000, most=100))
    held.heard(Grant(0, 0, 400.0, 400.0, 0.1, (5, "x")), 1, sent=50.0, now=50.0)
    held.heard(grant(60, ttl_s=5000.0), 1, sent=50.0, now=50.0)
    assert held.hand(1, item(need=60), 50.0, ONE) is not None
    held.heard(None, 1, sent=50.0, now=50.05)
    refused = held.hand(1, item(), 50.1, TWO)
    assert refused is not None
    assert refused.retry_s == pytest.approx(1.0)


@pytest.mark.parametrize("word", ["share", "closed"])
def test_a_store_that_lost_a_window_grants_no_more_than_the_share_within_it(word: str) -> None:
    held = stock(TERMS._replace(on_store_failure=word))
    held.heard(grant(100), 1, sent=50.0, now=50.0)
    held.wants(1, 10_000.0, 50.2)
    held.heard(grant(10, lost=True), 1, sent=50.2, now=50.2)
    assert (held.tokens, held.counter.owes) == (0, True), "nobody knew yet when it was asked for"
    assert held.hand(1, item(), 50.2, TWO) is None
    assert held.wish(1, 0, 50.2, TWO).want == 500 - 100, "what was granted before counts"
    held.heard(grant(400, lost=True), 1, sent=50.2, now=50.2)
    assert held.tokens == 400
    assert held.hand(1, item(need=400), 50.2, TWO) is not None
    refused = held.hand(1, item(), 51.0, TWO)
    assert refused is not None
    assert refused.why == FULL
    assert held.hand(1, item(), 51.46, TWO) is None
    assert held.wish(1, 0, 51.46, TWO).want > 500


def test_a_closed_limit_in_quarantine_lets_nothing_pass_without_the_store() -> None:
    held = stock(TERMS._replace(on_store_failure="closed"))
    held.heard(grant(10, lost=True), 1, sent=50.0, now=50.0)
    held.heard(None, 1, sent=50.0, now=50.05)
    refused = held.hand(1, item(), 50.06, ONE)
    assert refused is not None
    assert refused.why == AWAY


def test_a_share_that_is_spent_after_a_loss_says_how_long_that_holds() -> None:
    held = stock(TERMS._replace(per_ms=60_000))
    held.heard(grant(500, ttl_s=2.0), 1, sent=50.0, now=50.0)
    held.heard(grant(0, lost=True), 1, sent=50.2, now=50.2)
    refused = held.hand(1, item(), 51.0, TWO)
    assert refused is not None
    assert (refused.why, refused.wait_s) == (FULL, pytest.approx(0.1))
    assert 60.0 < refused.retry_s < 62.0


@pytest.mark.parametrize(("word", "why"), [("open", OPEN), ("share strict", GRANTED)])
def test_open_and_strict_limits_ask_no_store_that_lost_a_window(word: str, why: str) -> None:
    held = stock(TERMS._replace(on_store_failure=word))
    held.heard(grant(10, lost=True), 1, sent=50.0, now=50.0)
    for now in (50.0, 51.2):
        answer = held.hand(1, item(), now, ONE)
        assert answer is not None
        assert answer.why == why
    assert held.hand(1, item(), 51.26, ONE) is None


def test_long_windows_are_believed_at_once_unless_the_share_is_strict() -> None:
    day = TERMS._replace(per_ms=86_400_000)
    for terms, believed in ((day, True), (day._replace(on_store_failure="share strict"), False)):
        held = stock(terms)
        held.heard(grant(10, lost=True), 1, sent=50.0, now=50.0)
        assert (held.tokens == 10) is believed


@pytest.mark.parametrize(("nodes", "began", "granted"), [(4, 27.9, 5), (4, 28.1, 0), (5, 0.0, 0)])
def test_the_reserve_of_a_strict_share_is_there_after_a_window_and_for_as_many_nodes_as_there_may_be(
    nodes: int, began: float, granted: int
) -> None:
    """An earlier life of this node may have spent of it, and for one node more there is none."""
    held = stock(TERMS._replace(on_store_failure="share strict", per_ms=60_000, most=100))
    answers = [held.without_store(1, 100.0, Cluster(nodes, 4, began)) for _ in range(10)]
    assert sum(answer.granted for answer in answers) == granted


def test_tokens_of_an_earlier_lease_that_come_back_end_a_refusal() -> None:
    """They go to the store, and may be had from there."""
    held = stock(TERMS._replace(most=20))
    held.heard(grant(5), 1, sent=50.0, now=50.0)
    answer = held.hand(1, item(need=5), 50.0, ONE)
    assert answer is not None
    held.heard(Grant(0, 0, 0.9, 0.9, 0.05, (7, "x")), 1, sent=50.1, now=50.1)
    refused = held.hand(1, item(), 50.11, ONE)
    assert refused is not None
    assert refused.why == FULL
    held.take_back(answer.lease, 1, 50.12)
    assert held.hand(1, item(), 50.12, ONE) is None


def test_of_each_lease_every_worker_has_its_part_again() -> None:
    held = stock()
    parts = []
    for bucket, now in ((5, 50.0), (6, 50.07)):
        held.heard(grant(60, bucket=bucket), 1, sent=now, now=now)
        for worker in (1, 2):
            held.wants(worker, 1000.0, now)
        for worker in (1, 2):
            answer = held.hand(worker, item(demand=1000.0), now, ONE)
            assert answer is not None
            parts.append(answer.granted)
    assert parts == [30, 30, 30, 30]


def test_sub_leases_are_bounded_and_the_oldest_is_taken_for_spent() -> None:
    held = stock()
    numbers = []
    for bucket in range(MAX_LEASES + 2):
        held.heard(grant(5, bucket=bucket), 1, sent=50.0 + bucket, now=50.0 + bucket)
        answer = held.hand(1, item(need=5), 50.0 + bucket, ONE)
        assert answer is not None
        numbers.append(answer.lease)
    assert list(held.handed) == numbers[-MAX_LEASES:]
    held.take_back(numbers[0], 5, 60.0)
    assert not held.counter.owes


def test_tokens_that_nobody_needs_go_back() -> None:
    held = stock(TERMS._replace(per_ms=60_000))
    held.wants(1, 1.0, 50.0)
    held.heard(grant(30, ttl_s=50.0), 1, sent=50.0, now=50.0)
    held.let_go(50.5)
    assert (held.tokens, held.counter.owes) == (0, True)


def test_a_lease_of_a_quota_is_for_ten_seconds_and_stays_while_a_quarter_is_wanted() -> None:
    terms = TERMS._replace(window="calendar", most=1_000_000, per_ms=86_400_000)
    held = Stock(terms, Quota(ME, terms, ""), Names(100))
    held.wants(1, 100.0, 50.0)
    assert held.wish(1, 0, 50.0, ONE) == Wish(1000, 1, 1)
    held.counter.heard([1000, 999_000, 0, 50_000_000, 1, "ok", ["n1", 1000, 0]])
    held.heard(grant(1000, bucket=1, ttl_s=50_000.0), 1, sent=50.0, now=50.0)
    held.wants(1, 25.0, 50.9)
    held.let_go(51.0)
    assert held.tokens == 1000
    held.wants(1, 24.0, 51.9)
    held.let_go(52.0)
    assert (held.tokens, held.counter.owes) == (0, True)


def test_a_lease_of_a_quota_is_at_most_a_hundredth_of_it() -> None:
    terms = TERMS._replace(window="calendar", most=10_000, per_ms=86_400_000)
    held = Stock(terms, Quota(ME, terms, ""), Names(100))
    held.wants(1, 1000.0, 50.0)
    assert held.wish(1, 0, 50.0, ONE) == Wish(100, 1, 1)


def test_what_was_refused_may_be_had_after_a_publish_that_changes_the_number() -> None:
    held = stock(TERMS._replace(window="smooth"))
    held.heard(Grant(0, 0, 60.0, 60.0, 0.05, (1, "")), 1, sent=50.0, now=50.0)
    assert held.hand(1, item(), 50.1, ONE) is not None
    held.learn(TERMS._replace(window="smooth", most=100_000))
    assert held.hand(1, item(), 50.1, ONE) is None, "the store is asked"


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_no_window_of_all_nodes_and_workers_sees_more_than_the_limit(random: Random) -> None:
    """Lease, sub-lease, what is held for later and what comes back, with a clock that likes edges of buckets."""
    chain = Chain(random)
    chain.run(100)
    assert chain.busiest() <= MOST
    assert not chain.doubted, "the store forgot nothing that still counts"


def test_the_histories_above_come_near_the_limit() -> None:
    chain = Chain(Random(7))
    chain.run(400)
    assert chain.busiest() > 0.8 * MOST
