"""The nodes that live with their words, read once for an answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from weir.api.counters import Heard
from weir.store.live import Live, NodeLive
from weir.store.nodes import HeardNode, Nodes
from weir.store.versions import Head, Versions

if TYPE_CHECKING:
    from admin_api.services import Services


class Cluster(NamedTuple):
    """At one moment."""

    head: Head | None
    nodes: tuple[HeardNode, ...]
    """By name."""
    words: dict[str, NodeLive]
    """By node; who has nothing to say has none."""

    @property
    def heard(self) -> Heard:
        now_ms = time.time_ns() // 1_000_000
        return Heard(
            nodes=len(self.nodes),
            spoke=len(self.words),
            oldest_ms=max((max(0, now_ms - word.time_ms) for word in self.words.values()), default=0),
            left_out=sum(word.left_out for word in self.words.values()),
        )


def cluster_of(services: Services) -> Cluster:
    """Raises StoreAway and StoreError."""
    return read_cluster(services.versions, services.nodes, services.live)


def read_cluster(versions: Versions, nodes: Nodes, live: Live) -> Cluster:
    """Raises StoreAway and StoreError."""
    heard = sorted(nodes.heard(), key=lambda each: each.record.name)
    words = live.of(each.record.name for each in heard)
    return Cluster(versions.head(), tuple(heard), words)
