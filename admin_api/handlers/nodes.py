"""Nodes and what they serve."""

from __future__ import annotations

import time

from admin_api.call import Answer, Call, Handler
from admin_api.live.cluster import cluster_of
from admin_api.live.counters import budget_of, limits_of, rings_of
from admin_api.live.nodes import all_serve, state_of
from admin_api.problems import Refusal
from weir.api.counters import UpstreamBudget
from weir.api.nodes import NodeDetail, NodePage, NodesQuery, NodeTargetState
from weir.store.live import NodeLive, NodeTarget


def list_nodes(call: Call) -> Answer:
    """By name; the cursor is a name."""
    query: NodesQuery = call.query
    services = call.services
    head, heard = services.versions.head(), services.nodes.heard()
    states = sorted((state_of(one, head) for one in heard), key=lambda state: state.name)
    wanted = [
        state
        for state in states
        if query.state in ("", state.state)
        and (not query.version or state.serves_current == (query.version == "current"))
        and state.name > query.cursor
    ]
    items = tuple(wanted[: query.limit])
    return Answer(
        NodePage(
            items=items,
            next=items[-1].name if len(wanted) > len(items) else "",
            number=0 if head is None else head.number,
            live=len(states),
            behind=sum(not state.serves_current for state in states),
            all_serve=all_serve((one.record for one in heard), head),
        )
    )


def get(call: Call) -> Answer:
    name = call.path["name"]
    cluster = cluster_of(call.services)
    heard = next((one for one in cluster.nodes if one.record.name == name), None)
    if heard is None:
        raise Refusal(404, "no-such-node", "No node of this name was heard within 30 s.")
    node, word = state_of(heard, cluster.head), cluster.words.get(name)
    if word is None:
        return Answer(NodeDetail(node=node, said_ms_ago=None))
    return Answer(
        NodeDetail(
            node=node,
            said_ms_ago=max(0, time.time_ns() // 1_000_000 - word.time_ms),
            limits=tuple(limits_of([word])),
            budgets=_budgets(call, word),
            targets=tuple(map(_target, word.targets)),
            left_out=word.left_out,
        )
    )


def _budgets(call: Call, word: NodeLive) -> tuple[UpstreamBudget, ...]:
    """With what the store knows of each, of all nodes together."""
    rings = rings_of([word])
    now = call.services.live.rings(rings)
    return tuple(budget_of(ring, several, now.get(ring)) for ring, several in rings.items())


def _target(one: NodeTarget) -> NodeTargetState:
    return NodeTargetState(
        upstream=one.upstream,
        target=one.url,
        out=one.out,
        why=one.why,
        for_s=one.for_s,
        workers=one.workers,
        panic=one.panic,
        since_ms=one.since_ms,
        healthy=one.healthy,
        drained_in_flight=one.drained_in_flight,
    )


HANDLERS: dict[str, Handler] = {"nodes.list": list_nodes, "nodes.get": get}
