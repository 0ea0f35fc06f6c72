"""How long the edge waits for a client and how much it reads of one: per process, not part of a version."""

from __future__ import annotations

import msgspec

from edge.http.framing import BOUNDS, Bounds

MAX_DRAIN = 64 * 1024
"""Bytes of an unread request body that are read and dropped to keep a connection (RFC 9112 §9.3)."""

LINGER_S = 2.0
"""Seconds that a connection closed in the middle of a request still reads, so that the answer arrives (§9.6)."""

LAST_CALL_S = 1.0
"""At a graceful stop a connection that was served so short a time ago is not idle: the next request may be coming."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds."""

    head_s: float = 10.0
    """From the first byte of a request head to its last."""
    keep_alive_s: float = 75.0
    """Between requests; above the 60 s of common cloud balancers."""
    body_s: float = 10.0
    """Longest silence in a request body."""
    write_s: float = 10.0
    """Longest time in which a client takes nothing of an answer."""
    head: Bounds = BOUNDS
    """Of a request's head; its bytes are a version's ``max head``."""
    per_address: int = 1000
    """Connections of one client address to one worker; 0: no limit."""
    max_pooled: int = 64
    """Idle connections kept for one target."""
    pooled_s: float = 55.0
    """How long an idle connection to a target is kept; below the 60 s of common servers."""
