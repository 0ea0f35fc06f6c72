"""Numbers of an entry as figures for people. Pure."""

from __future__ import annotations

from itertools import accumulate

from weir.api.traffic import Traffic
from weir.models.usage import BOUNDS, COUNTS, FIRST_BUCKET, SERVER_ERRORS, UNANSWERED, requests_of


def figures(numbers: list[int], seconds: float, *, of_target: bool = False) -> Traffic:
    """``seconds``: the time in which they were counted. A failed attempt is an error of its target."""
    requests = requests_of(numbers)
    named = dict(zip(COUNTS, numbers, strict=False))
    total_us = named.pop("microseconds")
    errors = numbers[SERVER_ERRORS] + (numbers[UNANSWERED] if of_target else 0)
    buckets = numbers[FIRST_BUCKET:]
    return Traffic(
        requests=requests,
        per_second=round(requests / seconds, 3) if seconds > 0 else 0.0,
        error_ratio=round(errors / requests, 6) if requests else 0.0,
        mean_ms=round(total_us / requests / 1000, 3) if requests else 0.0,
        p50_ms=quantile_ms(buckets, 0.5),
        p90_ms=quantile_ms(buckets, 0.9),
        p99_ms=quantile_ms(buckets, 0.99),
        **named,
    )


def quantile_ms(buckets: list[int], share: float) -> float:
    """Interpolated between the bounds of its bucket; what is above all bounds counts as the last bound."""
    total = sum(buckets)
    if not total:
        return 0.0
    rank, below = share * total, 0
    for place, upto in enumerate(accumulate(buckets)):
        if upto >= rank and buckets[place]:
            if place == len(BOUNDS):
                break
            lower = BOUNDS[place - 1] if place else 0.0
            inside = (rank - below) / buckets[place]
            return round(1000 * (lower + (BOUNDS[place] - lower) * inside), 3)
        below = upto
    return round(1000 * BOUNDS[-1], 3)
