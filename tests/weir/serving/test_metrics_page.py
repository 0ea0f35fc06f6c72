from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from weir.serving.metrics_page import table


def test_a_metric_is_one_line_with_its_labels() -> None:
    registry = CollectorRegistry()
    Counter("a_total", "Things done.", ("what", "how"), registry=registry)
    Gauge("b", "Things open.", registry=registry)
    assert table(registry).splitlines()[2:] == [
        "| `a_total` | counter | `what`, `how` | Things done. |",
        "| `b` | gauge |  | Things open. |",
    ]
