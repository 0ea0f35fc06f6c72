"""What workers and the node agent say to each other about retry budgets, checked where it comes in. Pure.

Topic ``budget``. A worker either reports (``{"reports": [...]}``, once a second) or asks for units (``{"report": ...,
"need": n, "want": n}``; without a need it asks ahead, and is not told why it gets none). A report is ``[upstream,
terms, [attempts, successes, retried], [[bucket, units], ...]]``: counts since the worker began, and units that it gives
back. Both say in ``at`` when they are said. Times are seconds of CLOCK_BOOTTIME.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from edge.agent.budgets_holder import Units
from edge.retry.budget_terms import Terms, heard_terms


class Report(NamedTuple):
    """What a worker says of one upstream, read."""

    upstream: str
    terms: Terms
    counts: tuple[int, int, int]
    back: tuple[tuple[int, int], ...]


def read_report(body: Any) -> Report | None:
    """None for anything else; what comes from a worker is checked once, here."""
    if not isinstance(body, list) or len(body) != 4 or not isinstance(body[0], str):
        return None
    terms, counts, back = heard_terms(body[1]), body[2], body[3]
    if terms is None or not _integers(counts, 3) or not isinstance(back, list):
        return None
    if not all(_integers(pair, 2) for pair in back):
        return None
    return Report(body[0], terms, tuple(counts), tuple((bucket, units) for bucket, units in back))


def said_at(body: dict[str, Any], now: float) -> float:
    """Never later than now; an older worker does not say it."""
    at = body.get("at")
    return min(float(at), now) if isinstance(at, int | float) and at > 0 else now


def _integers(value: Any, length: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == length
        and all(isinstance(number, int) and number >= 0 for number in value)
    )


def lent_answer(lent: Units) -> dict[str, Any]:
    """To an ask that is lent something."""
    return {"units": lent.units, "bucket": lent.bucket, "until": lent.until, "why": "", "again": 0.0}


def refused_answer(why: str, again: float) -> dict[str, Any]:
    """To one that is not; the worker need not ask before ``again``."""
    return {"units": 0, "bucket": -1, "until": 0.0, "why": why, "again": again}
