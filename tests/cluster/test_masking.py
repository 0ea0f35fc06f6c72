"""Clients hardly see a service that fails a little. ``benchmarks/masking.py`` tells the figures of a quiet machine."""

from __future__ import annotations

import time

from tests.support.masking_rig import Cluster, cluster, seen

CLAUSES = "retry 2 on connect, 502; budget 10% max 200 per 2s"
RATE = 80.0
BACK_WITHIN_S = 3.0


def test_failures_at_random_and_a_target_that_goes_are_hidden_and_cost_little() -> None:
    with cluster(CLAUSES, targets=3, ill=0.05) as found:
        found.leave_quarantine()
        found.load(RATE, 3.0, seed=1).done()
        failures_at_random(found)
        found.service.ill = 0.0
        a_target_goes(found)


def failures_at_random(found: Cluster) -> None:
    """Of 400 requests 20 fail at first, give or take 4; what is granted is what was needed."""
    since = time.time()
    statuses = found.load(RATE, 5.0, seed=2).done()
    told = seen(found.asked(since, len(statuses)))
    assert set(statuses) <= {200, 502}
    assert told.success >= 0.98, told.whys
    assert told.whys["granted"] >= 4
    assert told.amplification <= 1.13, told.whys


def a_target_goes(found: Cluster) -> None:
    since = time.time()
    loading = found.load(RATE, 6.0, seed=3)
    time.sleep(1.5)
    found.service.go_away(0)
    gone = time.time()
    statuses = loading.done()
    asked = found.asked(since, len(statuses))
    assert set(statuses) <= {200, 502}
    assert statuses.count(200) >= 0.98 * len(statuses)
    assert any(each.attempts > 1 for each in asked), "somebody must have found it gone"
    late = [each for each in asked if each.at >= gone + BACK_WITHIN_S]
    assert seen(late).amplification <= 1.02, seen(late).whys
