"""Which failed attempts may be repeated, by what happened and by the request's method. One table, and nothing else.

A proxy must not repeat what may have taken effect (RFC 9110 §9.2.2): GET and the like are always safe, PUT and DELETE
come to the same when they are done twice, everything else only if nothing of it was sent, or if it carries an
``Idempotency-Key`` and the rule says that the upstream knows what that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

Event: TypeAlias = Literal[
    "connect", "unsent", "stale", "misdirected", "reset", "timeout", "500", "502", "503", "504", "429"
]
"""What ended an attempt: ``connect``: there was no connection, so nothing was sent. ``unsent``: a pooled connection
turned out to be closed, nothing was sent. ``stale``: it was closed before a byte of the answer. ``misdirected``: 421.
``reset``: a connection broke off between request and answer. Numbers are statuses."""

EVENTS: tuple[Event, ...] = get_args(Event)

Permission: TypeAlias = Literal["always", "with put_timeout", "with a key", "never"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
REPEATABLE = frozenset({"PUT", "DELETE"})

_SENT: tuple[Permission, Permission, Permission] = ("always", "always", "with a key")

TABLE: Mapping[Event, tuple[Permission, Permission, Permission]] = MappingProxyType(
    {
        "connect": ("always", "always", "always"),
        "unsent": ("always", "always", "always"),
        "stale": _SENT,
        "misdirected": ("always", "always", "always"),
        "reset": _SENT,
        "timeout": ("always", "with put_timeout", "with a key"),
        "500": _SENT,
        "502": _SENT,
        "503": _SENT,
        "504": _SENT,
        "429": _SENT,
    }
)
"""Event → what safe methods, PUT and DELETE, and all others need."""

COSTS: Mapping[Event, int] = MappingProxyType(
    {event: 2 if event in ("timeout", "504") else 1 for event in EVENTS}
)
"""What a repetition takes of the budget: a timeout is the strongest sign of overload."""

ANYWAY: frozenset[Event] = frozenset({"unsent", "stale", "misdirected"})
"""Repeated without being asked for: they concern the connection, not the service."""


def permission(method: str, event: Event) -> Permission:
    """What a request with this method needs to be repeated after ``event``."""
    safe, repeatable, others = TABLE[event]
    if method in SAFE:
        return safe
    return repeatable if method in REPEATABLE else others


def may_repeat(method: str, event: Event, *, keyed: bool, put_timeout: bool) -> bool:
    """``keyed``: it has an idempotency key that the upstream is declared to know."""
    match permission(method, event):
        case "always":
            return True
        case "with put_timeout":
            return put_timeout
        case "with a key":
            return keyed
    return False
