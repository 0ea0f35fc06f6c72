"""The access log as JSON: one object a line, without the query, which may hold secrets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from edge.access_log.attempt import Attempt, attempt_of, milliseconds
from edge.access_log.bounds import MAX_VALUE
from edge.access_log.credentials import without_secrets

if TYPE_CHECKING:
    from edge.exchange import Exchange

LONGEST_UNREAD = 256
"""Bytes that are shown of a target that was not understood."""

NOBODY = ("", "", "")

_encoder = msgspec.json.Encoder()


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One exchange. Bytes are those of bodies in, and of everything sent out."""

    time: str
    request_id: str
    ip: str
    method: str
    scheme: str
    host: str
    path: str
    status: int
    bytes_in: int
    bytes_out: int
    duration_ms: float
    rule: str
    upstream: str
    version: int
    attempts: tuple[Attempt, ...]
    code: str = ""
    """Why the edge itself answered."""
    detail: str = ""
    limit: str = ""
    """The limit that refused the request."""
    shadowed: tuple[str, ...] = ()
    """Limits in shadow that would have."""
    trace_id: str = ""
    """Of W3C Trace Context; empty for a request that was not understood."""
    consumer: str = ""
    """Who called, also if the rule refused them; of a token of nobody's the client or subject."""
    auth: str = ""
    """The method: ``key``, ``token``, ``basic``, ``hmac``."""
    credential: str = ""
    """Id of the key, ``jti`` of the token, user name; never a secret."""


def take(exchange: Exchange, ended: float) -> tuple[Any, ...]:
    """What the line needs, for ``entry``; of a request that was not understood, as much as was read."""
    plan = exchange.plan
    return (
        exchange.started,
        ended,
        exchange.request_id,
        exchange.ip,
        exchange.method or exchange.head.method.decode("ascii", "replace"),
        exchange.scheme,
        exchange.host,
        exchange.path[:MAX_VALUE] or exchange.head.target[:LONGEST_UNREAD].decode("latin-1"),
        exchange.status,
        exchange.bytes_in,
        exchange.bytes_out,
        plan.name if plan is not None else "",
        exchange.upstream,
        exchange.snapshot.number,
        exchange.attempts,
        exchange.served,
        exchange.code,
        exchange.detail,
        exchange.limited,
        exchange.shadowed,
        exchange.trace_id,
        exchange.caller,
    )


def encode(taken: Sequence[tuple[Any, ...]], wall: float) -> bytes:
    """The lines. ``wall`` is Unix time when the monotonic clock was 0."""
    stamps = Timestamps()
    return _encoder.encode_lines([entry(each, wall, stamps) for each in taken])


def entry(taken: tuple[Any, ...], wall: float, stamps: Timestamps) -> Entry:
    (
        started, ended, request_id, ip, method, scheme, host, path, status, bytes_in, bytes_out, rule, upstream,
        version, attempts, served, code, detail, limit, shadowed, trace_id, caller,
    ) = taken  # fmt: skip
    return Entry(
        stamps.text(wall + started),
        request_id,
        ip,
        method,
        scheme,
        host,
        without_secrets(path),
        status,
        bytes_in,
        bytes_out,
        milliseconds(ended - started),
        rule,
        upstream,
        version,
        attempts if served is None else (*attempts, attempt_of(served)),
        code,
        detail,
        limit,
        shadowed,
        trace_id,
        *(
            NOBODY
            if caller is None
            else (caller.counted_as or "", caller.method, caller.credential[:MAX_VALUE])
        ),
    )


class Timestamps:
    """RFC 3339 in UTC with milliseconds; the part to the second is made once a second."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def text(self, wall: float) -> str:
        second = int(wall)
        if second != self._second:
            self._second = second
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        return self._text + _MILLISECONDS[int((wall - second) * 1000)]


_MILLISECONDS = tuple(f"{number:03d}Z" for number in range(1000))
