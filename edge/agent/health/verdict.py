"""From outcomes of probes to a verdict. Pure."""

from __future__ import annotations

from edge.agent.health.probe import Outcome
from weir.store.health import Result

FALL = 2
"""Failed probes in a row until a target that was healthy is not."""
RISE = 2
"""Passed probes in a row until it is again."""


def judge(before: Result | None, outcome: Outcome, node: str) -> Result:
    """``before``: the last result, whoever found it; nobody is unhealthy before the second failure."""
    healthy = before is None or before.healthy
    if outcome.passed == healthy:
        return Result(healthy, 0, outcome.word, outcome.detail, node)
    row = (before.row if before is not None else 0) + 1
    if row >= (RISE if outcome.passed else FALL):
        return Result(not healthy, 0, outcome.word, outcome.detail, node)
    return Result(healthy, row, outcome.word, outcome.detail, node)
