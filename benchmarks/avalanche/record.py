"""What one run leaves behind, real or simulated: every request, every attempt, every retry that was granted."""

from __future__ import annotations

from typing import NamedTuple


class Request(NamedTuple):
    due: float
    """When the client sent it, seconds since the run began."""
    took_s: float
    """Until its answer was there; how long the client waited in vain if it failed."""
    ok: bool
    """200, in time."""


class Attempt(NamedTuple):
    """As the upstream saw it."""

    at: float
    retry: bool


class Grant(NamedTuple):
    """A retry that a budget let go out, at the moment of the decision."""

    at: float
    cost: int


class Record(NamedTuple):
    requests: list[Request]
    attempts: list[Attempt]
    grants: list[Grant]
    late_s: float = 0.0
    """How late requests were sent, 99th percentile: whether the machine kept up with its own load."""
