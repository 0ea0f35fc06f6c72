"""What a strict limit costs and how much of it can be used: two node agents with two workers each, without HTTP.

    python benchmarks/limiter.py [--check] [--quick]

For a limit of 1 000 and of 10 000 a second, at twice (a little more than) the demand: the busiest second by the stamps
of decisions, the used part, script calls at the store per admitted request, and the slowest check. Then the processor
time of one check while tokens are at hand. ``--check`` exits 1 if a second saw more than the limit, less than 80 % of
1 000 was used, or a request at 10 000 cost more than 0.05 calls; ``--quick`` runs for 3 seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from edge.limiting.clock import boot_s
from edge.limiting.limiter import Limiter
from edge.limiting.verdict import Demand
from edge.limiting.wire import GRANTED
from tests.support.limit_rig import busiest, limit_rig, run
from weir.models.effective import Counted
from weir.models.values import Rate

CHECKS = 200_000
USED, CALLS = 0.8, 0.05


class Generous:
    """An agent that gives more tokens than will be spent."""

    connected = True

    def later(self, _topic: str, body: Any, done: Callable[[Any | None], None]) -> None:
        done([[GRANTED, 10**9, 1, boot_s() + 3600, 0, 0.0, 0.0, 0.0] for _ in body[0]])

    def tell(self, topic: str, body: Any) -> None:
        """Nothing comes back."""

    def on_news(self, topic: str, take: Callable[[Any], None]) -> None:
        """There is none."""


def strict(limit: int, demand: float, seconds: float) -> tuple[int, float, float]:
    """The busiest second, the used part, calls per admitted request; printed too."""
    with limit_rig(2) as rig:
        rig.know_each_other()
        workers = rig.workers(
            f"{limit} per 1s on_store_failure closed", each=2, per_second=limit * demand / 4, seconds=seconds
        )
        before = sum(agent.metric("weir_limit_store_calls_total") for agent in rig.agents)
        outcomes = run(workers)
        calls = sum(agent.metric("weir_limit_store_calls_total") for agent in rig.agents) - before
    stamps = sorted(stamp for outcome in outcomes for stamp in outcome.stamps)
    used = len(stamps) / (stamps[-1] - stamps[0]) / limit
    peak, per_request = busiest(stamps, 1.0), calls / len(stamps)
    offered = len(stamps) + sum(outcome.refused for outcome in outcomes)
    print(
        f"{limit:6} a second, {offered / seconds:7.0f} offered: busiest second {peak:6}, used {used:5.1%}, "
        f"{per_request:.4f} calls per admitted request, slowest check {max(o.slowest_s for o in outcomes) * 1e3:.1f} ms"
    )
    return peak, used, per_request


def check_microseconds(limits: int) -> float:
    """Processor time of one check of so many limits; the best of five rounds."""
    limiter = Limiter(Generous())
    demands = [
        Demand(limiter.limit_of(Counted(f"l{number}", Rate(count=10**9, per_ms=1000))), "10.0.0.1", 1)
        for number in range(limits)
    ]
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(CHECKS // 5):
            limiter.check(demands)
        best = min(best, (time.process_time() - started) / (CHECKS // 5))
    return best * 1e6


def main() -> int:
    seconds = 3.0 if "--quick" in sys.argv else 10.0
    for limits in (1, 2):
        print(f"one check of {limits} limit(s) with tokens at hand: {check_microseconds(limits):.2f} us")
    small, large = strict(1_000, 2.0, seconds), strict(10_000, 1.5, seconds)
    missed = small[0] > 1_000 or large[0] > 10_000 or small[1] < USED or large[2] > CALLS
    return int("--check" in sys.argv and missed)


if __name__ == "__main__":
    raise SystemExit(main())
