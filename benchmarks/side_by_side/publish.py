"""One round of a publish under load: many new rules, then one rule that changed, with requests all the while."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.side_by_side.latency import summary_ms
from benchmarks.side_by_side.measures import CONNECTIONS, Figures, Options, finished, memory, program
from benchmarks.side_by_side.process import POLL_S, Failed, Gateway, seen
from benchmarks.side_by_side.work import Work

FEW = 10
"""Rules before."""
WITHIN_S, AFTER_S = 120.0, 2.0
"""How long a publish may take; how long after it still counts as its time, since old rules are freed then."""
MARKS = ("mark-b", "mark-c", "mark-a")
"""The last is that of the beginning. All are of one length."""

Span = tuple[float, float]


def one_round(gateway: Gateway, service_port: int, options: Options) -> Figures:
    """Ends as it began, with few rules."""
    many = Work(service_port, options.published, MARKS[0])
    longest_s = options.seconds + 2 * (WITHIN_S + AFTER_S)
    with program("open_load", gateway.port, options.rate, longest_s, CONNECTIONS) as load:
        # The first second belongs to the start of the load generator.
        time.sleep(options.seconds + 1)
        all_new = _publish(gateway, many)
        time.sleep(1)
        one_new = _publish(gateway, many._replace(mark=MARKS[1]))
        said = json.loads(finished(load, stop=True))
    held = memory(gateway)
    _publish(gateway, Work(service_port, FEW, MARKS[2]))
    return {**figures(said, options.seconds, all_new, one_new), **held}


def _publish(gateway: Gateway, work: Work) -> Span:
    """From when it is asked for until ``AFTER_S`` after requests meet it."""
    asked = time.monotonic()
    gateway.publish(work)
    while seen(gateway.port) != work.mark:
        if time.monotonic() > asked + WITHIN_S:
            raise Failed(f"{work.rules} rules were not in force within {WITHIN_S:g} s")
        time.sleep(POLL_S)
    in_force = time.monotonic()
    time.sleep(AFTER_S)
    return asked, in_force


def figures(said: dict[str, Any], seconds: float, all_new: Span, one_new: Span) -> dict[str, float]:
    """``*_worse_*``: how much longer than in the ``seconds`` before."""
    answered = list(zip(said["due"], said["latency"], strict=True))
    before = _between(answered, all_new[0] - seconds, all_new[0])
    found = {f"before_{name}": value for name, value in before.items()}
    for what, (asked, in_force) in (("publish", all_new), ("one_rule", one_new)):
        during = _between(answered, asked, in_force + AFTER_S)
        found[f"{what}_s"] = in_force - asked
        found |= {f"{what}_{name}": value for name, value in during.items()}
        for name in ("p999_ms", "max_ms"):
            found[f"{what}_worse_{name}"] = during[name] - before[name]
    return {**found, "failed": float(len(said["failed"]))}


def _between(answered: Sequence[tuple[float, float]], start: float, end: float) -> dict[str, float]:
    return summary_ms([latency for due, latency in answered if start <= due < end])
