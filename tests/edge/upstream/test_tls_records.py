"""TLS records under the connection pool: what travels together, what was changed, and ends that TLS does not know."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import gevent
import pytest
from gevent import socket

from edge.deadlines import Sweeper
from edge.transport import FULL_READ, ConnectionLost, TimedOut
from edge.upstream.tls import TlsTransport
from tests.support.tls_pair import NAME, client_context, server_context


class Server:
    """The other end: TLS by hand, so that a test decides which records travel together."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.engine = server_context().wrap_bio(self.incoming, self.outgoing, server_side=True)

    def _until_done(self, step: Callable[[], bytes | None]) -> bytes | None:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.flush()
                self.incoming.write(self.sock.recv(FULL_READ))

    def handshake(self) -> None:
        self._until_done(self.engine.do_handshake)
        self.flush()

    def read(self) -> bytes:
        return self._until_done(lambda: self.engine.read(FULL_READ)) or b""

    def write(self, *records: bytes) -> None:
        """One TLS record for each, all in one send."""
        for record in records:
            self.engine.write(record)
        self.flush()

    def flush(self) -> None:
        self.sock.sendall(self.outgoing.read())


@pytest.fixture
def pair(sweeper: Sweeper) -> Iterator[tuple[TlsTransport, Server]]:
    ours, theirs = socket.socketpair()
    transport, server = TlsTransport(ours, client_context(), NAME), Server(theirs)
    sweeper.add(transport)
    answering = gevent.spawn(server.handshake)
    transport.handshake()
    answering.get(timeout=10)
    yield transport, server
    sweeper.remove(transport)
    transport.close()
    theirs.close()


Pair = tuple[TlsTransport, Server]


def test_bytes_arrive_as_they_were_sent(pair: Pair) -> None:
    transport, server = pair
    data = bytes(range(256)) * 2_000
    sending = gevent.spawn(transport.send, data)
    got = b""
    while len(got) < len(data):
        got += server.read()
    sending.get(timeout=10)
    assert got == data
    server.write(b"answer")
    assert transport.recv(100) == b"answer"


def test_an_end_that_tls_announces_is_an_end(pair: Pair) -> None:
    transport, server = pair
    server.write(b"last")
    with pytest.raises(ssl.SSLWantReadError):
        server.engine.unwrap()
    server.flush()
    assert transport.recv(100) == b"last"
    assert transport.recv(100) == b""


def test_an_end_without_that_is_a_broken_connection(pair: Pair) -> None:
    transport, server = pair
    server.write(b"part")
    server.sock.close()
    assert transport.recv(100) == b"part"
    with pytest.raises(ConnectionLost, match="TLS failed"):
        transport.recv(100)


def test_bytes_that_were_changed_on_the_way_are_refused(pair: Pair) -> None:
    transport, server = pair
    server.engine.write(b"secret")
    record = bytearray(server.outgoing.read())
    record[-1] ^= 1
    server.sock.sendall(bytes(record))
    with pytest.raises(ConnectionLost, match="TLS failed"):
        transport.recv(100)


def test_a_record_that_came_with_another_is_seen_though_the_socket_is_empty(pair: Pair) -> None:
    """A second answer in one packet with the first: watching the socket would not tell of it."""
    transport, server = pair
    server.write(b"first", b"second")
    assert transport.recv(100) == b"first"
    assert transport.peek() is None
    assert transport.has_unread
    assert transport.recv(100) == b"second"
    assert not transport.has_unread


def test_a_record_longer_than_the_read_is_seen_too(pair: Pair) -> None:
    transport, server = pair
    server.write(b"0123456789")
    assert transport.recv(4) == b"0123"
    assert transport.has_unread
    assert transport.recv(100) == b"456789"
    assert not transport.has_unread


def test_a_deadline_ends_a_read(pair: Pair) -> None:
    transport, _ = pair
    transport.read_deadline = 0.0
    with pytest.raises(TimedOut):
        transport.recv(1)


def test_two_writers_never_mix_their_records(pair: Pair) -> None:
    transport, server = pair
    writers = [gevent.spawn(transport.send, letter * 300_000) for letter in (b"a", b"b")]
    got = b""
    while len(got) < 600_000:
        got += server.read()
    gevent.joinall(writers, timeout=10)
    assert (got.count(b"a"), got.count(b"b")) == (300_000, 300_000)
