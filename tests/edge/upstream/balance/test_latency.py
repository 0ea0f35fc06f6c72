"""What a target took lately."""

from __future__ import annotations

import pytest

from edge.upstream.balance.latency import DECAY_S, FAILURE_S, Latency


def measured(*answers: tuple[float, float, int]) -> Latency:
    """(seconds, when, status) …"""
    latency = Latency()
    for seconds, now, status in answers:
        latency.answered(seconds, status, now)
    return latency


def test_a_slower_answer_is_believed_at_once() -> None:
    assert measured((0.01, 0.0, 200), (2.0, 0.0, 200)).seconds(0.0) == 2.0


def test_faster_answers_pull_it_down_with_time() -> None:
    latency = measured((2.0, 0.0, 200), (0.0, 0.0, 200))
    assert latency.seconds(0.0) == 2.0
    latency.answered(0.0, 200, DECAY_S)
    assert latency.seconds(DECAY_S) == pytest.approx(2.0 / 2.71828, rel=1e-3)


def test_it_falls_while_nothing_is_sent_there() -> None:
    assert measured((2.0, 0.0, 200)).seconds(DECAY_S) == pytest.approx(2.0 / 2.71828, rel=1e-3)


def test_no_answer_counts_as_slow_at_once_however_fast_it_failed() -> None:
    latency = measured((0.01, 0.0, 200))
    latency.failed(0.001, 0.0)
    assert latency.seconds(0.0) == FAILURE_S
    latency.failed(5.0, 0.0)
    assert latency.seconds(0.0) == 5.0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_target_that_only_fails_fast_is_slow_before_long(status: int) -> None:
    latency = measured((0.005, 0.0, 200), *((0.001, step / 10, status) for step in range(1, 11)))
    assert latency.seconds(1.0) > 0.05


def test_a_rare_error_moves_it_by_its_share_only() -> None:
    latency = Latency()
    for step in range(100_000):
        latency.answered(0.005, 500 if step % 100 == 50 else 200, step / 1_000)
    assert 0.005 < latency.seconds(100.0) < 0.03


def test_nothing_is_known_before_the_first_measurement() -> None:
    latency = Latency()
    assert (latency.known, latency.seconds(5.0)) == (False, 0.0)
    latency.failed(0.0, 5.0)
    assert latency.known
