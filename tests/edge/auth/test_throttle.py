"""Guesses from one address are bounded, and so is what is kept of addresses."""

from __future__ import annotations

import pytest

from edge.auth import throttle as module
from edge.auth.denied import Denied
from edge.auth.throttle import PER_MINUTE, FailureThrottle
from weir.routing.facts import RequestFacts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def from_(ip: str) -> RequestFacts:
    return RequestFacts("a.test", "/", ip=ip)


HERE = from_("192.0.2.1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def is_held_up(throttle: FailureThrottle, facts: RequestFacts = HERE) -> bool:
    try:
        throttle.check(facts)
    except Denied as denied:
        return denied.code == "too-many-failures" and 1 <= denied.retry_after_s <= 60
    return False


def test_exactly_as_many_failures_as_are_allowed_may_come_at_once(clock: Clock) -> None:
    throttle = FailureThrottle(clock=clock)
    for _ in range(PER_MINUTE):
        assert not is_held_up(throttle)
        throttle.failed(HERE)
    assert is_held_up(throttle)
    assert not is_held_up(throttle, from_("192.0.2.2"))


def test_one_more_may_come_after_its_part_of_the_minute(clock: Clock) -> None:
    throttle = FailureThrottle(20, clock=clock)
    for _ in range(20):
        throttle.failed(HERE)
    clock.now += 2.9
    assert is_held_up(throttle)
    clock.now += 0.2
    assert not is_held_up(throttle)
    throttle.failed(HERE)
    assert is_held_up(throttle)


def test_a_minute_of_no_failures_forgets_all(clock: Clock) -> None:
    throttle = FailureThrottle(20, clock=clock)
    for _ in range(500):
        throttle.failed(HERE)
    clock.now += 60.0
    for _ in range(20):
        assert not is_held_up(throttle)
        throttle.failed(HERE)
    assert is_held_up(throttle)


def test_an_ipv6_client_is_its_network(clock: Clock) -> None:
    throttle = FailureThrottle(2, clock=clock)
    throttle.failed(from_("2001:db8::1"))
    throttle.failed(from_("2001:db8::ffff:2"))
    assert is_held_up(throttle, from_("2001:db8:0:0:9::"))
    assert not is_held_up(throttle, from_("2001:db8:0:1::1"))


def test_without_a_bound_nobody_is_held_up(clock: Clock) -> None:
    throttle = FailureThrottle(0, clock=clock)
    for _ in range(1000):
        throttle.failed(HERE)
    assert not is_held_up(throttle)


def test_the_address_that_failed_longest_ago_is_forgotten_at_the_bound(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ADDRESSES", 3)
    throttle = FailureThrottle(1, clock=clock)
    addresses = [from_(f"192.0.2.{number}") for number in range(4)]
    for address in (*addresses[:3], addresses[0], addresses[3]):
        throttle.failed(address)
    assert [is_held_up(throttle, address) for address in addresses] == [True, False, True, True]
