"""One request as it happened, without what may be secret, and what somebody asks to see of them."""

from __future__ import annotations

import msgspec


class LiveRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """No header, no body, no value of the query, no whole address."""

    time_ms: int
    """Unix milliseconds of its beginning."""
    node: str = ""
    request_id: str
    ip: str
    """Of the client, as a network: /24 of IPv4, /64 of IPv6; empty where it has none."""
    method: str
    scheme: str
    host: str
    path: str
    """With the names of the query's parameters: ``/find?q&page``."""
    status: int
    """499: the client left before it was answered."""
    duration_ms: float
    upstream_ms: float = 0.0
    """Of the attempt that gave the answer, until its head."""
    owner: str = ""
    rule: str = ""
    upstream: str = ""
    target: str = ""
    attempts: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    code: str = ""
    """Why Weir itself answered."""
    limit: str = ""
    """The limit that refused it."""
    consumer: str = ""
    """Who called. Subjects of tokens, which may be people, are not told."""
    flags: tuple[str, ...] = ()
    """``shadowed`` (a limit in shadow would have refused), ``retried``, ``broken`` (the answer broke off)."""


class SampleFilter(msgspec.Struct, frozen=True):
    """Empty and 0 ask for nothing in particular."""

    owner: str = ""
    rule: str = ""
    status: str = ""
    """``5xx`` or ``404``."""
    min_ms: float = 0.0

    def matches(self, owner: str, rule: str, status: int, duration_ms: float) -> bool:
        return (
            duration_ms >= self.min_ms
            and self.owner in ("", owner)
            and self.rule in ("", rule)
            and self.status in ("", f"{status}", f"{status // 100}xx")
        )
