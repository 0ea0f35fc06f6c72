"""Slots and a queue in a time that the test says."""

from random import Random

import pytest

from benchmarks.avalanche.upstream_queue import Full, Service, UpstreamQueue


def queue(slots: int = 1, limit: int = 100) -> UpstreamQueue[str]:
    return UpstreamQueue(slots, 0.02, limit, Random(1))


def test_whoever_finds_a_slot_is_served_at_once_and_others_wait() -> None:
    upstream = queue(slots=2)
    assert upstream.arrive(1.0, "a") is not None
    assert upstream.arrive(1.0, "b") is not None
    assert upstream.arrive(1.0, "c") is None
    assert len(upstream) == 1


def test_a_service_begins_when_the_one_before_it_was_to_end() -> None:
    upstream = queue()
    first = upstream.arrive(1.0, "a")
    upstream.arrive(1.0, "b")
    assert first is not None
    second = upstream.ended(first.ends_at)
    assert second is not None
    assert second.item == "b"
    assert second.ends_at > first.ends_at


def test_nobody_may_wait_above_the_limit() -> None:
    upstream = queue(limit=2)
    for name in "abc":
        upstream.arrive(1.0, name)
    with pytest.raises(Full):
        upstream.arrive(1.0, "d")
    assert len(upstream) == 2


def test_a_slot_that_nobody_waits_for_is_free_again() -> None:
    upstream = queue()
    first = upstream.arrive(1.0, "a")
    assert first is not None
    assert upstream.ended(first.ends_at) is None
    assert upstream.arrive(2.0, "b") is not None


@pytest.mark.parametrize(("speed", "mean_s"), [(1.0, 0.02), (0.2, 0.1)])
def test_services_take_as_long_as_the_speed_says(speed: float, mean_s: float) -> None:
    upstream = queue(limit=10_000)
    upstream.speed = speed
    service: Service[str] | None = upstream.arrive(0.0, "first")
    for _ in range(4999):
        upstream.arrive(0.0, "next")
    last = 0.0
    while service is not None:
        last, service = service.ends_at, upstream.ended(service.ends_at)
    assert last / 5000 == pytest.approx(mean_s, rel=0.05)
