"""A pipe to a cluster of as many servers as a test wants, without processes: each answers with its name, or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from gevent.event import Event
from prometheus_client import CollectorRegistry

from edge.agent.pipe_metrics import PipeMetrics
from edge.agent.store_pipe import StorePipe
from weir.store.connect import Client
from weir.store.errors import StoreAway
from weir.store.script_calls import ScriptCall, script_call
from weir.store.topologies import Timeouts, topology_of
from weir.store.url import parse_url


class Scattered(Client):
    """A cluster of the test's own: each key lies on the server of its name; those of ``away`` do not answer."""

    def __init__(self) -> None:
        super().__init__(topology_of(parse_url("unix:///nowhere/s"), Timeouts(1, 1)), "", 1)
        self.away: set[str] = set()
        self.gates: dict[str, Event] = {}

    def place(self, key: str) -> str:
        return key

    def pipeline(self, calls: Sequence[ScriptCall]) -> list[Any]:
        for call in calls:
            if call.key in self.gates:
                self.gates[call.key].wait()
        if any(call.key in self.away for call in calls):
            raise StoreAway("it is away")
        return [call.key for call in calls]


class ScatteredPipe:
    """A pipe on it; ``now`` is its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.client = Scattered()
        self.registry = CollectorRegistry()
        self.pipe = StorePipe(self.client, PipeMetrics(self.registry), clock=lambda: self.now)
        self.pipe.start()

    def ask(self, server: str) -> Any:
        return self.pipe.ask(script_call("live_nodes", nodes=server, within_ms=1, limit=0), 10.0)

    def shut(self, server: str) -> None:
        """Its breaker opens."""
        self.client.away.add(server)
        for _ in range(3):
            with pytest.raises(StoreAway, match="is away"):
                self.ask(server)

    @property
    def up(self) -> float | None:
        return self.registry.get_sample_value("weir_counters_up")
