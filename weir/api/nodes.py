"""Nodes: who serves which version, since when, how busy, and what is wrong."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from weir.api.counters import NearLimit, UpstreamBudget
from weir.api.operation import Operation, Page


class NodeState(msgspec.Struct, frozen=True, kw_only=True):
    """As the node said last; it speaks every 5 s, and at once when something changes."""

    name: str
    state: str
    """``ok``, ``draining``, or the first reason of ``/readyz`` (docs/failure-modes.md)."""
    number: int
    """The version that it holds; 0: none."""
    incarnation: str
    serves_current: bool
    """All of its workers serve the current version."""
    since_ms: int
    """When the last of its workers took that version; 0 while one has not, or if its program does not say."""
    workers: int
    in_step: int
    """Workers that serve the version that it holds."""
    draining: bool
    """It is about to stop."""
    store: str
    """``up``, or what it says of the store."""
    config: str
    """Of its rules file: ``none``, ``pending``, ``published``, ``error`` or ``waiting``."""
    config_problems: tuple[str, ...] = ()
    """The first of them, with file, line and column."""
    program: str
    """The version of Weir."""
    status_url: str
    """Its status listener, as it sees its own address."""
    started_ms: int
    """Of its agent; 0 if its program does not say."""
    requests_per_s: float
    """Over the last seconds, as the two below."""
    connections: int
    """Of clients, open now."""
    cores: float
    """Seconds of CPU in a second, of agent and workers together."""
    heard_ms_ago: int


class NodePage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[NodeState, ...] = ()
    """By name; those that were heard within 30 s."""
    next: str = ""
    number: int
    """The current version; 0: nothing is published."""
    live: int
    """Nodes, on all pages."""
    behind: int
    """Of those, how many do not serve the current version with all of their workers."""
    all_serve: int
    """The latest version that all nodes serve with all of their workers, or a later one; 0 without nodes."""


class NodeTargetState(msgspec.Struct, frozen=True, kw_only=True):
    """A target that is out, checked or drained, as one node sees it."""

    upstream: str
    """``<owner>/<name>``."""
    target: str
    """Its URL."""
    out: bool
    why: tuple[str, ...]
    for_s: float
    workers: int
    """That keep it out."""
    panic: bool
    """It is ill but gets requests, as most are."""
    since_ms: int
    """When this node first saw it out; 0 while it is in."""
    healthy: bool | None
    """What its check says; null without one."""
    drained_in_flight: int | None
    """Requests that it still has on this node; null: it is not drained."""


class NodeDetail(msgspec.Struct, frozen=True, kw_only=True):
    node: NodeState
    said_ms_ago: int | None
    """When it spoke of what follows; null: it has nothing to say."""
    limits: tuple[NearLimit, ...] = ()
    budgets: tuple[UpstreamBudget, ...] = ()
    targets: tuple[NodeTargetState, ...] = ()
    left_out: int = 0
    """Entries that had no place in its word."""


class NodesQuery(Page, frozen=True, forbid_unknown_fields=True):
    state: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """Only nodes in this state."""
    version: Literal["", "current", "behind"] = ""
    """Only nodes that serve the current version with all of their workers, or only those that do not."""


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="nodes.list",
        method="GET",
        path="/nodes",
        summary="Nodes that live: which version they serve since when, how busy they are, what is wrong.",
        role="viewer",
        query=NodesQuery,
        result=NodePage,
    ),
    Operation(
        id="nodes.get",
        method="GET",
        path="/nodes/{name}",
        summary="One node, with what it knows of limits, retry budgets and targets.",
        role="viewer",
        result=NodeDetail,
        refusals=(404,),
    ),
)
