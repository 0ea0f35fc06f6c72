"""What the fast path leaves to the attempt loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from edge.upstream.connection import UpstreamConnection
    from edge.upstream.target import Target


class Sent(NamedTuple):
    """A first attempt whose request is out."""

    target: Target
    connection: UpstreamConnection
    at: float
    """Monotonic seconds of its start."""
