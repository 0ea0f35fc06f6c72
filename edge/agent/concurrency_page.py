"""``/concurrency`` at the status listener: what is in flight at upstreams with a limit, and who found no place."""

from __future__ import annotations

from typing import Any

from edge.agent.metrics import WorkerMetrics

GAUGES = (
    ("limit", "weir_concurrency_limit"),
    ("in_flight", "weir_concurrency_in_flight"),
    ("waiting", "weir_concurrency_waiting"),
)
OUTCOMES = "weir_concurrency_total"


def concurrency_page(metrics: WorkerMetrics) -> dict[str, Any]:
    """Sums of the node's workers, as they said last; counts since the agent began."""
    found: dict[str, dict[str, Any]] = {}
    for field, family in GAUGES:
        for (upstream,), number in metrics.values(family).items():
            found.setdefault(upstream, {"upstream": upstream})[field] = int(number)
    for (upstream, outcome), count in metrics.values(OUTCOMES).items():
        if upstream in found:
            found[upstream].setdefault("found_no_place", {})[outcome] = int(count)
    return {"upstreams": [found[upstream] for upstream in sorted(found)]}
