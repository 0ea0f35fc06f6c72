"""The tokens of one key in one worker."""

import pytest

from edge.limiting.holding import Holding
from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Answer, Terms

TERMS = Terms("file/gold", "sliding", 100, 60_000, 1, "share", 0)


def holding(word: str = "share") -> tuple[Holding, list[tuple[int, int]]]:
    return Holding(TERMS._replace(on_store_failure=word), 0.0), []


def test_tokens_of_one_lease_add_up_and_those_of_an_older_one_go_back() -> None:
    held, returns = holding()

    def give_back(lease: int, tokens: int) -> None:
        returns.append((lease, tokens))

    held.take(Answer(GRANTED, 4, 1, 10.0), 1, 0.0, give_back)
    held.take(Answer(GRANTED, 4, 1, 10.5), 1, 0.0, give_back)
    assert (held.tokens, held.ends, returns) == (8, 10.5, [])
    held.take(Answer(GRANTED, 2, 2, 20.0), 1, 5.0, give_back)
    assert (held.tokens, held.lease, returns) == (2, 2, [(1, 8)])
    held.drop(give_back)
    assert (held.tokens, returns) == (0, [(1, 8), (2, 2)])


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


def test_demand_follows_what_is_asked_for() -> None:
    held, _ = holding()
    for tenth in range(1, 31):
        held.asked += 10
        rate = held.demand(tenth / 10)
    assert rate == pytest.approx(100, rel=0.02)
    assert held.demand(3.001) == rate
