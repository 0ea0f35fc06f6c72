"""Figures of a run, the same for real and simulated ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks.avalanche.record import Grant, Record, Request
from benchmarks.avalanche.setting import WINDOW_S, Setting
from benchmarks.side_by_side.latency import percentile

AFTER_TRIGGER_S = 30.0
"""Amplification is that of so many seconds from the trigger on."""
LATE_S = 20.0
"""Late goodput is that of the last seconds."""
RECOVERED, RECOVERED_EARLY = 0.99, 0.95
SMOOTH_S = 5


class Figures(NamedTuple):
    amplification: float
    """Attempts for each request, from the trigger on."""
    peak: float
    """The same in the worst five seconds of the whole run."""
    recovery_s: float | None
    """From the trigger's end until 99 % of the requests of five seconds succeed; None: not in this run."""
    recovery_95_s: float | None
    success: float
    """Of all requests."""
    late_goodput: float
    """Of the requests of the last 20 s."""
    most_in_window: int
    """Cost units that were granted in the worst window of 10 s, wherever it begins."""
    retries: int
    p99_s: float
    """Of the requests that succeeded."""
    late_s: float
    """How late the load was sent, 99th percentile."""


class Series(NamedTuple):
    """A value for each second."""

    goodput: list[float]
    """The share of the second's requests that succeeded."""
    amplification: list[float]
    """Attempts for each request that was due, over five seconds."""
    retries: list[float]
    """Attempts that were retries, a second."""


def figures(record: Record, setting: Setting) -> Figures:
    """Of a run that took ``setting.duration_s``."""
    until = min(setting.trigger_at + AFTER_TRIGGER_S, setting.duration_s)
    good = sorted(request.took_s for request in record.requests if request.ok)
    return Figures(
        amplification=_amplification(record, setting.trigger_at, until),
        peak=max(series(record, setting).amplification, default=0.0),
        recovery_s=recovery(record.requests, setting, RECOVERED),
        recovery_95_s=recovery(record.requests, setting, RECOVERED_EARLY),
        success=_share_ok(record.requests),
        late_goodput=_share_ok(
            [request for request in record.requests if request.due >= setting.duration_s - LATE_S]
        ),
        most_in_window=most_in_window(record.grants, WINDOW_S),
        retries=sum(attempt.retry for attempt in record.attempts),
        p99_s=percentile(good, 99.0),
        late_s=record.late_s,
    )


def series(record: Record, setting: Setting) -> Series:
    seconds = int(setting.duration_s)
    due = per_second((request.due for request in record.requests), seconds)
    good = per_second((request.due for request in record.requests if request.ok), seconds)
    attempts = per_second((attempt.at for attempt in record.attempts), seconds)
    retries = per_second((attempt.at for attempt in record.attempts if attempt.retry), seconds)
    return Series(
        goodput=[_ratio(*each) for each in zip(good, due, strict=True)],
        amplification=[_ratio(*each) for each in zip(_sums(attempts), _sums(due), strict=True)],
        retries=[float(each) for each in retries],
    )


def recovery(requests: Sequence[Request], setting: Setting, wanted: float) -> float | None:
    """Whole seconds from the trigger's end to the first five seconds that are good and stay so until the end.

    "Stay so": none of the later spans of five seconds falls back to where half of it fails.
    """
    seconds = int(setting.duration_s)
    due = _spans(per_second((request.due for request in requests), seconds))
    good = _spans(per_second((request.due for request in requests if request.ok), seconds))
    share = [_ratio(*each) for each in zip(good, due, strict=True)]
    first = int(setting.trigger_end)
    relapse = max((at for at in range(first, len(share)) if share[at] < 0.5), default=first - 1)
    found = next((at for at in range(max(first, relapse + 1), len(share)) if share[at] >= wanted), None)
    return None if found is None else float(found - first)


def most_in_window(grants: Iterable[Grant], window_s: float) -> int:
    """The greatest sum of costs in any half-open interval of ``window_s``; exact, whatever the order."""
    ordered = sorted(grants)
    most = held = oldest = 0
    for grant in ordered:
        held += grant.cost
        while ordered[oldest].at <= grant.at - window_s:
            held -= ordered[oldest].cost
            oldest += 1
        most = max(most, held)
    return most


def per_second(times: Iterable[float], seconds: int) -> list[int]:
    """How many of ``times`` are in each second; what is outside is left out."""
    counts = [0] * seconds
    for at in times:
        if 0 <= at < seconds:
            counts[int(at)] += 1
    return counts


def _amplification(record: Record, since: float, until: float) -> float:
    attempts = sum(since <= attempt.at < until for attempt in record.attempts)
    return _ratio(attempts, sum(since <= request.due < until for request in record.requests))


def _share_ok(requests: Sequence[Request]) -> float:
    return _ratio(sum(request.ok for request in requests), len(requests))


def _spans(counts: Sequence[int]) -> list[int]:
    """Sums of five seconds, each beginning at its second."""
    return [sum(counts[at : at + SMOOTH_S]) for at in range(len(counts) - SMOOTH_S + 1)]


def _sums(counts: Sequence[int]) -> list[int]:
    """Sums of up to five seconds, each ending with its second."""
    return [sum(counts[max(0, at + 1 - SMOOTH_S) : at + 1]) for at in range(len(counts))]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
