"""A lane by itself; with real servers in test_store_pipe.py."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event
from prometheus_client import CollectorRegistry

from edge.agent.pipe_lane import MAX_QUEUE, Lane, Waiting
from edge.agent.pipe_metrics import PipeMetrics
from tests.support.scattered import Scattered, ScatteredPipe
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


def test_of_a_lane_that_was_retired_nothing_stays() -> None:
    retired = lane()
    gevent.sleep(0)
    retired.retire()
    gone = weakref.ref(retired)
    del retired
    gevent.sleep(0)
    gc.collect()
    assert gone() is None


@pytest.fixture
def piped() -> Iterator[ScatteredPipe]:
    made = ScatteredPipe()
    yield made
    made.pipe.stop()


def test_as_long_as_the_trial_of_a_server_is_under_way_no_other_call_goes(piped: ScatteredPipe) -> None:
    piped.shut("a")
    gate = piped.client.gates["a"] = Event()
    piped.client.away.clear()
    piped.now = 1.0
    trial = gevent.spawn(piped.ask, "a")
    gevent.sleep(0.01)
    with pytest.raises(StoreAway, match="left alone"):
        piped.ask("a")
    gate.set()
    assert trial.get(timeout=10) == "a"
    assert piped.ask("a") == "a"


def test_errors_that_nobody_foresaw_are_failures_of_the_server(
    piped: ScatteredPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_client: object, _calls: object) -> list[Any]:
        raise RuntimeError("of the test")

    monkeypatch.setattr(Scattered, "pipeline", broken)
    for _ in range(3):
        with pytest.raises(StoreAway, match="broken off"):
            piped.ask("a")
    with pytest.raises(StoreAway, match="left alone"):
        piped.ask("a")
