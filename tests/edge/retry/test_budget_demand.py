"""What a worker will probably need."""

from __future__ import annotations

import pytest

from edge.retry.budget_demand import LEAST_DEMAND, LIVELY_S, MEMORY_S, MOST_WANTED, Demand


def steady(per_s: float, seconds: float = 20.0) -> Demand:
    demand = Demand()
    for number in range(int(per_s * seconds)):
        demand.note(100.0 + number / per_s, 1)
    return demand


def test_without_demand_nothing_is_expected() -> None:
    assert Demand().expected(100.0, 1.0) == 0
    assert not Demand().is_lively(100.0)


@pytest.mark.parametrize(("per_s", "least", "most"), [(1, 1, 4), (10, 10, 18), (30, 30, 43)])
def test_what_is_expected_is_the_mean_and_what_chance_adds(per_s: float, least: int, most: int) -> None:
    assert least <= steady(per_s).expected(120.0, 1.0) <= most


def test_no_more_than_one_question_may_ask_for_and_not_further_than_the_horizon() -> None:
    assert steady(1000, 3).expected(103.0, 1.0) == MOST_WANTED
    assert steady(5).expected(120.0, 60.0) == steady(5).expected(120.0, 1.0)


def test_demand_fades_and_what_is_hardly_there_is_not_expected() -> None:
    demand = steady(1)
    assert demand.expected(120.0 + MEMORY_S, 1.0) < demand.expected(120.0, 1.0)
    assert demand.expected(120.0, LEAST_DEMAND / 2) == 0
    assert demand.is_lively(119.0 + LIVELY_S)
    assert not demand.is_lively(119.0 + LIVELY_S + 0.01)
