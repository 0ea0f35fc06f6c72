"""docs/metrics-of-servers.md is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from auth.metrics import AuthMetrics
from auth.metrics_page import page

WHOLE = (Path(__file__).parents[2] / "docs" / "metrics-of-servers.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert page() in WHOLE, "run make docs"


def test_the_page_names_every_metric() -> None:
    registry = CollectorRegistry()
    AuthMetrics(registry)
    for metric in registry.collect():
        assert f"`{metric.name}{'_total' if metric.type == 'counter' else ''}`" in page()


def test_every_metric_of_a_question_is_in_a_table() -> None:
    tables, _, questions = WHOLE.partition("## Questions")
    for name in re.findall(r"\bweir_[a-z_]+", questions):
        assert f"`{name}`" in tables, name
