"""Who is out: ejections, checks, panic, slow start."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.upstream.balance.turn import Turn
from edge.upstream.health import NOBODY, Health
from edge.upstream.health_policy import Policy, allowed


class Named(NamedTuple):
    url: str


class Watched:
    """A ``Health`` with its surroundings."""

    def __init__(self, count: int = 10, policy: Policy = Policy(5, 30.0, 10.0, 0.0)) -> None:  # noqa: B008 - a value
        self.items = [Named(f"t{place}") for place in range(count)]
        self.turn = Turn([(item, 1) for item in self.items])
        self.noted: list[tuple[str, str]] = []
        self.woken = 0
        self.health = Health(
            self.items,
            self.turn,
            policy,
            wake=self.wake,
            note=lambda url, reason: self.noted.append((url, reason)),
            chance=lambda: 0.0,
        )

    def wake(self) -> None:
        self.woken += 1

    def fail(self, place: int, now: float, times: int = 5) -> None:
        for _ in range(times):
            self.health.failed(self.items[place], now)

    def out(self) -> set[str]:
        return {item.url for item in self.health.out}


def test_while_all_are_well_nobody_is_excluded_by_the_one_empty_set() -> None:
    watched = Watched()
    watched.health.succeeded(watched.items[0])
    watched.health.settle(1.0)
    assert watched.health.out is NOBODY
    assert not watched.woken


def test_the_fifth_failure_in_a_row_ejects_for_thirty_seconds() -> None:
    watched = Watched()
    watched.fail(0, 100.0, 4)
    assert not watched.out()
    watched.fail(0, 100.0, 1)
    assert watched.out() == {"t0"}
    assert watched.noted == [("t0", "consecutive")]
    assert watched.health.settle(129.9)
    assert watched.out() == {"t0"}
    assert not watched.health.settle(130.0)
    assert watched.health.out is NOBODY


def test_a_good_answer_begins_the_row_anew() -> None:
    watched = Watched()
    for _ in range(20):
        watched.fail(0, 1.0, 4)
        watched.health.succeeded(watched.items[0])
    assert not watched.out()


def test_who_fails_again_stays_out_for_longer() -> None:
    watched = Watched()
    watched.fail(0, 100.0)
    watched.health.settle(130.0)
    watched.fail(0, 131.0)
    watched.health.settle(190.9)
    assert watched.out() == {"t0"}
    watched.health.settle(191.0)
    assert not watched.out()


def test_failures_while_it_was_out_are_none_of_the_row_after_it() -> None:
    watched = Watched()
    watched.fail(0, 100.0)
    watched.fail(0, 101.0, 4)  # requests that it still had
    watched.health.settle(130.0)
    watched.fail(0, 131.0, 4)
    assert not watched.out()
    watched.fail(0, 131.0, 1)
    assert watched.out() == {"t0"}


def test_nor_are_those_before_others_put_it_out() -> None:
    watched = Watched()
    watched.fail(0, 100.0, 4)
    watched.health.hear({"t0": 110.0}, {}, 100.0)
    watched.health.settle(110.0)
    watched.fail(0, 111.0, 4)
    assert not watched.out()


def test_a_503_that_says_when_to_come_back_is_left_alone_for_that_time() -> None:
    watched = Watched()
    watched.health.failed(watched.items[0], 100.0, 7.0)
    assert watched.out() == {"t0"}
    assert watched.noted == [("t0", "retry-after")]
    watched.health.settle(107.0)
    assert not watched.out()


@pytest.mark.parametrize("seconds", [0.0, -1.0, 30.1, 86_400.0])
def test_a_retry_after_out_of_bounds_is_an_ordinary_failure(seconds: float) -> None:
    watched = Watched()
    watched.health.failed(watched.items[0], 100.0, seconds)
    assert not watched.out()
    watched.fail(0, 100.0, 4)
    assert watched.out() == {"t0"}


def test_no_more_are_ejected_than_allowed_and_the_next_one_later() -> None:
    watched = Watched(3)
    watched.fail(0, 100.0)
    watched.fail(1, 100.0, 50)
    assert watched.out() == {"t0"}
    watched.health.settle(130.0)
    watched.fail(1, 130.0, 1)
    assert watched.out() == {"t1"}


def test_off_is_off() -> None:
    watched = Watched(policy=Policy(0, 30.0, 10.0, 0.0))
    watched.fail(0, 1.0, 100)
    watched.health.failed(watched.items[0], 1.0, 5.0)
    watched.health.hear({"t0": 99.0}, {}, 1.0)
    assert not watched.out()


def test_what_failed_here_comes_before_what_failed_elsewhere() -> None:
    watched = Watched()
    watched.health.hear({"t1": 140.0}, {}, 99.0)
    assert watched.out() == {"t1"}
    watched.health.hear({}, {}, 99.5)
    watched.fail(0, 100.0)
    watched.health.hear({"t1": 140.0}, {}, 101.0)
    assert watched.out() == {"t0"}
    watched.health.settle(130.0)
    assert watched.out() == {"t1"}


def test_a_failed_check_needs_no_permission() -> None:
    watched = Watched(4)
    watched.health.hear({}, {"t0": 200.0, "t1": 200.0}, 100.0)
    assert watched.out() == {"t0", "t1"}
    assert sorted(watched.noted) == [("t0", "check"), ("t1", "check")]
    watched.health.hear({}, {}, 101.0)
    assert not watched.out()


def test_a_check_that_nobody_renews_is_forgotten() -> None:
    watched = Watched()
    watched.health.hear({}, {"t0": 115.0}, 100.0)
    watched.health.settle(115.0)
    assert not watched.out()


def test_when_fewer_than_half_are_healthy_all_get_requests() -> None:
    watched = Watched(3)
    watched.health.hear({}, {"t0": 200.0}, 100.0)
    assert (watched.out(), watched.health.sentence()) == ({"t0"}, "")
    watched.health.hear({}, {"t0": 200.0, "t1": 200.0}, 101.0)
    assert watched.health.out is NOBODY
    assert watched.health.sentence() == "2 of 3 targets are unhealthy"
    assert [out.why for out in watched.health.outs(101.0)] == ["check", "check"]
    watched.health.hear({}, {"t1": 200.0}, 102.0)
    assert watched.out() == {"t1"}


def test_who_comes_back_starts_slowly() -> None:
    watched = Watched(2, Policy(5, 30.0, 10.0, 20.0))
    watched.fail(0, 100.0)
    watched.health.settle(130.0)
    assert watched.turn.weights == pytest.approx((0.1, 1.0))
    watched.health.settle(140.0)
    assert watched.turn.weights == pytest.approx((0.5, 1.0))
    assert not watched.health.settle(150.0)
    assert watched.turn.weights == (1, 1)


def test_a_share_in_slow_start_is_what_the_weights_say() -> None:
    watched = Watched(2, Policy(5, 30.0, 10.0, 20.0))
    watched.fail(0, 100.0)
    watched.health.settle(130.0)
    watched.health.settle(135.0)
    picked = [watched.turn.next() for _ in range(1000)]
    assert picked.count(watched.items[0]) == pytest.approx(200, abs=2)


def test_a_new_target_starts_slowly_and_one_that_stays_keeps_its_standing() -> None:
    slow = Policy(5, 30.0, 10.0, 20.0)
    before = Watched(2, slow)
    before.fail(0, 100.0)
    after = Watched(3, slow)
    after.health.inherit(before.health, 110.0)
    assert after.out() == {"t0"}
    assert after.turn.weights == pytest.approx((1.0, 1.0, 0.1))


def test_all_targets_of_a_new_upstream_start_at_once() -> None:
    watched = Watched(3, Policy(5, 30.0, 10.0, 20.0))
    watched.health.settle(1.0)
    assert watched.turn.weights == (1, 1, 1)


def test_switching_ejection_off_lets_everybody_in() -> None:
    before = Watched()
    before.fail(0, 100.0)
    after = Watched(policy=Policy(0, 30.0, 10.0, 0.0))
    after.health.inherit(before.health, 101.0)
    assert not after.out()


Steps = st.lists(
    st.tuples(
        st.sampled_from(["ok", "fail", "after", "cluster", "check", "wait"]),
        st.integers(0, 11),
        st.floats(0.0, 40.0),
    ),
    max_size=150,
)


@settings(deadline=None, max_examples=150)
@given(
    st.integers(2, 12), st.sampled_from([0.0, 10.0, 34.0, 50.0, 100.0]), st.sampled_from([0.0, 5.0]), Steps
)
def test_whatever_happens_bounds_hold(
    count: int, percent: float, slow_s: float, steps: list[tuple[str, int, float]]
) -> None:
    policy = Policy(2, 30.0, percent, slow_s)
    watched, now = Watched(count, policy), 1000.0
    cluster: dict[str, float] = {}
    checks: dict[str, float] = {}
    for kind, place, number in steps:
        item = watched.items[place % count]
        if kind == "ok":
            watched.health.succeeded(item)
        elif kind == "wait":
            now += number
        elif kind in ("cluster", "check"):
            (cluster if kind == "cluster" else checks)[item.url] = now + number
            watched.health.hear(cluster, checks, now)
        else:
            watched.health.failed(item, now, number if kind == "after" else None)
        pending = watched.health.settle(now)
        failing = {url for url, until in checks.items() if until > now}
        passive = {item.url for item in watched.health.out} - failing
        assert len(passive) <= allowed(policy, count)
        assert len(watched.health.out) * 2 <= count
        assert all(0.1 * 1 <= weight <= 1 for weight in watched.turn.weights)
        assert pending or watched.health.out is NOBODY
    assert not watched.health.settle(now + 10_000.0) or slow_s
    watched.health.settle(now + 20_000.0)
    assert watched.health.out is NOBODY
    assert watched.turn.weights == (1,) * count
