"""What the attempt loop asks of a budget is what the budget has."""

from __future__ import annotations

import inspect

import pytest

from edge.retry.budget import RetryBudget, Verdict
from edge.retry.spending import Granted, Spending


@pytest.mark.parametrize("name", ["attempted", "succeeded", "take"])
def test_the_budget_is_called_as_the_loop_calls_it(name: str) -> None:
    asked, has = (inspect.signature(getattr(kind, name)) for kind in (Spending, RetryBudget))
    assert list(asked.parameters.items()) == list(has.parameters.items())


def test_its_verdict_has_what_the_loop_reads() -> None:
    assert {name for name in vars(Granted) if not name.startswith("_")} <= set(Verdict._fields)
