import pytest

from benchmarks.side_by_side.latency import percentile, summary_ms


@pytest.mark.parametrize(
    ("percent", "value"), [(50, 50), (99, 99), (99.9, 100), (100, 100), (0, 1), (50.5, 51)]
)
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    assert percentile(range(1, 101), percent) == value


def test_one_value_is_every_percentile() -> None:
    assert {percentile([7.0], percent) for percent in (0, 50, 99.9, 100)} == {7.0}


def test_of_nothing_it_is_nought() -> None:
    assert percentile([], 99) == 0


def test_the_summary_is_in_milliseconds_and_needs_no_order() -> None:
    seconds = [number / 1000 for number in range(1000, 0, -1)]
    assert summary_ms(seconds) == pytest.approx(
        {"p50_ms": 500, "p99_ms": 990, "p999_ms": 999, "max_ms": 1000}
    )
