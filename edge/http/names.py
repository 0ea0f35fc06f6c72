"""Header names: what the edge does with each, looked up once per spelling.

``table[raw name]`` gives (lower-case name, role). A role other than ``ORDINARY`` takes the field out of what is passed
on; the edge reads it, drops it, or writes its own. A name that becomes one of ours when ``_`` is read as ``-`` (as CGI
and WSGI servers read it) is treated as that name, and refused where it would be framing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from edge.http.head import Field, ResponseHead
from edge.http.known_heads import KnownHeads

MAX_KNOWN = 4096
"""Spellings that are remembered; a client can invent names, so there is a bound."""
MAX_KNOWN_BYTES = 64
"""Longer names are not remembered: 4096 of the longest would be 100 MB."""


class Role:
    """What the edge does with a field; plain numbers, as they are compared for every field of every head."""

    ORDINARY: Final = 0
    DROPPED: Final = 1
    """Hop-by-hop (RFC 9110 §7.6.1), or a name that only the edge may use."""
    HOST: Final = 2
    LENGTH: Final = 3
    CODING: Final = 4
    CONNECTION: Final = 5
    UPGRADE: Final = 6
    EXPECT: Final = 7
    FORWARDED: Final = 8
    """Says where a request came from; believed from trusted peers only."""
    REFUSED: Final = 9
    ACCEPTS: Final = 10
    """TE: what of transfer the sender understands."""
    TRAILER: Final = 11
    """The names of trailers to come."""
    TRACE: Final = 12
    """Which trace the request belongs to; passed on if it is valid."""
    ATTEMPT: Final = 13
    """The number of the attempt, as another Weir in front says."""


Name = tuple[bytes, int]

Line = tuple[Field | None, int]
"""A header line that was understood: the field that passes, if any, and the length it says, else -1."""

_FRAMING: Mapping[bytes, int] = {
    b"content-length": Role.LENGTH,
    b"transfer-encoding": Role.CODING,
    b"connection": Role.CONNECTION,
    b"upgrade": Role.UPGRADE,
    b"keep-alive": Role.DROPPED,
    b"proxy-connection": Role.DROPPED,
    b"te": Role.ACCEPTS,
    b"trailer": Role.TRAILER,
    b"http2-settings": Role.DROPPED,
}
_REQUEST: Mapping[bytes, int] = {
    b"host": Role.HOST,
    b"expect": Role.EXPECT,
    b"proxy-authorization": Role.DROPPED,
    b"x-forwarded-for": Role.FORWARDED,
    b"x-forwarded-proto": Role.FORWARDED,
    b"x-forwarded-host": Role.FORWARDED,
    b"x-forwarded-port": Role.FORWARDED,
    b"x-real-ip": Role.FORWARDED,
    b"x-request-id": Role.FORWARDED,
    b"forwarded": Role.FORWARDED,
    # Some servers take the path from these; what is routed must be what is served.
    b"x-original-url": Role.FORWARDED,
    b"x-rewrite-url": Role.FORWARDED,
    b"traceparent": Role.TRACE,
    b"tracestate": Role.TRACE,
    b"x-weir-attempt": Role.ATTEMPT,
}
_IDENTITY = b"x-weir-"
"""Who called, as the edge tells the upstream; clients must not say it."""

_FORWARDED = b"x-forwarded-"
"""Any of them; servers know more than the four that the edge writes."""

_UNSAFE_WITH_UNDERSCORE = frozenset({Role.HOST, Role.LENGTH, Role.CODING, Role.CONNECTION, Role.UPGRADE})


class NameTable(dict[bytes, Name]):
    """Raw name → (lower-case name, role); a plain dict look-up for every spelling seen before."""

    def __init__(self, roles: Mapping[bytes, int]) -> None:
        super().__init__()
        self._roles = roles

    def __missing__(self, raw: bytes) -> Name:
        name = (raw.lower(), self._role(raw.lower()))
        if len(self) < MAX_KNOWN and len(raw) <= MAX_KNOWN_BYTES:
            self[raw] = name
        return name

    def _role(self, lower: bytes) -> int:
        if lower in self._roles:
            return self._roles[lower]
        folded = lower.replace(b"_", b"-")
        if folded.startswith(_IDENTITY) and self._roles is not _FRAMING:
            return Role.DROPPED
        role = self._roles.get(folded, Role.ORDINARY)
        if folded.startswith(_FORWARDED) and b"forwarded" in self._roles:
            role = Role.FORWARDED
            if lower == folded:
                return role
        if role in _UNSAFE_WITH_UNDERSCORE:
            return Role.REFUSED
        return Role.DROPPED if role == Role.FORWARDED else role


class RequestNames(NameTable):
    """With the heads that were understood before."""

    def __init__(self) -> None:
        super().__init__({**_FRAMING, **_REQUEST})
        self.heads = KnownHeads()


class ResponseNames(NameTable):
    """With the lines of heads that were understood before (``plain_response``)."""

    def __init__(self) -> None:
        super().__init__(_FRAMING)
        self.lines: dict[bytes, Line] = {}
        self.statuses: dict[bytes, tuple[int, bytes]] = {}
        self.heads: dict[bytes, ResponseHead] = {}


def request_names() -> RequestNames:
    """For one worker's downstream side."""
    return RequestNames()


def response_names() -> ResponseNames:
    """For one worker's upstream side."""
    return ResponseNames()
