"""``traceparent`` (W3C Trace Context level 1): passed on as it came when it is valid, begun when it is not.

Without tracing (``edge/tracing``) the edge records no span, so a trace that passes through keeps its parent. One that
begins here is marked as sampled: services that follow their parent's decision would otherwise never record anything.
"""

from __future__ import annotations

import re
from random import Random

from edge.http.head import Field

TRACEPARENT = b"traceparent"
TRACESTATE = b"tracestate"
_BATCH = 64
"""New ids that are made at once."""
_BITS = 128 + 64
_NOT_ZERO = sum((1 << 64 | 1) << (_BITS * place) for place in range(_BATCH))
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


class NewTraces:
    """Ids of traces that begin here, made many at a time, as one is needed for most requests."""

    __slots__ = ("_at", "_ids", "_random")

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = ""
        self._at = 0

    def begin(self) -> tuple[str, str]:
        """A new trace: its id, and the id of who sends it on."""
        at = self._at
        if at == len(self._ids):
            ids = self._random.getrandbits(_BATCH * _BITS) | _NOT_ZERO
            self._ids, at = f"{ids:0{_BATCH * _BITS // 4}x}", 0
        self._at = end = at + _BITS // 4
        return self._ids[at : at + 32], self._ids[at + 32 : end]


def begun_field(trace_id: str, span_id: str, flags: str) -> Field:
    """What says of a trace that it begins here, or that the edge has a span of its own in it."""
    return (TRACEPARENT, TRACEPARENT, f"00-{trace_id}-{span_id}-{flags}".encode())
