"""docs/failure-modes.md speaks of reasons and metrics that exist, and of all reasons."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from edge.agent.credentials.metrics import CredentialMetrics
from edge.agent.facts import REASONS, Facts
from edge.agent.health.metrics import HealthMetrics
from edge.agent.issuers.keeper import IssuerKeeper
from edge.agent.issuers.metrics import IssuerMetrics
from edge.agent.limits.metrics import LimitMetrics
from edge.agent.metrics import StateMetrics, WorkerMetrics
from edge.agent.pipe_metrics import PipeMetrics

PAGE = (Path(__file__).parents[3] / "docs" / "failure-modes.md").read_text(encoding="utf-8")


def test_every_reason_is_on_the_page():
    for reason in REASONS:
        assert f"`{reason}`" in PAGE, reason


def test_every_metric_on_the_page_exists():
    registry = CollectorRegistry()
    workers = WorkerMetrics(registry)
    StateMetrics(registry, Facts())
    HealthMetrics(registry)
    PipeMetrics(registry).watch(queue=lambda: 0, is_open=lambda: False)
    LimitMetrics(registry)
    CredentialMetrics(registry)
    IssuerMetrics(registry, IssuerKeeper(Path("none"), lambda _url: b"", lambda _topic, _body, _key: None))
    text = b"".join([generate_latest(registry), *workers.parts()]).decode()
    for name in re.findall(r"\bweir_[a-z_]+", PAGE):
        assert re.search(rf"^(# TYPE )?{name}[ {{]", text, re.MULTILINE), name
