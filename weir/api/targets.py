"""Targets of upstreams as they are now, and taking one out of service for a while: live state, never a version."""

from __future__ import annotations

from typing import Annotated

import msgspec

from weir.api.operation import Operation, Page
from weir.models.document import Owner

MOST_SECONDS = 7 * 86_400


class TargetDrain(msgspec.Struct, frozen=True, kw_only=True):
    """Out of service by a person's word."""

    until_ms: int
    """By the store's clock."""
    left_s: float
    since_ms: int
    reason: str
    author: str
    in_flight: int | None
    """Requests that it still has on all nodes that say so; null: no node has said anything yet."""


class TargetNow(msgspec.Struct, frozen=True, kw_only=True):
    """A target of the current version."""

    owner: str
    upstream: str
    """A URL used as a destination is an upstream of that name."""
    target: str
    """Its URL."""
    weight: int
    out: bool
    """On some node, or for the cluster."""
    why: tuple[str, ...]
    nodes_out: int
    since_ms: int
    """When a node first saw it out; 0 while it is in."""
    drained: TargetDrain | None = None


class TargetsNow(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[TargetNow, ...] = ()
    """By owner, upstream and place in it."""
    next: str = ""
    number: int
    """The version; 0: nothing is published."""


class TargetsNowQuery(Page, frozen=True, forbid_unknown_fields=True):
    owner: Owner | None = None
    upstream: Annotated[str, msgspec.Meta(max_length=512)] = ""
    """Only of this one."""
    drained: bool = False
    """Only those that are drained."""


class OwnerQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: Owner = "api"
    """Of the upstream."""


class DrainOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    seconds: Annotated[int, msgspec.Meta(ge=1, le=MOST_SECONDS)]
    """Until it comes back by itself; at most 7 days."""
    reason: Annotated[str, msgspec.Meta(max_length=1024)] = ""


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="targets.list",
        method="GET",
        path="/targets",
        summary="Targets of the current version: weight, health, and which are drained until when.",
        role="viewer",
        query=TargetsNowQuery,
        result=TargetsNow,
    ),
    Operation(
        id="targets.drain",
        method="PUT",
        path="/upstreams/{name}/targets/{target}/drain",
        summary="Takes a target out of service for a while: it gets no new requests, and ends those that it has.",
        role="editor",
        query=OwnerQuery,
        body=DrainOrder,
        result=TargetDrain,
        refusals=(404, 409),
    ),
    Operation(
        id="targets.undrain",
        method="DELETE",
        path="/upstreams/{name}/targets/{target}/drain",
        summary="Lets a drained target back into service.",
        role="editor",
        query=OwnerQuery,
        status=204,
        refusals=(404,),
    ),
)
