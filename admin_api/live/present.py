"""The present as event streams tell it: nodes without their load, targets that are out, and a summary of counters."""

from __future__ import annotations

from admin_api.live.cluster import Cluster
from admin_api.live.counters import limits_of
from admin_api.live.targets import health_of, seen_of
from admin_api.live.watching import Present
from weir.api.events import CountersEvent, NodeEvent
from weir.store.health import Member
from weir.store.nodes import NodeRecord


def present_of(cluster: Cluster, ejected: dict[Member, int]) -> Present:
    """Pure."""
    words = list(cluster.words.values())
    health = health_of(seen_of(words), ejected, ())
    limits = limits_of(words)
    stuck = {one.upstream for word in words for one in word.budgets if one.state not in ("ok", "unknown")}
    return Present(
        nodes={heard.record.name: node_event(heard.record) for heard in cluster.nodes},
        out={(one.owner, one.upstream, one.target): one for one in health if one.state == "out"},
        counters=CountersEvent(
            near=len(limits), refused=sum(1 for one in limits if one.refused), budgets=len(stuck)
        ),
    )


def node_event(record: NodeRecord, *, gone: bool = False) -> NodeEvent:
    return NodeEvent(
        name=record.name,
        gone=gone,
        state=record.state,
        number=record.number,
        workers=record.workers,
        in_step=record.in_step,
    )
