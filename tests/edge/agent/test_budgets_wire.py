"""What workers say is taken as it is meant, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from edge.agent.budgets import Budgets
from edge.agent.budgets_holder import Units
from edge.agent.budgets_wire import lent_answer, read_report, refused_answer
from edge.retry.budget_terms import Terms
from tests.support.unused_pipe import UnusedPipe
from weir.store.keys import Keys


def test_a_report_is_read() -> None:
    report = read_report(["file/u", [1, 2, 3, None], [4, 5, 6], [[7, 8]]])
    assert report == ("file/u", Terms(1, 2, 3, None), (4, 5, 6), ((7, 8),))


def test_an_answer_lends_units_or_says_why_not() -> None:
    assert lent_answer(Units(2, 7, 10.5)) == {"units": 2, "bucket": 7, "until": 10.5, "why": "", "again": 0.0}
    assert refused_answer("cap", 10.5) == {
        "units": 0,
        "bucket": -1,
        "until": 0.0,
        "why": "cap",
        "again": 10.5,
    }


@pytest.mark.parametrize(
    "body",
    [
        None, 7, [], {}, {"report": None, "need": 1, "want": 1}, {"report": ["u", [1, 2, 3, 4], [0, 0, 0], []]},
        {"report": ["u", [1, 2, 0, 4], [0, 0, 0], []], "need": 1, "want": 1},
        {"report": ["u", [1, 2, 3, 4], [0, -1, 0], []], "need": 1, "want": 1},
        {"report": ["u", [1, 2, 3, 4], [0, 0, 0], [[1]]], "need": 1, "want": 1},
        {"report": ["u", [1, 2, 3, 4], [0, 0, 0], []], "need": -1, "want": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_not_answered(body: Any) -> None:
    budgets = Budgets(UnusedPipe(), Keys("test"), workers=1, max_nodes=1, nodes=lambda: 1)
    assert budgets.answer(1, body) is None
