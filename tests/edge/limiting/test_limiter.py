"""The check of a worker, with an agent that says what the test wants."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent
import pytest

from edge.limiting.limiter import MUTE_S, WAIT_S, Limiter
from edge.limiting.verdict import Demand
from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Answer, read_question
from weir.models.effective import Counted
from weir.models.values import Rate


class Agent:
    """Answers at once by ``says``, or keeps silent."""

    def __init__(self) -> None:
        self.connected = True
        self.silent = False
        self.questions: list[Any] = []
        self.told: list[Any] = []
        self.says: dict[str, Answer] = {}
        self.news: Callable[[Any], None] = lambda _: None
        self.late: list[Callable[[Any], None]] = []

    def later(self, topic: str, body: Any, done: Callable[[Any | None], None]) -> None:
        assert topic == "limit"
        items, returns = read_question(body)
        self.questions.append((items, returns))
        if self.silent:
            self.late.append(done)
            return
        answers = [list(self.says[item.terms.identity]) for item in items]
        gevent.spawn(done, answers)

    def tell(self, topic: str, body: Any) -> None:
        self.told.append(read_question(body))

    def on_news(self, topic: str, take: Callable[[Any], None]) -> None:
        self.news = take


class Worker:
    def __init__(self, **options: Any) -> None:
        self.agent, self.now = Agent(), 1000.0
        self.limiter = Limiter(self.agent, clock=lambda: self.now, **options)

    def limit(self, name: str = "a", **more: Any) -> Any:
        return self.limiter.limit_of(Counted(name, Rate(**{"count": 100, "per_ms": 60_000} | more)))

    def grant(
        self, name: str = "a", tokens: int = 10, lease: int = 1, seconds: float = 1.0, ahead_s: float = 0.0
    ) -> None:
        self.agent.says[name] = Answer(GRANTED, tokens, lease, self.now + seconds, 50, 0.5, ahead_s=ahead_s)

    def check(self, *limits: Any, key: str = "", cost: int = 1) -> Any:
        return self.limiter.check([Demand(limit, key, cost) for limit in limits])


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_one_question_serves_many_checks(worker: Worker) -> None:
    worker.grant(tokens=10)
    limit = worker.limit()
    verdicts = [worker.check(limit) for _ in range(6)]
    assert all(verdict.allowed for verdict in verdicts)
    assert len(worker.agent.questions) == 1
    assert [verdict.standings[0].remaining for verdict in verdicts] == [59, 58, 57, 56, 55, 54]


def test_a_verdict_tells_how_long_the_agent_was_waited_for(worker: Worker) -> None:
    worker.grant(tokens=10)
    limit, answer = worker.limit(), worker.agent.later

    def slowly(topic: str, body: Any, done: Callable[[Any | None], None]) -> None:
        worker.now += 0.03
        answer(topic, body, done)

    worker.agent.later = slowly  # type: ignore[method-assign]
    assert worker.check(limit).waited_s == pytest.approx(0.03)
    assert worker.check(limit).waited_s == 0.0


def test_tokens_at_hand_are_spent_without_a_switch(worker: Worker) -> None:
    worker.grant(tokens=10)
    limit = worker.limit()
    worker.check(limit)
    switched: list[bool] = []
    gevent.spawn(switched.append, True)
    assert all(worker.check(limit).allowed for _ in range(9))
    assert switched == []


def test_tokens_are_never_spent_after_their_end_and_go_back(worker: Worker) -> None:
    worker.grant(tokens=10, seconds=1.0)
    limit = worker.limit()
    worker.check(limit)
    worker.now += 1.0
    worker.grant(tokens=5, lease=2)
    assert worker.check(limit).allowed
    (_, first), (_, second) = worker.agent.questions
    assert (first, second) == ([], [(1, 9)])


def test_a_refusal_is_remembered_and_says_when_to_come_again(worker: Worker) -> None:
    worker.agent.says["a"] = Answer(FULL, wait_s=0.5, retry_s=7.0)
    limit = worker.limit()
    for _ in range(3):
        verdict = worker.check(limit)
        assert (verdict.allowed, verdict.refused_by, verdict.retry_after_s) == (False, limit, 7.0)
    assert len(worker.agent.questions) == 1
    worker.now += 0.5
    worker.check(limit)
    assert len(worker.agent.questions) == 2


def test_a_smaller_cost_than_the_one_refused_is_asked_for(worker: Worker) -> None:
    worker.agent.says["a"] = Answer(FULL, wait_s=0.5)
    limit = worker.limit()
    assert not worker.check(limit, cost=5).allowed
    worker.grant(tokens=1)
    assert worker.check(limit, cost=1).allowed


def test_all_or_none_is_spent(worker: Worker) -> None:
    worker.grant("a", tokens=10)
    a, b = worker.limit("a"), worker.limit("b")
    worker.agent.says["b"] = Answer(FULL, wait_s=0.5, retry_s=1.0)
    verdict = worker.check(a, b)
    assert (verdict.allowed, verdict.refused_by) == (False, b)
    assert len(worker.agent.questions) == 1
    assert len(worker.agent.questions[0][0]) == 2
    assert worker.check(a).standings[0].remaining == 59


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_of_two_limits_that_refuse_the_one_that_holds_longer_says_when_to_come_again(
    worker: Worker, names: str
) -> None:
    worker.agent.says["a"] = Answer(FULL, wait_s=0.5, retry_s=1.0)
    worker.agent.says["b"] = Answer(FULL, wait_s=0.5, retry_s=7.0)
    limits = {name: worker.limit(name) for name in names}
    verdict = worker.check(*limits.values())
    assert (verdict.refused_by, verdict.retry_after_s) == (limits["b"], 7.0)


def test_a_limit_in_shadow_counts_and_does_not_refuse(worker: Worker) -> None:
    worker.grant("a")
    worker.agent.says["b"] = Answer(FULL, wait_s=0.5, retry_s=1.0)
    a, b = worker.limit("a"), worker.limit("b", shadow=True)
    verdict = worker.check(a, b)
    assert (verdict.allowed, verdict.shadowed, verdict.refused_by) == (True, (b,), None)
    assert [item.optional for item in worker.agent.questions[0][0]] == [False, True]


def test_a_limit_named_twice_costs_twice(worker: Worker) -> None:
    worker.grant(tokens=3)
    limit = worker.limit()
    assert worker.check(limit, limit).allowed
    assert worker.agent.questions[0][0][0].need == 2
    worker.agent.says["a"] = Answer(FULL, wait_s=0.5)
    assert not worker.check(limit, limit).allowed
    assert worker.check(limit).allowed


def test_closed_says_that_the_store_is_needed(worker: Worker) -> None:
    worker.agent.says["a"] = Answer(AWAY, wait_s=0.1, retry_s=1.0)
    verdict = worker.check(worker.limit(on_store_failure="closed"))
    assert (verdict.allowed, verdict.store_needed, verdict.retry_after_s) == (False, True, 1.0)


def test_a_limit_that_is_used_up_refuses_for_certain_beside_one_that_cannot_be_counted(
    worker: Worker,
) -> None:
    worker.agent.says["away"] = Answer(AWAY, wait_s=0.1, retry_s=60.0)
    worker.agent.says["full"] = Answer(FULL, wait_s=0.1, retry_s=5.0)
    away, full = worker.limit("away", on_store_failure="closed"), worker.limit("full")
    verdict = worker.check(away, full)
    assert (verdict.refused_by, verdict.store_needed, verdict.retry_after_s) == (full, False, 5.0)


def test_open_lets_all_pass_for_as_long_as_the_agent_said(worker: Worker) -> None:
    worker.agent.says["a"] = Answer(OPEN, wait_s=0.1)
    limit = worker.limit(on_store_failure="open")
    assert all(worker.check(limit).allowed for _ in range(500))
    assert len(worker.agent.questions) == 1


@pytest.mark.parametrize(
    ("word", "allowed"), [("share", 25), ("share strict", 0), ("open", 200), ("closed", 0)]
)
def test_without_an_agent_the_limits_own_word_decides(worker: Worker, word: str, allowed: int) -> None:
    worker.agent.connected = False
    worker.agent.news([2, 2])
    limit = worker.limit(on_store_failure=word)
    verdicts = [worker.check(limit) for _ in range(200)]
    assert sum(verdict.allowed for verdict in verdicts) == allowed
    assert verdicts[-1].store_needed is (word == "closed")


def test_a_silent_agent_is_waited_for_once_and_late_tokens_count() -> None:
    worker = Worker()
    worker.limiter.clock = monotonic
    worker.agent.silent = True
    limit = worker.limit(on_store_failure="open")
    started = monotonic()
    assert worker.check(limit).allowed
    assert monotonic() - started >= WAIT_S
    assert worker.check(limit).allowed
    assert len(worker.agent.questions) == 1
    assert MUTE_S > WAIT_S
    worker.agent.late[0]([list(Answer(GRANTED, 7, 1, started + 3600))])
    assert [held.tokens for held in worker.limiter._holdings.values()] == [7]


def test_an_agent_that_has_no_answer_is_not_asked_for_a_moment_by_any_key(worker: Worker) -> None:
    limit = worker.limit(on_store_failure="closed")
    worker.agent.silent = True
    checking = gevent.spawn(worker.check, limit)
    gevent.sleep(0)
    worker.agent.late[0](None)
    assert not checking.get(timeout=5).allowed
    worker.now += MUTE_S - 0.01
    assert not worker.check(limit, key="other").allowed
    assert len(worker.agent.questions) == 1
    worker.agent.silent = False
    worker.now += 0.1
    worker.grant()
    assert worker.check(limit, key="other").allowed


def test_an_agent_that_had_no_answer_is_not_asked_ahead_for_a_moment(worker: Worker) -> None:
    limit = worker.limit()
    worker.grant(tokens=100, seconds=60)
    worker.check(limit)
    worker.agent.silent = True
    checking = gevent.spawn(worker.check, limit, key="other")
    gevent.sleep(0)
    worker.agent.late[0](None)
    checking.get(timeout=5)
    for _ in range(80):
        worker.now += MUTE_S / 81
        assert worker.check(limit).allowed
    assert len(worker.agent.questions) == 2


def test_what_nobody_asks_for_goes_back_after_a_second(worker: Worker) -> None:
    worker.grant(tokens=10, seconds=60)
    limit = worker.limit()
    worker.check(limit)
    worker.limiter.flush()
    assert worker.agent.told == []
    worker.limiter.flush()
    assert worker.agent.told == [([], [(1, 9)])]
    worker.limiter.flush()
    assert len(worker.agent.told) == 1


def test_keys_are_bounded_and_the_oldest_gives_its_tokens_back() -> None:
    worker = Worker(most=3)
    worker.grant(tokens=10)
    limit = worker.limit()
    for key in "abcd":
        worker.check(limit, key=key)
    assert len(worker.limiter) == 3
    assert worker.agent.questions[-1][1] == [(1, 9)]


def test_who_is_spent_from_without_a_check_is_not_among_the_oldest() -> None:
    worker = Worker(most=2)
    worker.grant(tokens=10)
    limit = worker.limit()
    for key in "ab":
        worker.check(limit, key=key)
    often = next(iter(worker.limiter._holdings.values()))
    assert worker.limiter.renewed(often, limit, "a", 1, worker.now)
    worker.check(limit, key="c")
    assert (worker.limiter.holding(limit, "a"), worker.limiter.holding(limit, "b")) == (often, None)


def test_a_publish_keeps_what_is_held(worker: Worker) -> None:
    worker.grant(tokens=10)
    worker.check(worker.limit(count=100))
    assert worker.check(worker.limit(count=200)).allowed
    assert len(worker.agent.questions) == 1


def test_after_a_publish_that_changes_the_number_a_refusal_is_asked_about_again(worker: Worker) -> None:
    worker.agent.says["a"] = Answer(FULL, wait_s=5.0, retry_s=60.0)
    assert not worker.check(worker.limit(count=100)).allowed
    worker.grant(tokens=1)
    assert not worker.check(worker.limit(count=100)).allowed, "another version with the same limit"
    assert worker.check(worker.limit(count=200)).allowed


def test_tokens_are_asked_for_before_they_are_missed(worker: Worker) -> None:
    worker.grant(tokens=100, seconds=60)
    limit = worker.limit()
    for _ in range(80):
        worker.now += 0.01
        assert worker.check(limit).allowed
    assert len(worker.agent.questions) == 2


def test_what_lasts_longer_is_asked_for_before_the_end_so_that_nobody_waits_at_it(worker: Worker) -> None:
    limit = worker.limit(per_ms=1000)
    worker.grant(tokens=100, seconds=0.1, ahead_s=0.05)
    worker.check(limit)
    worker.grant(tokens=100, lease=2, seconds=0.15, ahead_s=0.05)
    switched: list[bool] = []
    for _ in range(11):
        worker.now += 0.01
        gevent.spawn(switched.append, True)
        before = len(switched)
        holding = worker.limiter.holding(limit, "")
        assert holding is not None
        if holding.tokens - 1 < holding.low or worker.now >= holding.renew_at:
            assert worker.limiter.renewed(holding, limit, "", 1, worker.now)
        holding.tokens -= 1
        holding.asked += 1
        assert len(switched) == before, "nobody waited"
        gevent.sleep(0)
    (_, second) = worker.agent.questions
    assert second[0][0].beyond == pytest.approx(1000.1)
    worker.limiter.flush()
    assert worker.agent.told == [([], [(1, 89)])]


def test_two_limits_of_which_one_has_not_enough_spend_nothing(worker: Worker) -> None:
    """Neither from what is at hand, nor from what lasts longer."""
    a, b = worker.limit("a"), worker.limit("b")
    worker.grant("a", tokens=2)
    worker.grant("b", tokens=1)
    assert worker.check(a, b).allowed
    worker.agent.says["b"] = Answer(FULL, wait_s=0.5)
    assert not worker.check(a, b).allowed
    assert [held.tokens for held in worker.limiter._holdings.values()] == [1, 0]


def test_greenlets_that_miss_the_same_tokens_ask_once_and_then_for_all(worker: Worker) -> None:
    worker.grant(tokens=3)
    limit = worker.limit()
    checks = [gevent.spawn(worker.check, limit) for _ in range(5)]
    gevent.joinall(checks, timeout=5)
    assert all(check.value.allowed for check in checks)
    assert [question[0][0].want for question in worker.agent.questions] == [1, 2]


def test_a_worker_that_ends_keeps_nothing(worker: Worker) -> None:
    worker.grant(tokens=10)
    limit = worker.limit()
    worker.check(limit)
    worker.check(limit, key="other")
    worker.limiter.finish()
    assert worker.agent.told == [([], [(1, 9), (1, 9)])]
    assert not worker.limiter._active


def test_news_that_is_none_changes_nothing(worker: Worker) -> None:
    worker.agent.news([2, 3])
    worker.agent.news("odd")
    assert worker.limiter._divisor == 6
