"""docs/metrics-of-servers.md is what the code says."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry

from admin_api.metrics import AdminMetrics
from admin_api.metrics_page import page

WHOLE = (Path(__file__).parents[2] / "docs" / "metrics-of-servers.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert page() in WHOLE, "run make docs"


def test_the_page_names_every_metric() -> None:
    registry = CollectorRegistry()
    AdminMetrics(registry)
    for metric in registry.collect():
        assert f"`{metric.name}{'_total' if metric.type == 'counter' else ''}`" in page()
