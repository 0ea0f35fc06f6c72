"""Which nodes serve what. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from weir.api.nodes import NodeState
from weir.store.nodes import HeardNode, NodeRecord
from weir.store.versions import Head


def serves_fully(record: NodeRecord) -> bool:
    """All of its workers serve the version that it holds. A program that does not count them says so by its state."""
    if not record.started_ms:
        return bool(record.number and record.workers and record.state not in ("worker_behind", "no_worker"))
    return bool(record.number and record.workers and record.in_step == record.workers)


def serves_current(record: NodeRecord, head: Head | None) -> bool:
    if head is None or (record.incarnation, record.number) != (head.incarnation, head.number):
        return False
    return serves_fully(record)


def all_serve(records: Iterable[NodeRecord], head: Head | None) -> int:
    """The latest version that all serve, or a later one; 0 if one serves none, or another store's."""
    numbers = [
        record.number
        if head is not None and serves_fully(record) and record.incarnation == head.incarnation
        else 0
        for record in records
    ]
    return min(numbers, default=0)


def state_of(heard: HeardNode, head: Head | None) -> NodeState:
    record = heard.record
    return NodeState(
        name=record.name,
        state=record.state,
        number=record.number,
        incarnation=record.incarnation,
        serves_current=serves_current(record, head),
        since_ms=record.since_ms,
        workers=record.workers,
        in_step=record.in_step,
        draining=record.draining or record.state == "draining",
        store=record.store,
        config=record.config,
        config_problems=record.config_problems,
        program=record.version,
        status_url=record.status_url,
        started_ms=record.started_ms,
        requests_per_s=record.requests_per_s,
        connections=record.connections,
        cores=record.cores,
        heard_ms_ago=heard.age_ms,
    )
