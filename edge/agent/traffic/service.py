"""Usage and samples as the agent has them: what ``boot`` wires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry

from edge.agent.store_pipe import StorePipe
from edge.agent.traffic.metrics import TrafficMetrics
from edge.agent.traffic.samples import SampleKeeper
from edge.agent.traffic.usage import Usage
from weir.store.keys import Keys


class Traffic:
    """``loops`` run until the end, ``stop`` brings what is left."""

    def __init__(
        self,
        pipe: StorePipe,
        keys: Keys,
        node: str,
        *,
        nodes: Callable[[], int],
        announce: Callable[[str, Any], None],
        registry: CollectorRegistry,
    ) -> None:
        metrics = TrafficMetrics(registry)
        self.usage = Usage(pipe, keys, node, metrics, nodes=nodes)
        self.samples = SampleKeeper(pipe, keys, node, announce, metrics)

    def loops(self) -> list[Callable[[], None]]:
        return [self.usage.run, self.samples.run]

    def stop(self) -> None:
        self.usage.stop()
