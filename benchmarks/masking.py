"""What clients see of a service that fails a little: two nodes of two workers, retries within one budget.

    python benchmarks/masking.py [--check] [--quick]

First, 5 % of all answers are 502 at random, under `retry 2`; then one of three targets refuses connections, under
`retry 1 on connect`. Told are the share of clients with 200, attempts per request, and what became of failed attempts.
``--check`` exits 1 if less than 99.9 % get 200, if the first takes more than 1.08 attempts per request, or if the
second takes more than 1.005 later than two seconds after the target went; ``--quick`` runs for a few seconds.
"""

from __future__ import annotations

import os
import sys
import time

from tests.support.masking_rig import Asked, Seen, cluster, seen

RATE = 200.0
SUCCESS, AMPLIFICATION, BACK = 0.999, 1.08, 1.005
BACK_WITHIN_S = 2.0
WINDOW_S = 10.0


def five_percent(seconds: float) -> Seen:
    """After a window of the same load, in which the budget learns what it may grant."""
    with cluster("retry 2 on 502; budget 10% max 500 per 10s", targets=2, ill=0.05) as found:
        print(f"  first window: units were granted after {found.leave_quarantine():.1f} s")
        found.load(RATE, WINDOW_S, seed=1).done()
        since = time.time()
        statuses = found.load(RATE, seconds, seed=2).done()
        told = seen(found.asked(since, len(statuses)))
        assert told.success == statuses.count(200) / len(statuses)
        return told


def one_of_three(seconds: float) -> tuple[Seen, Seen, Seen]:
    """From the moment at which the target goes: everything, the first two seconds, and what came later."""
    clauses = "retry 1 on connect; budget 10% max 500 per 10s"
    with cluster(clauses, targets=3, ill=0.0) as found:
        found.leave_quarantine()
        found.load(RATE, WINDOW_S, seed=1).done()
        since = time.time()
        loading = found.load(RATE, seconds, seed=2)
        time.sleep(seconds / 4)
        gone = time.time()
        found.service.go_away(0)
        asked = found.asked(since, len(loading.done()))
        after = [each for each in asked if each.at >= gone]
        early: list[Asked] = [each for each in after if each.at < gone + BACK_WITHIN_S]
        return seen(after), seen(early), seen(after[len(early) :])


def tell(what: str, told: Seen) -> None:
    became = ", ".join(f"{why} {count}" for why, count in told.whys.most_common()) or "none failed"
    print(
        f"  {what}: {told.requests} requests, {told.success:.3%} got 200, "
        f"{told.amplification:.4f} attempts each ({became})"
    )


def main() -> int:
    seconds = 8.0 if "--quick" in sys.argv else 30.0
    print(f"load of the machine: {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; {RATE:.0f} requests/s")
    print("5 % of the answers are 502, retry 2 on 502:")
    flaky = five_percent(seconds)
    tell("after the first window", flaky)
    print("one of three targets refuses connections, retry 1 on connect:")
    whole, early, late = one_of_three(seconds)
    tell("since then", whole)
    tell(f"the first {BACK_WITHIN_S:.0f} s", early)
    tell("later", late)
    missed = flaky.success < SUCCESS or flaky.amplification > AMPLIFICATION
    missed = missed or whole.success < SUCCESS or late.amplification > BACK
    return int("--check" in sys.argv and missed)


if __name__ == "__main__":
    raise SystemExit(main())
