"""A lane by itself; with real servers in test_store_pipe.py."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

from edge.agent.pipe_lane import MAX_QUEUE, Lane, Waiting
from edge.agent.pipe_metrics import PipeMetrics
from weir.store.connect import connect
from weir.store.errors import StoreAway
from weir.store.script_calls import script_call

CALL = script_call("live_nodes", nodes="{a}", within_ms=1, limit=0)


def lane() -> Lane:
    return Lane(connect("unix:///nowhere/s"), PipeMetrics(CollectorRegistry()), lambda: 0.0)


def test_a_full_queue_takes_no_more():
    full = lane()
    for _ in range(MAX_QUEUE - 1):
        full.put(Waiting(CALL, lambda _: None))
    assert full.refusal() is None
    full.put(Waiting(CALL, lambda _: None))
    assert isinstance(full.refusal(), StoreAway)
    full.stop()


def test_at_its_end_everybody_hears_exactly_once_that_nothing_was_sent():
    ending, heard = lane(), list[Any]()
    for _ in range(3):
        ending.put(Waiting(CALL, heard.append))
    ending.stop()
    ending.stop()
    assert [(type(each), each.sent) for each in heard] == [(StoreAway, False)] * 3
