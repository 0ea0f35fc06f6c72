"""Heads to bytes: every head is written from parsed parts, never passed on as it came."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from edge.answers import REASONS
from edge.http.head import Field

CRLF = b"\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CLOSE = b"Connection: close\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def request_head(method: bytes, target: bytes, host: bytes, fields: Iterable[Field], more: bytes) -> bytes:
    """``more`` is complete lines with their ends; the empty line is added."""
    parts = [method, b" ", target, b" HTTP/1.1\r\nHost: ", host, CRLF]
    for _, name, value in fields:
        parts += (name, b": ", value, CRLF)
    parts += (more, CRLF)
    return b"".join(parts)


def response_head(status: int, reason: bytes, fields: Iterable[Field], more: bytes) -> bytes:
    """``more`` is complete lines with their ends; the empty line is added."""
    parts = [status_line(status, reason)]
    for _, name, value in fields:
        parts += (name, b": ", value, CRLF)
    parts += (more, CRLF)
    return b"".join(parts)


def field_lines(fields: Iterable[Field]) -> bytes:
    """Each with its end."""
    return b"".join([b"%b: %b\r\n" % (name, value) for _, name, value in fields])


@lru_cache(maxsize=256)
def status_line(status: int, reason: bytes) -> bytes:
    """With the upstream's reason phrase, which RFC 9112 §4 tells clients to ignore."""
    return b"HTTP/1.1 %d %b\r\n" % (status, reason)


def reason_of(status: int) -> bytes:
    """For answers of the edge's own."""
    return REASONS.get(status, "").encode()


def chunk(data: bytes) -> bytes:
    """One chunk (RFC 9112 §7.1); ``data`` must not be empty, as that would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)
