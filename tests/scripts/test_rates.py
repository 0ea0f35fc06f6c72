from __future__ import annotations

from scripts.rates import KEPT, Rates


def test_a_rate_needs_two_looks() -> None:
    rates = Rates()
    assert rates.per_second("a") is None
    rates.look(10.0, {"a": 5})
    assert rates.per_second("a") is None
    rates.look(12.0, {"a": 9, "b": 3})
    assert (rates.per_second("a"), rates.per_second("b"), rates.per_second("c")) == (2.0, 1.5, 0.0)


def test_only_the_last_looks_count() -> None:
    rates = Rates()
    for second in range(KEPT + 5):
        rates.look(float(second), {"a": 100 if second < 4 else 100 + 10 * (second - 4)})
    assert rates.per_second("a") == 10.0


def test_counts_that_fell_are_no_negative_rate() -> None:
    rates = Rates()
    rates.look(1.0, {"a": 1000})
    rates.look(2.0, {"a": 3})
    assert rates.per_second("a") is None
    rates.look(3.0, {"a": 5})
    assert rates.per_second("a") == 2.0


def test_the_rate_goes_on_where_counting_begins_anew() -> None:
    rates = Rates()
    rates.look(1.0, {"a": 1000}, since=0)
    rates.look(2.0, {"a": 1010}, since=0)
    rates.look(3.0, {"a": 2000}, since=60)
    assert rates.per_second("a") == 10.0, "counts of two minutes are not compared"
    rates.look(4.0, {"a": 2020}, since=60)
    assert rates.per_second("a") == 15.0


def test_two_looks_at_one_moment_are_no_rate() -> None:
    rates = Rates()
    rates.look(1.0, {"a": 1})
    rates.look(1.0, {"a": 2})
    assert rates.per_second("a") is None
