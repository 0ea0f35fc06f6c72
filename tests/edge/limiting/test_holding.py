"""The tokens of one key in one worker."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.limiting.holding import MOST_NEXT, Holding
from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Answer, Terms

TERMS = Terms("file/gold", "sliding", 100, 60_000, 1, "share", 0)


def holding(word: str = "share") -> tuple[Holding, list[tuple[int, int]]]:
    return Holding(TERMS._replace(on_store_failure=word), 0.0), []


class Returns(list[tuple[int, int]]):
    def __call__(self, lease: int, tokens: int) -> None:
        self.append((lease, tokens))


def test_tokens_of_one_lease_add_up_and_those_that_are_over_go_back() -> None:
    held, returns = Holding(TERMS, 0.0), Returns()
    held.take(Answer(GRANTED, 4, 1, 10.0), 1, 0.0, returns)
    held.take(Answer(GRANTED, 4, 1, 10.5), 1, 0.0, returns)
    assert (held.tokens, held.ends, returns) == (8, 10.5, [])
    held.take(Answer(GRANTED, 2, 2, 20.0), 1, 10.5, returns)
    assert (held.tokens, held.lease, returns) == (2, 2, [(1, 8)])
    held.drop(returns)
    assert (held.tokens, returns) == (0, [(1, 8), (2, 2)])


def test_what_lasts_longer_is_spent_after_what_is_at_hand_and_nothing_after_its_end() -> None:
    held, returns = Holding(TERMS, 0.0), Returns()
    held.take(Answer(GRANTED, 4, 1, 10.0, left=90), 1, 0.0, returns)
    held.take(Answer(GRANTED, 6, 2, 11.0, left=80), 1, 9.0, returns)
    assert (held.tokens, held.ends, held.left) == (4, 10.0, 86)
    assert held.has(4, 9.9, returns)
    assert held.ends == 10.0
    assert held.has(1, 10.0, returns)
    assert (held.tokens, held.ends, held.left, returns) == (6, 11.0, 80, [(1, 4)])
    assert not held.has(1, 11.0, returns)


def test_tokens_too_few_for_a_cost_make_room_for_the_next() -> None:
    held, returns = Holding(TERMS, 0.0), Returns()
    held.take(Answer(GRANTED, 2, 1, 10.0), 1, 0.0, returns)
    held.take(Answer(GRANTED, 5, 2, 11.0), 1, 0.0, returns)
    assert held.has(5, 1.0, returns)
    assert (held.tokens, returns) == (5, [(1, 2)])


def test_what_is_held_for_later_is_bounded_and_the_rest_goes_back() -> None:
    held, returns = Holding(TERMS, 0.0), Returns()
    for lease in range(1, MOST_NEXT + 3):
        held.take(Answer(GRANTED, 1, lease, 10.0 + lease), 1, 0.0, returns)
    assert returns == [(MOST_NEXT + 2, 1)]
    held.drop(returns)
    assert sorted(returns) == [(lease, 1) for lease in range(1, MOST_NEXT + 3)]


def test_what_is_held_for_later_counts_as_left() -> None:
    held, returns = Holding(TERMS, 0.0), Returns()
    for lease, left in ((1, 90), (2, 80), (3, 70)):
        held.take(Answer(GRANTED, 5, lease, 10.0 + lease, left=left), 1, 0.0, returns)
    assert held.left + held.tokens == 70 + 15
    held.take(Answer(FULL, left=0, wait_s=0.1), 1, 0.0, returns)
    assert held.left + held.tokens == 15


def test_tokens_that_last_longer_are_asked_for_once_when_the_end_is_near_and_some_will_be_missed() -> None:
    held, returns = Holding(TERMS, 0.0), Returns()
    held.take(Answer(GRANTED, 400, 1, 2.0, ahead_s=1.0), 1, 0.0, returns)
    assert held.renew_at == 2.0 - 0.25
    held.asked = 20
    assert held.beyond(1.99) == 2.0
    assert held.renew_at == held.ends
    held.take(Answer(GRANTED, 400, 2, 3.0, ahead_s=1.0), 1, 1.99, returns)
    assert held.beyond(2.0) is None, "they are there"


def test_a_lease_that_ends_no_later_is_asked_for_again_a_few_times_only() -> None:
    held, returns, now = Holding(TERMS, 0.0), Returns(), 0.0
    held.take(Answer(GRANTED, 400, 1, 2.0, ahead_s=1.0), 1, 0.0, returns)
    times = 0
    while (now := held.renew_at) < 2.0:
        held.asked += 100
        assert held.beyond(now) == 2.0
        held.take(Answer(GRANTED, 1, 1, 2.0, ahead_s=1.0), 1, now, returns)
        times += 1
    assert 1 < times < 10


def test_who_asks_seldom_asks_nothing_ahead() -> None:
    held = Holding(TERMS, 0.0)
    held.take(Answer(GRANTED, 4, 1, 2.0, ahead_s=1.0), 1, 0.0, Returns())
    held.asked = 1
    assert held.beyond(1.99) is None


@pytest.mark.parametrize(("why", "field"), [(FULL, "full_until"), (OPEN, "open_until"), (AWAY, "away_until")])
def test_what_the_agent_said_holds_as_long_as_it_said(why: str, field: str) -> None:
    held, _ = holding()
    held.take(Answer(why, wait_s=2.0, retry_s=3.0), 5, 10.0, lambda *_: None)
    assert getattr(held, field) == 12.0
    assert held.full_from == (5 if why == FULL else 1)


@pytest.mark.parametrize(
    ("word", "tokens", "opens", "refuses"),
    [
        ("share", 3, False, False),
        ("share strict", 0, False, True),
        ("open", 0, True, False),
        ("closed", 0, False, True),
    ],
)
def test_without_the_agent_the_limits_own_word_decides(
    word: str, tokens: int, opens: bool, refuses: bool
) -> None:
    held, _ = holding(word)
    held.alone(3, 10.0, 4)
    assert held.tokens == tokens
    assert (held.open_until > 10.0) is opens
    assert (max(held.away_until, held.full_until) > 10.0) is refuses


def test_what_the_agent_granted_counts_in_the_share_of_a_worker() -> None:
    held, _ = holding()
    held.take(Answer(GRANTED, 24, 1, 5.0), 1, 0.0, lambda *_: None)
    held.tokens = 0
    held.alone(1, 6.0, 4)
    assert held.tokens == 1
    held.tokens = 0
    held.alone(1, 6.0, 4)
    assert (held.tokens, held.full_until > 6.0) == (0, True)


@pytest.mark.parametrize(("said_s", "granted", "retry_s"), [(0, 0, 1.0), (400, 0, 399), (400, 1, 1.0)])
def test_a_workers_share_that_is_spent_puts_nobody_off_for_a_window_unless_the_agent_said_so(
    said_s: int, granted: int, retry_s: float
) -> None:
    held = Holding(TERMS._replace(per_ms=86_400_000), 0.0)
    held.take(Answer(GRANTED, 25, 1, 5.0), 1, 0.0, lambda *_: None)
    if said_s:
        held.take(Answer(FULL, wait_s=0.1, retry_s=said_s), 1, 5.0, lambda *_: None)
    if granted:
        held.take(Answer(GRANTED, 1, 2, 5.5), 1, 5.0, lambda *_: None)
    held.tokens = 0
    held.alone(1, 6.0, 4)
    assert (held.full_until, held.full_from) == (pytest.approx(6.1), 1)
    assert held.retry_at == held.reset_at == pytest.approx(6.0 + retry_s)


def test_demand_follows_what_is_asked_for() -> None:
    held, _ = holding()
    for tenth in range(1, 31):
        held.asked += 10
        rate = held.demand(tenth / 10)
    assert rate == pytest.approx(100, rel=0.02)
    assert held.demand(3.001) == rate


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_of_no_sub_lease_more_is_spent_or_given_back_than_was_granted_and_nothing_after_its_end(
    random: Random,
) -> None:
    """Whatever is granted, in whatever order, at whatever time: what the promise of a limit rests on in a worker."""
    held, returns, now = Holding(TERMS, 0.0), Returns(), 0.0
    granted, spent, ends = Counter[int](), Counter[int](), dict[int, float]()
    for _ in range(60):
        now += random.choice((0.0, 0.01, 0.3, 1.0))
        move = random.choice(("grant", "spend", "spend", "ask", "refuse", "drop"))
        if move == "grant":
            lease = max(ends, default=0) + 1 if random.random() < 0.5 else random.choice([*ends, 1])
            ends.setdefault(lease, now + random.choice((0.2, 0.6, 2.0)))
            tokens = random.choice((1, 3, 10))
            granted[lease] += tokens
            held.take(Answer(GRANTED, tokens, lease, ends[lease], ahead_s=0.5), 1, now, returns)
        elif move == "spend":
            cost = random.choice((1, 1, 2, 5))
            if (held.tokens - cost >= held.low and now < held.renew_at) or held.has(cost, now, returns):
                assert now < ends[held.lease]
                held.tokens -= cost
                held.asked += cost
                spent[held.lease] += cost
        elif move == "ask":
            held.beyond(now)
        elif move == "refuse":
            held.take(Answer(FULL, wait_s=0.1), 1, now, returns)
        elif random.random() < 0.3:
            held.drop(returns)
        assert held.tokens >= 0
    held.drop(returns)
    came_back = Counter[int]()
    for lease, tokens in returns:
        came_back[lease] += tokens
    assert {lease: spent[lease] + came_back[lease] for lease in granted} == dict(granted)
