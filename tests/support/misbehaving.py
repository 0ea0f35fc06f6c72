"""Upstreams that misbehave, and rules that give them the first turn."""

from __future__ import annotations

from tests.support.upstream import Peer, Upstream


def says(status: int, *headers: bytes, body: bytes = b"no") -> bytes:
    lines = [b"HTTP/1.1 %d No" % status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def resets(peer: Peer) -> None:
    peer.read_request()


def hangs(peer: Peer) -> None:
    peer.read_request()
    peer.read_to_end()


def rules(bad: str, good: Upstream, retry: str, *more: str) -> str:
    """The bad target has the first turn, always."""
    clauses = "; ".join([retry, *more])
    return f"upstream u {{ target {bad} weight 1000; target {good.url} }}\nrule a {{ when any; {clauses}; proxy u }}"
