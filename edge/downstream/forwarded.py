"""Where a request came from: what is believed of X-Forwarded-*, and what the upstream is told.

Only a peer inside ``trusted_proxies`` is believed. X-Forwarded-For is walked from the right: each trusted hop vouches
for the one before it, and the first that is not trusted is the client. What is believed decides ``ip``, ``scheme``,
``port`` and the host that rules see. From anybody else these fields are dropped and written anew. ``Forwarded``
(RFC 7239) tells the upstream the same; rules see nothing of a trusted peer's own, which is passed on, with an element
more, where that peer writes no X-Forwarded-For.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from edge.http.head import Field
from weir.routing.networks import NetworkSet, parse_address

MAX_HOPS = 50
"""Addresses of X-Forwarded-For that are looked at; what stands before them is not believed."""
MAX_REQUEST_ID = 128

Pairs = tuple[tuple[bytes, bytes], ...]


_WRITTEN = frozenset(
    {
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-real-ip",
        b"x-request-id",
        b"forwarded",
    }
)
"""Fields that the edge writes anew for every upstream."""


WRITTEN_LAST = _WRITTEN | {b"via", b"traceparent", b"tracestate"}
"""Fields that differ by connection or request; they stand behind all others."""


class Origin(NamedTuple):
    """Where a request came from, after trust was decided."""

    ip: str
    scheme: str
    port: int
    host: bytes | None
    """As a trusted proxy says; None: the Host of the request."""
    request_id: str
    """Empty: one must be made."""
    chain: bytes
    """The believed part of X-Forwarded-For before the peer; empty for an untrusted peer."""
    passed: Pairs
    """Fields of a trusted peer that go on as they came."""
    forwarded: bytes = b""
    """Forwarded of a trusted peer that writes no X-Forwarded-For."""


def origin_of(peer: str, scheme: str, port: int, pairs: Pairs, trusted: NetworkSet) -> Origin:
    """``peer``, ``scheme`` and ``port`` are the connection's own."""
    if not pairs or parse_address(peer) not in trusted:
        return Origin(peer, scheme, port, None, "", b"", ())
    said: dict[bytes, bytes] = {}
    for name, value in pairs:
        said[name] = said[name] + b", " + value if name in said else value
    ip, chain = _walk(peer, said.get(b"x-forwarded-for", b""), trusted)
    proto = _last(said.get(b"x-forwarded-proto", b"")).lower()
    believed = proto if proto in ("http", "https") else scheme
    default = port if believed == scheme else 443 if believed == "https" else 80
    passed = tuple(pair for pair in pairs if pair[0] not in _WRITTEN)
    host = _last(said.get(b"x-forwarded-host", b"")).encode("latin-1")
    identity = _request_id(said.get(b"x-request-id", b""))
    by_rfc = b"" if b"x-forwarded-for" in said else said.get(b"forwarded", b"")
    if by_rfc.count(b'"') % 2:
        by_rfc = b""  # what is added to it would be a part of its last string
    return Origin(
        ip,
        believed,
        _port(said.get(b"x-forwarded-port", b""), default),
        host or None,
        identity,
        chain,
        passed,
        by_rfc,
    )


def forwarding_fields(origin: Origin, peer: str, host: bytes, request_id: str) -> list[Field]:
    """What the upstream is told; ``host`` is what the client asked for."""
    chain = origin.chain + b", " + peer.encode() if origin.chain else peer.encode()
    fields = [
        (b"x-forwarded-for", b"X-Forwarded-For", chain),
        (b"x-forwarded-proto", b"X-Forwarded-Proto", origin.scheme.encode()),
        (b"x-forwarded-host", b"X-Forwarded-Host", host),
        (b"x-forwarded-port", b"X-Forwarded-Port", b"%d" % origin.port),
        (b"x-real-ip", b"X-Real-IP", origin.ip.encode()),
        (b"x-request-id", b"X-Request-Id", request_id.encode()),
        (b"via", b"Via", b"1.1 weir"),
        (b"forwarded", b"Forwarded", _forwarded(origin, chain, peer, host)),
    ]
    return fields + [(name, name.title(), value) for name, value in origin.passed]


@lru_cache(maxsize=1024)
def connection_lines(peer: str, scheme: str, port: int) -> bytes:
    """For all requests of a connection that say nothing themselves; the host, a quote and the line's end follow."""
    return (
        f"X-Forwarded-For: {peer}\r\nX-Forwarded-Proto: {scheme}\r\nX-Forwarded-Port: {port}\r\n"
        f'X-Real-IP: {peer}\r\nVia: 1.1 weir\r\nForwarded: for={_node(peer)};proto={scheme};host="'
    ).encode("latin-1")


def _forwarded(origin: Origin, chain: bytes, peer: str, host: bytes) -> bytes:
    """One element for each address of the chain; scheme and host are those that the client used."""
    told = b';proto=%b;host="%b"' % (origin.scheme.encode(), host)
    if origin.forwarded:
        return b"%b, for=%b%b" % (origin.forwarded, _node(peer).encode(), told)
    hops = [_node(_without_port(hop.strip())) for hop in chain.decode("latin-1").split(",")]
    first, *others = [b"for=" + hop.encode() for hop in hops]
    return b", ".join((first + told, *others))


def _node(address: str) -> str:
    """RFC 7239 §6: what is no address is not repeated."""
    if parse_address(address) is None:
        return "unknown"
    return f'"[{address}]"' if ":" in address else address


def _walk(peer: str, value: bytes, trusted: NetworkSet) -> tuple[str, bytes]:
    """The client's address, and the believed part of the chain before the peer."""
    hops = [hop.strip() for hop in value.decode("latin-1").split(",")][-MAX_HOPS:] if value else []
    client, believed = peer, len(hops)
    for index in range(len(hops) - 1, -1, -1):
        address = parse_address(_without_port(hops[index]))
        if address is None:
            break
        client, believed = _without_port(hops[index]), index
        if address not in trusted:
            break
    return client, ", ".join(hops[believed:]).encode("latin-1")


def _without_port(hop: str) -> str:
    """Some proxies write ``1.2.3.4:5678`` or ``[2001:db8::1]:5678``."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _last(value: bytes) -> str:
    return value.decode("latin-1").rpartition(",")[2].strip()


def _port(value: bytes, default: int) -> int:
    text = _last(value)
    return (
        int(text)
        if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536
        else default
    )


def _request_id(value: bytes) -> str:
    text = value.decode("latin-1")
    plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= MAX_REQUEST_ID
    return text if plain else ""
