"""Requests are counted by operation and class of status; nothing that a client sends becomes a label."""

from __future__ import annotations

from flask import Flask, abort
from prometheus_client import CollectorRegistry, generate_latest

from weir.serving.metrics import RequestMetrics, add_metrics, counter_of


def lines(registry: CollectorRegistry) -> set[str]:
    return {line for line in generate_latest(registry).decode().splitlines() if "_created" not in line}


def test_every_answer_is_counted_under_its_operation() -> None:
    registry, app = CollectorRegistry(), Flask("test")
    add_metrics(app, RequestMetrics(registry, "weir_test"))
    app.add_url_rule("/things/<name>", "things.get", lambda name: name)
    app.add_url_rule("/refused", "refused", lambda: abort(403))
    asker = app.test_client()
    for path in ("/things/a", "/things/b", "/refused", "/things/", "/elsewhere"):
        asker.get(path)
    asker.post("/things/a")
    found = lines(registry)
    assert 'weir_test_requests_total{operation="things.get",status="2xx"} 2.0' in found
    assert 'weir_test_requests_total{operation="refused",status="4xx"} 1.0' in found
    assert 'weir_test_requests_total{operation="none",status="4xx"} 3.0' in found
    assert 'weir_test_request_seconds_count{operation="things.get"} 2.0' in found


def test_a_closed_set_is_at_0_before_anything_happens() -> None:
    registry = CollectorRegistry()
    counter_of(registry, "weir_test_total", "A test.", "result", ("good", "bad"))
    assert {'weir_test_total{result="good"} 0.0', 'weir_test_total{result="bad"} 0.0'} <= lines(registry)
