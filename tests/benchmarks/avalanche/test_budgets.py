"""The budgets that others have, at their published numbers."""

import pytest

from benchmarks.avalanche.budgets import Leaky, Quota, Throttle, Unlimited


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def spend(budget: Leaky | Quota | Throttle, most: int = 10_000) -> int:
    """How many retries go out at once."""
    return next((number for number in range(most) if not budget.granted(1)), most)


def test_finagle_and_linkerd_let_a_hundred_retries_out_of_a_process_that_did_nothing_yet() -> None:
    assert spend(Leaky(Clock())) == 100


def test_five_requests_earn_a_retry() -> None:
    budget = Leaky(Clock(), per_second=0.0)
    for _ in range(4):
        budget.attempted()
    assert spend(budget) == 0
    budget.attempted()
    assert spend(budget) == 1


def test_what_was_spent_comes_back_after_ten_seconds() -> None:
    clock = Clock()
    budget = Leaky(clock)
    assert spend(budget) == 100
    clock.now += 8.9
    assert spend(budget) == 0
    clock.now += 1.2
    assert spend(budget) == 100


def test_requests_are_forgotten_after_ten_seconds() -> None:
    clock = Clock()
    budget = Leaky(clock, per_second=0.0)
    for _ in range(50):
        budget.attempted()
    clock.now += 10.1
    assert spend(budget) == 0


def test_a_process_with_an_aws_sdk_has_35_retries_at_once() -> None:
    assert spend(Quota()) == 500 // 14


def test_a_retry_that_succeeds_gives_its_cost_back_and_a_success_one_token() -> None:
    budget = Quota()
    assert spend(budget) == 35
    budget.succeeded(retry=True)
    assert spend(budget) == 1
    for _ in range(4):  # ten tokens are left of the 500
        budget.succeeded(retry=False)
    assert spend(budget) == 1


def test_the_bucket_never_holds_more_than_at_the_start() -> None:
    budget = Quota()
    for _ in range(1000):
        budget.succeeded(retry=True)
    assert spend(budget) == 35


def test_grpc_stops_at_half_of_its_tokens() -> None:
    budget = Throttle()
    for _ in range(4):
        budget.failed()
    assert budget.granted(1)
    budget.failed()
    assert not budget.granted(1)
    budget.succeeded(retry=False)
    assert budget.granted(1)


@pytest.mark.parametrize("cost", [1, 2])
def test_without_a_budget_every_retry_goes_out(cost: int) -> None:
    assert Unlimited().granted(cost)
