"""The clause, compiled."""

from __future__ import annotations

import pytest

from edge.retry.policy import RetryPolicy, compile_policy, try_ms
from weir.models.condition import AnyRequest
from weir.models.effective import Pool, Route, Settings, Timeouts, retry_for
from weir.models.rule_clauses import Respond, Retry
from weir.models.upstream_clauses import Target


def test_off_and_nothing_compile_to_nothing() -> None:
    assert compile_policy(None) is None
    assert compile_policy(Retry(count=0)) is None


def test_statuses_are_those_named_and_those_of_the_connection() -> None:
    policy = RetryPolicy(Retry(count=1, on=("connect", "503", "429")))
    assert policy.statuses == {503, 429, 421, 408}
    assert policy.body == 65_536
    assert RetryPolicy(Retry(count=1, on=("connect",), body=0)).body == 0


def test_the_usual_time_is_about_the_median() -> None:
    policy = RetryPolicy(Retry(count=1, on=("connect",)))
    policy.answered(None)
    assert policy.typical_s == 0.0
    for number in range(40_000):
        policy.answered(("u", 200, 1.0, 1.0 + (0.02 if number // 16 % 10 else 5.0), "t", False))
    assert 0.015 < policy.typical_s < 0.03


def test_what_was_awaited_of_the_client_does_not_count_as_usual() -> None:
    policy = RetryPolicy(Retry(count=1, on=("connect",)))
    for _ in range(16_000):
        policy.answered(("u", 200, 1.0, 6.0, "t", False), 4.98)
    assert 0.01 < policy.typical_s < 0.03


@pytest.mark.parametrize(
    ("on", "try_", "total", "expected"),
    [
        (("timeout",), 30_000, 10_000, 5_000),
        (("timeout",), 10_000, 10_000, 5_000),
        (("timeout",), 8_000, 10_000, 8_000),
        (("503",), 30_000, 10_000, 30_000),
        (("timeout",), 30_000, None, 30_000),
    ],
)
def test_where_a_timeout_is_repeated_one_attempt_never_takes_all_the_time(
    on: tuple, try_: int, total: int | None, expected: float
) -> None:
    assert try_ms(Timeouts(try_ms=try_, total_ms=total), Retry(count=1, on=on)) == expected


def test_without_a_clause_times_are_as_they_are_said() -> None:
    assert try_ms(Timeouts(try_ms=30_000, total_ms=10_000), None) == 30_000


def test_the_rule_s_word_wins_over_the_upstream_s_and_that_over_the_defaults() -> None:
    one, two, three = (Retry(count=count, on=("connect",)) for count in (1, 2, 3))

    def of(rule: Retry | None, upstream: Retry | None, default: Retry | None) -> Retry | None:
        route = Route(name="a", condition=AnyRequest(), action=Respond(status=200), retry=rule)
        pool = Pool(name="u", targets=(Target(url="http://u"),), retry=upstream)
        return retry_for(route, pool, Settings(retry=default))

    assert of(one, two, three) == one
    assert of(None, two, three) == two
    assert of(None, None, three) == three
    assert of(Retry(count=0), two, three) is None
    assert of(None, Retry(count=0), three) is None
    assert of(None, None, None) is None
