"""What changes, as it happens: server-sent events.

``version``, ``drain``, ``credential`` and ``issuer`` come from the store's feed, each once and in order. Their ids are
the number in the feed and the first eight digits of the incarnation (``17-0f3a99c1``); a client that sends the last one
as ``Last-Event-ID`` goes on behind it. If that is not possible, as the feed no longer has what follows or the store is
another one, ``reset`` says so: read the state anew. ``node``, ``health`` and ``counters`` tell what is different from a
moment before, without id.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from weir.api.operation import Operation

MAX_STREAMS = 100
"""Of one process."""
HEARTBEAT_S = 15.0


class VersionEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``version``: it is current now."""

    number: int
    incarnation: str


class DrainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``drain``: a target was drained, or let back before its time."""

    owner: str
    upstream: str
    target: str


class CredentialEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``credential``: a consumer or a credential was made, changed or removed, by name; look at it for more."""

    kind: str
    """``consumer``, ``key``, ``basic``, ``hmac``, ``client``…"""
    id: str


class IssuerEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``issuer``: a foreign issuer was registered, changed or removed."""

    name: str


class NodeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``node``: it came, went, or serves or says something else; its load alone is no event."""

    name: str
    gone: bool
    """It was not heard for 30 s."""
    state: str
    number: int
    workers: int
    in_step: int


class HealthEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``health``: a target went out on a first node, or came back on the last."""

    owner: str
    upstream: str
    target: str
    out: bool
    why: tuple[str, ...]


class CountersEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``counters``: a summary, when it is another one than before."""

    near: int
    """What limits count apart and is nearly used up or over."""
    refused: int
    """Of those, what was refused within the last minute."""
    budgets: int
    """Retry budgets that stand in the way of a retry on some node."""


class ResetEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``reset``: events were missed; read the state anew."""

    incarnation: str
    """Of the store's data; empty: nothing is published."""


class EventsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    types: Annotated[str, msgspec.Meta(max_length=128)] = ""
    """Names of types, separated by commas; empty: all. ``reset`` always comes."""


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="events.stream",
        method="GET",
        path="/events",
        summary="Changes as they happen: version, drain, credential, issuer, node, health, counters, reset.",
        role="viewer",
        query=EventsQuery,
        media=("text/event-stream",),
    ),
)
