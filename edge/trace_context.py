"""``traceparent`` (W3C Trace Context level 1): passed on as it came when it is valid, begun when it is not.

The edge records no span, so a trace that passes through keeps its parent. One that begins here is marked as sampled:
services that follow their parent's decision would otherwise never record anything.
"""

from __future__ import annotations

import re
from random import Random

from edge.http.head import Field

TRACEPARENT = b"traceparent"
TRACESTATE = b"tracestate"
_NOT_ZERO = 1 << 64 | 1
"""An id of zeros is none (§3.2.2.3)."""

_FORMAT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")


def trace_id_of(values: list[bytes]) -> str:
    """Of the values of all ``traceparent`` fields of a request; empty if there is no valid one (§3.2, §4.3)."""
    found = _FORMAT.fullmatch(values[0]) if len(values) == 1 else None
    if found is None:
        return ""
    version, trace, parent, more = found.groups()
    if (
        version == b"ff"
        or (version == b"00" and more is not None)
        or not int(trace, 16)
        or not int(parent, 16)
    ):
        return ""
    return trace.decode()


def without_trace(fields: list[Field]) -> list[Field]:
    """A ``tracestate`` means nothing without its ``traceparent`` (§3.3)."""
    return [field for field in fields if field[0] not in (TRACEPARENT, TRACESTATE)]


def begin(random: Random) -> tuple[str, str]:
    """A new trace: its id, and the id of who sends it on."""
    both = f"{random.getrandbits(192) | _NOT_ZERO:048x}"
    return both[:32], both[32:]


def begun_field(trace_id: str, span_id: str) -> Field:
    """What says of a trace that it begins here."""
    return (TRACEPARENT, TRACEPARENT, f"00-{trace_id}-{span_id}-01".encode())
