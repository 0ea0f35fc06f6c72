"""Figures from records that are written by hand."""

from random import Random

import pytest

from benchmarks.avalanche.measures import figures, most_in_window, per_second, recovery, series
from benchmarks.avalanche.record import Attempt, Grant, Record, Request
from benchmarks.avalanche.setting import Setting

SETTING = Setting(trigger_at=5.0, trigger_s=5.0, duration_s=40.0)


def requests(bad: set[int]) -> list[Request]:
    """Ten in every second; those of the seconds in ``bad`` fail."""
    return [Request(number / 10, 0.1, number // 10 not in bad) for number in range(400)]


def record(bad: set[int], retries: int = 0) -> Record:
    found = requests(bad)
    attempts = [Attempt(request.due, False) for request in found] + [Attempt(6.0, True)] * retries
    return Record(found, attempts, [Grant(6.0, 1)] * retries)


def test_amplification_is_attempts_per_request_of_thirty_seconds_from_the_trigger_on() -> None:
    assert figures(record(set(), retries=150), SETTING).amplification == pytest.approx(1.5)


def test_the_peak_is_that_of_the_worst_five_seconds() -> None:
    assert figures(record(set(), retries=50), SETTING).peak == pytest.approx(2.0)


def test_recovery_counts_from_the_end_of_the_trigger() -> None:
    assert recovery(requests(set(range(5, 20))), SETTING, 0.99) == 10


def test_nothing_that_fails_is_a_recovery_of_nought_seconds() -> None:
    assert recovery(requests(set()), SETTING, 0.99) == 0


def test_what_never_succeeds_again_has_no_recovery() -> None:
    assert recovery(requests(set(range(5, 40))), SETTING, 0.99) is None


def test_a_good_moment_before_a_relapse_is_no_recovery() -> None:
    bad = set(range(5, 12)) | set(range(20, 25))
    assert recovery(requests(bad), SETTING, 0.99) == 15


def test_late_goodput_is_that_of_the_last_twenty_seconds() -> None:
    assert figures(record(set(range(30, 40))), SETTING).late_goodput == pytest.approx(0.5)


def test_seconds_have_one_value_each() -> None:
    found = series(record({7}, retries=3), SETTING)
    assert found.goodput[6:9] == [1.0, 0.0, 1.0]
    assert found.retries[5:8] == [0.0, 3.0, 0.0]
    assert {len(values) for values in found} == {40}


def test_what_lies_outside_is_not_counted() -> None:
    assert per_second([-0.1, 0.0, 1.99, 2.0], 2) == [1, 1]


def test_a_window_is_half_open() -> None:
    grants = [Grant(0.0, 2), Grant(9.999, 1), Grant(10.0, 4)]
    assert most_in_window(grants, 10.0) == 5


def test_the_worst_window_is_found_whatever_the_order_of_the_grants() -> None:
    random = Random(1)
    grants = [Grant(random.uniform(0, 60), random.choice((1, 2))) for _ in range(300)]
    slow = max(
        sum(other.cost for other in grants if grant.at - 10 < other.at <= grant.at) for grant in grants
    )
    assert most_in_window(grants, 10.0) == slow
    assert most_in_window([], 10.0) == 0
