"""Clients hardly see a service that fails a little. ``benchmarks/masking.py`` tells the figures of a quiet machine."""

from __future__ import annotations

import time

from tests.support.masking_rig import NODES, WORKERS, Cluster, cluster, seen

CLAUSES = "retry 2 on connect, 502; budget 20% max 200 per 2s"
RATE = 80.0
ROW = 5
"""Failures behind each other, after which a worker takes a target out."""


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
    """Each worker finds that out once, one that is asked seldom late."""
    since = time.time()
    loading = found.load(RATE, 6.0, seed=3)
    time.sleep(1.5)
    found.service.go_away(0)
    statuses = loading.done()
    asked = found.asked(since, len(statuses))
    assert set(statuses) <= {200, 502}
    assert statuses.count(200) >= 0.98 * len(statuses)
    found_out = sum(seen(asked).whys.values())
    assert 0 < found_out <= NODES * WORKERS * (ROW + 1), "some were under way when it was taken out"
