"""Whose trace a request belongs to, and whether it is recorded. Pure."""

from __future__ import annotations

from typing import NamedTuple

SAMPLED = 0x01
"""Of the trace flags (W3C Trace Context §3.2.2.5)."""


class Parent(NamedTuple):
    """What the client's ``traceparent`` says, which was found to be valid before."""

    span_id: str
    sampled: bool


def parent_of(traceparent: bytes) -> Parent:
    _, _, span_id, flags = traceparent[:55].decode("ascii").split("-")
    return Parent(span_id, bool(int(flags, 16) & SAMPLED))


def is_chosen(trace_id: str, ratio: float) -> bool:
    """The same for everyone who has the same ratio: it follows from the lower half of the id, which is random."""
    return int(trace_id[16:], 16) < ratio * 2**64
