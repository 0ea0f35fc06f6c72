"""What follows a failed attempt: tables, and what must hold for everything."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.retry.policy import RetryPolicy
from edge.retry.pushback import Pushback
from edge.upstream.decide import (
    Again,
    GiveUp,
    Situation,
    backoff_s,
    decide,
    event_of,
    event_of_answer,
    speaks_of_target,
)
from edge.upstream.errors import Cause, Sent, Side, Stage, UpstreamError
from weir.models.rule_clauses import Retry
from weir.routing.repeats import ANYWAY, EVENTS, Event, may_repeat

ALL = ("connect", "timeout", "reset", "500", "502", "503", "504", "429")


def policy(count: int = 2, on: tuple[str, ...] = ALL, **options) -> RetryPolicy:
    return RetryPolicy(Retry(count=count, on=on, **options))  # type: ignore[arg-type]


def situation(method: str = "GET", **more) -> Situation:
    return Situation(method, **more)


def failure(
    cause: Cause = Cause.BROKEN, stage: Stage = Stage.HEAD, sent: Sent = Sent.ALL, **more
) -> UpstreamError:
    return UpstreamError(cause, "closed", stage=stage, sent=sent, **more)


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (failure(Cause.UNREACHABLE, Stage.CONNECT, Sent.NOTHING), "connect"),
        (failure(Cause.CONNECT_TIMEOUT, Stage.CONNECT, Sent.NOTHING), "connect"),
        (failure(stage=Stage.SEND, sent=Sent.NOTHING), "connect"),
        (failure(stage=Stage.SEND, sent=Sent.SOME), "reset"),
        (failure(), "reset"),
        (failure(reused=True), "stale"),
        (failure(stage=Stage.SEND, sent=Sent.SOME, reused=True), "stale"),
        (failure(stage=Stage.SEND, sent=Sent.NOTHING, reused=True), "unsent"),
        (failure(Cause.TIMEOUT), "timeout"),
        (failure(Cause.TIMEOUT, reused=True), "timeout"),
        (failure(Cause.TIMEOUT, Stage.SEND, Sent.SOME), "timeout"),
        (failure(Cause.TIMEOUT, Stage.CONNECT, Sent.NOTHING), None),
        (failure(Cause.TIMEOUT, Stage.BODY), None),
        (failure(Cause.MALFORMED), None),
        (failure(stage=Stage.BODY), None),
        (failure(side=Side.DOWNSTREAM), None),
        (failure(side=Side.DOWNSTREAM, reused=True), None),
    ],
)
def test_failures_have_names(error: UpstreamError, event: Event | None) -> None:
    assert event_of(error) == event


@pytest.mark.parametrize(
    ("status", "reused", "event"),
    [
        *((status, reused, str(status)) for status in (500, 502, 503, 504, 429) for reused in (False, True)),
        (421, False, "misdirected"),
        (408, True, "stale"),
        (408, False, None),
        (200, False, None),
        (404, False, None),
        (409, False, None),
        (422, False, None),
        (425, False, None),
        (501, False, None),
    ],
)
def test_answers_have_names(status: int, reused: bool, event: Event | None) -> None:
    assert event_of_answer(status, reused) == event


@pytest.mark.parametrize(
    ("event", "method", "again"),
    [
        ("unsent", "POST", True),
        ("stale", "GET", True),
        ("stale", "PUT", True),
        ("stale", "POST", False),
        ("misdirected", "POST", True),
        *((event, "GET", False) for event in ALL),
    ],
)
def test_without_a_clause_only_a_connection_is_replaced(event: Event, method: str, again: bool) -> None:
    decision = decide(event, None, situation(method), 0.5)
    assert isinstance(decision, Again) is again
    if again:
        assert decision == Again("replaced", True, 1, 0.0)


@pytest.mark.parametrize(
    ("event", "method", "asked", "about", "outcome"),
    [
        ("503", "GET", policy(), situation(), "granted"),
        ("503", "GET", policy(on=("502",)), situation(), None),
        ("503", "POST", policy(), situation("POST"), "method"),
        ("503", "POST", policy(idempotency_key=True), situation("POST", keyed=True), "granted"),
        ("timeout", "PUT", policy(), situation("PUT"), "method"),
        ("timeout", "PUT", policy(put_timeout=True), situation("PUT"), "granted"),
        ("timeout", "PUT", policy(idempotency_key=True), situation("PUT", keyed=True), "method"),
        ("503", "GET", policy(), situation(replayable=False), "body"),
        ("503", "GET", policy(2), situation(retries=1), "granted"),
        ("503", "GET", policy(2), situation(retries=2), "count"),
        ("503", "GET", policy(), situation(repeated_before=True), "tier"),
        ("stale", "GET", policy(), situation(repeated_before=True), "tier"),
        ("503", "GET", policy(), situation(pushback=Pushback(never=True)), "never"),
        ("503", "GET", policy(), situation(left_s=0.0), "deadline"),
        ("stale", "GET", policy(), situation(left_s=-1.0), "deadline"),
        ("503", "GET", policy(), situation(left_s=5.0, pushback=Pushback(after_s=5.0)), "retry-after"),
        ("503", "GET", policy(), situation(left_s=5.6, pushback=Pushback(after_s=5.0)), "granted"),
        ("stale", "GET", policy(1), situation(retries=1), "replaced"),
        ("stale", "POST", policy(), situation("POST"), "method"),
        ("stale", "POST", policy(idempotency_key=True), situation("POST", keyed=True), "replaced"),
        ("503", "GET", policy(), situation(left_s=1.01, pushback=Pushback(after_s=1.0)), "granted"),
        ("stale", "GET", policy(), situation(replaced=True), "granted"),
        ("stale", "GET", policy(on=("503",)), situation(replaced=True), None),
        ("unsent", "POST", policy(), situation("POST", replaced=True), "granted"),
        ("misdirected", "GET", policy(), situation(replaced=True), None),
        (None, "GET", policy(), situation(), None),
    ],
)
def test_what_is_granted_and_why_not(
    event: Event | None, method: str, asked: RetryPolicy, about: Situation, outcome: str | None
) -> None:
    decision = decide(event, asked, about._replace(method=method), 0.5)
    assert decision.outcome == outcome
    assert isinstance(decision, Again) is (outcome in ("granted", "replaced"))
    if isinstance(decision, GiveUp):
        assert decision.reason


def test_an_attempt_that_usually_takes_longer_than_the_time_left_is_not_begun() -> None:
    slow = policy()
    for _ in range(20_000):
        slow.answered(("u", 200, 0.0, 0.3, "t", False))
    assert slow.typical_s == pytest.approx(0.3, rel=0.1)
    assert decide("503", slow, situation(left_s=0.25), 0.5).outcome == "deadline"
    assert decide("503", slow, situation(left_s=0.35), 0.5).outcome == "granted"


def test_a_backoff_never_takes_more_than_the_time_left() -> None:
    decision = decide("503", policy(), situation(left_s=0.2), 0.999)
    assert isinstance(decision, Again)
    assert decision.wait_s < 0.2


@pytest.mark.parametrize(
    ("event", "retries", "most_s"),
    [
        ("reset", 0, 0.025),
        ("reset", 1, 0.05),
        ("reset", 3, 0.2),
        ("reset", 4, 0.25),
        ("reset", 9, 0.25),
        ("503", 0, 1.0),
        ("429", 1, 2.0),
        ("503", 9, 4.0),
        ("502", 0, 0.025),
    ],
)
def test_jitter_is_full(event: Event, retries: int, most_s: float) -> None:
    assert backoff_s(event, retries, 0.0) == 0.0
    assert backoff_s(event, retries, 1.0) == pytest.approx(most_s)
    assert backoff_s(event, retries, 0.5) == pytest.approx(most_s / 2)


def test_those_who_are_told_one_moment_do_not_come_all_at_once() -> None:
    waits = {
        decide("503", policy(), situation(pushback=Pushback(after_s=10.0)), chance / 10).wait_s  # type: ignore[union-attr]
        for chance in range(11)
    }
    assert len(waits) == 11
    assert min(waits) == 10.0
    assert max(waits) <= 11.0


@pytest.mark.parametrize(
    ("event", "after_s", "longest_s"),
    [("503", 0.0, 0.25), ("503", 1.0, 0.25), ("503", 5.0, 0.5), ("502", 0.0, 0.025), ("502", 1.0, 0.1)],
)
def test_whoever_is_told_when_comes_at_any_moment_of_a_short_time_after_it(
    event: Event, after_s: float, longest_s: float
) -> None:
    for chance in (0.0, 0.25, 0.5, 1.0):
        decision = decide(event, policy(), situation(pushback=Pushback(after_s=after_s)), chance)
        assert isinstance(decision, Again)
        assert decision.wait_s == pytest.approx(after_s + chance * longest_s)


situations = st.builds(
    Situation,
    method=st.sampled_from(
        ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "POST", "PATCH", "LOCK", "get"]
    ),
    replayable=st.booleans(),
    keyed=st.booleans(),
    repeated_before=st.booleans(),
    retries=st.integers(0, 10),
    replaced=st.booleans(),
    left_s=st.one_of(st.floats(-1, 60), st.just(math.inf)),
    pushback=st.builds(Pushback, st.booleans(), st.one_of(st.none(), st.floats(0, 100))),
)
policies = st.one_of(
    st.none(),
    st.builds(
        policy,
        st.integers(1, 10),
        st.lists(st.sampled_from(ALL), min_size=1, unique=True).map(tuple),
        idempotency_key=st.booleans(),
        put_timeout=st.booleans(),
    ),
)


@given(st.one_of(st.none(), st.sampled_from(EVENTS)), policies, situations, st.floats(0, 1, exclude_max=True))
def test_nothing_outside_the_table_is_ever_repeated(
    event: Event | None, asked: RetryPolicy | None, about: Situation, chance: float
) -> None:
    decision = decide(event, asked, about, chance)
    if isinstance(decision, GiveUp):
        return
    assert event is not None
    put_timeout = asked is not None and asked.put_timeout
    if decision.outcome == "replaced":
        assert event in ANYWAY
        assert not about.replaced
        assert decision.wait_s == 0
    else:
        assert asked is not None
        assert event in asked.reasons or {"unsent": "connect", "stale": "reset"}.get(event) in asked.reasons
        assert about.retries < asked.count
    repeated_as: Event = (
        event if decision.outcome == "replaced" else {"unsent": "connect", "stale": "reset"}.get(event, event)
    )  # type: ignore[assignment]
    assert may_repeat(about.method, repeated_as, keyed=about.keyed, put_timeout=put_timeout)
    assert about.replayable
    assert not about.repeated_before
    assert not about.pushback.never
    assert 0 <= decision.wait_s < about.left_s
    assert decision.cost in (1, 2)
    if about.pushback.after_s is not None and decision.outcome == "granted":
        assert decision.wait_s >= about.pushback.after_s


def test_every_combination_outside_the_table_is_refused() -> None:
    for event in EVENTS:
        for method in ("GET", "PUT", "POST", "LOCK"):
            for keyed in (False, True):
                for put_timeout in (False, True):
                    asked = policy(10, put_timeout=put_timeout, idempotency_key=True)
                    decision = decide(event, asked, situation(method, keyed=keyed), 0.5)
                    allowed = may_repeat(method, event, keyed=keyed, put_timeout=put_timeout)
                    assert isinstance(decision, Again) is allowed, (event, method, keyed, put_timeout)


@pytest.mark.parametrize(
    ("error", "speaks"),
    [
        (failure(), True),
        (failure(Cause.TIMEOUT, reused=True), True),
        (failure(stage=Stage.BODY, reused=True), True),
        (failure(Cause.CONNECT_TIMEOUT, Stage.CONNECT, Sent.NOTHING), True),
        (failure(Cause.TIMEOUT, Stage.CONNECT, Sent.NOTHING), False),
        (failure(reused=True), False),
        (failure(side=Side.DOWNSTREAM), False),
    ],
)
def test_only_what_a_target_did_badly_counts_against_it(error: UpstreamError, speaks: bool) -> None:
    assert speaks_of_target(error) is speaks
