"""When a server is left alone, by a clock of the test's own."""

from __future__ import annotations

from edge.agent.breaker import FAILURES, FIRST_S, LONGEST_S, Breaker


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(0.0)
    return breaker


def test_it_opens_at_the_third_failure_in_a_row_and_not_before():
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(0.0)
    assert breaker.allows(0.0)
    breaker.succeeded()
    for _ in range(FAILURES - 1):
        breaker.failed(0.0)
    assert breaker.allows(0.0)
    breaker.failed(0.0)
    assert breaker.is_open
    assert not breaker.allows(FIRST_S - 0.001)


def test_after_the_pause_one_call_goes_and_no_other_until_its_outcome_is_known():
    breaker = opened()
    assert breaker.allows(FIRST_S)
    breaker.sending()
    assert not breaker.allows(FIRST_S)
    breaker.succeeded()
    assert breaker.allows(FIRST_S)
    assert not breaker.is_open


def test_the_pause_doubles_to_its_bound_and_begins_anew_after_a_success():
    breaker, now, pauses = opened(), 0.0, []
    for _ in range(7):
        pause = next(step / 100 for step in range(2000) if breaker.allows(now + step / 100))
        pauses.append(pause)
        now += pause
        breaker.sending()
        breaker.failed(now)
    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, LONGEST_S, LONGEST_S]
    breaker.succeeded()
    for _ in range(FAILURES):
        breaker.failed(now)
    assert breaker.allows(now + FIRST_S)
