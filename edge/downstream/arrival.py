"""What happens to a connection between accept and its first request: who really connected, and may one more come?

A listener with the PROXY protocol learns the client's address first, within the time of a request head; a connection
that does not begin with the header is closed without a word, as whoever sent it does not speak HTTP here. From one
address (of IPv6: one /64) at most ``limits.per_address`` connections are open in a worker; the next is answered 503 and
closed at once. Peers in ``trusted_proxies`` are exempt, as they speak for many.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

import gevent

from edge.answers import Refusal, problem
from edge.downstream.address_counts import key_of
from edge.downstream.connection import Downstream
from edge.downstream.proxy_protocol import READERS, BadProxyHeader, Source
from edge.engine import Engine
from edge.http.writer import reason_of, response_head
from edge.transport import HEAD_READ, ConnectionLost, TimedOut, Transport
from weir.routing.networks import parse_address

log = logging.getLogger("weir.edge")


def receive(
    engine: Engine, transport: Transport, peer: str, port: int, protocol: str, on_over: Callable[[], None]
) -> None:
    """Begins the connection, in the hub. ``peer`` is empty for a unix socket; ``port`` is ours."""
    engine.telemetry.accepted += 1
    if protocol != "off":
        gevent.spawn(_behind_header, engine, transport, peer, port, protocol, on_over)
        return
    downstream = _admitted(engine, transport, peer, port, on_over)
    if downstream is not None:
        downstream.begin()


def _behind_header(
    engine: Engine, transport: Transport, peer: str, port: int, protocol: str, on_over: Callable[[], None]
) -> None:
    """In a greenlet of its own."""
    try:
        source, first = read_source(engine, transport, protocol)
    except (BadProxyHeader, ConnectionLost, TimedOut) as error:
        log.info("%s: closed, as the PROXY header is missing or wrong: %s", peer, error)
        engine.telemetry.connection_refused("proxy-protocol")
        transport.close()
        on_over()
        return
    if source.peer:
        peer, port = source.peer, source.port
    downstream = _admitted(engine, transport, peer, port, on_over)
    if downstream is not None:
        downstream.serve(first)


def _admitted(
    engine: Engine, transport: Transport, peer: str, port: int, on_over: Callable[[], None]
) -> Downstream | None:
    """None: there are too many of its address, which it is told."""
    key = key_of(peer)
    over = partial(_leave, engine, key, on_over)
    if engine.addresses.enter(key) > engine.limits.per_address and _is_limited(engine, peer):
        gevent.spawn(_turn_away, engine, transport, over)
        return None
    shown = peer or "0.0.0.0"  # noqa: S104 - a unix socket has no address
    return Downstream(engine, transport, shown, port, "http", over)


def _leave(engine: Engine, key: str, on_over: Callable[[], None]) -> None:
    engine.addresses.leave(key)
    on_over()


def read_source(engine: Engine, transport: Transport, protocol: str) -> tuple[Source, bytes]:
    """What the PROXY header says, and the bytes behind it. Raises BadProxyHeader, ConnectionLost, TimedOut."""
    read, data = READERS[protocol], b""
    engine.sweeper.add(transport)
    transport.read_deadline = time.monotonic() + engine.limits.head_s
    try:
        while (source := read(data)) is None:
            more = transport.recv(HEAD_READ)
            if not more:
                raise BadProxyHeader("it ended before the header did")
            data += more
        return source, data[source.length :]
    finally:
        engine.sweeper.remove(transport)


def _is_limited(engine: Engine, peer: str) -> bool:
    return bool(peer) and engine.limits.per_address > 0 and parse_address(peer) not in engine.snapshot.trusted


def _turn_away(engine: Engine, transport: Transport, over: Callable[[], None]) -> None:
    """Holds nothing for it: what it sent already is read so that the close does not reset the answer, no more."""
    engine.telemetry.connection_refused("per-address")
    refusal = Refusal("too-many-connections", "too many connections are open from this address")
    answer = problem(refusal, engine.new_request_id())
    fields = [(name.lower(), name, value) for name, value in answer.headers]
    more = b"Date: %b\r\nContent-Length: %d\r\nConnection: close\r\n" % (
        engine.date.value(),
        len(answer.body),
    )
    head = response_head(answer.status, reason_of(answer.status), fields, more)
    try:
        transport.send(head + answer.body)
        if transport.peek():
            transport.recv(HEAD_READ)
    except ConnectionLost as error:
        log.debug("a connection that was turned away had ended: %s", error)
    finally:
        transport.close()
        over()
