"""Two in a row decide."""

from __future__ import annotations

import pytest

from edge.agent.health.probe import Outcome
from edge.agent.health.verdict import judge
from weir.store.health import Result

GOOD, BAD = Outcome(True, "passed"), Outcome(False, "status", "503")


@pytest.mark.parametrize(
    ("outcomes", "verdicts"),
    [
        ("+", "+"),
        ("-", "+"),
        ("--", "+-"),
        ("-+-", "+++"),
        ("--+", "+--"),
        ("--++", "+--+"),
        ("--+-++", "+----+"),
        ("----", "+---"),
    ],
)
def test_a_verdict_changes_with_the_second_outcome_against_it(outcomes: str, verdicts: str) -> None:
    found, last = "", None
    for outcome in outcomes:
        last = judge(last, GOOD if outcome == "+" else BAD, "n1")
        found += "+" if last.healthy else "-"
    assert found == verdicts


def test_what_was_found_and_by_whom_is_kept() -> None:
    assert judge(None, BAD, "n2") == Result(True, 1, "status", "503", "n2")
