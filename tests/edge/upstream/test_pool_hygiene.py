"""Nothing of one exchange ever reaches another through the pool, and nothing stays open."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import gevent
import pytest

from edge.deadlines import Sweeper
from edge.downstream.limits import Limits
from edge.http.names import response_names
from edge.upstream.connection import UpstreamConnection
from edge.upstream.dns.lookup import Answer
from edge.upstream.errors import Cause, UpstreamError
from edge.upstream.resolver import Resolver
from edge.upstream.target import MAX_ADDRESSES_TRIED, Target
from tests.support.tls_pair import NAME, client_context, server_context
from tests.support.upstream import Peer, Upstream, ok

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
MakeTarget = Callable[..., Target]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream().start()
    yield upstream
    upstream.stop()


@pytest.fixture
def make(sweeper: Sweeper) -> Iterator[MakeTarget]:
    made: list[Target] = []

    def target(url: str, context: ssl.SSLContext | None = None, *addresses: str) -> Target:
        resolver = Resolver(lambda _name: Answer(addresses or ("127.0.0.1",), (), 60.0))
        parts = {"sweeper": sweeper, "names": response_names(), "limits": Limits(), "context": context}
        made.append(Target(url, resolver=resolver, **parts))  # type: ignore[arg-type]
        return made[-1]

    yield target
    for one in made:
        one.retire()


def exchange(connection: UpstreamConnection, is_head: bool = False) -> bytes:
    connection.begin(is_head)
    connection.send(GET, last=True)
    connection.read_head()
    return connection.read_body()


def served(target: Target, is_head: bool = False) -> UpstreamConnection:
    """A connection that carried one exchange and was given back."""
    connection = target.acquire(10.0)
    exchange(connection, is_head)
    target.release(connection)
    return connection


def until(check: Callable[[], bool], what: str) -> None:
    """As ``wait_until``, with the event loop running between the looks."""
    deadline = time.monotonic() + 20
    while not check():
        assert time.monotonic() < deadline, what
        gevent.sleep(0.005)


def test_an_answer_behind_the_answer_never_meets_another_request(
    make: MakeTarget, upstream: Upstream
) -> None:
    upstream.answer = lambda _request: ok() + ok(b"poison")
    target = make(upstream.url)
    served(target)
    assert (target.idle, target.connections) == (0, 0)
    upstream.answer = lambda _request: ok(b"mine")
    assert exchange(target.acquire(10.0)) == b"mine"


@pytest.mark.parametrize("more", [ok(b"poison"), b"x", b"0\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_bytes_that_come_while_it_is_idle_throw_a_connection_out(
    more: bytes, make: MakeTarget, upstream: Upstream
) -> None:
    target = make(upstream.url)
    served(target)
    upstream.peers[0].send(more)
    until(lambda: target.idle == 0, "the connection leaves the pool")
    assert target.connections == 0
    assert exchange(target.acquire(10.0)) == b"ok"


def test_a_body_that_answers_head_makes_a_connection_unfit(make: MakeTarget, upstream: Upstream) -> None:
    upstream.answer = lambda _request: ok(b"the whole body")
    target = make(upstream.url)
    served(target, is_head=True)
    assert target.idle == 0


def test_an_answer_that_was_not_read_to_its_end_is_not_kept(make: MakeTarget, upstream: Upstream) -> None:
    upstream.answer = lambda _request: ok(b"x" * 200_000)
    target = make(upstream.url)
    connection = target.acquire(10.0)
    exchange(connection)
    target.release(connection)
    assert (target.idle, target.connections, connection.transport.closed) == (0, 0, True)


def test_a_target_that_says_close_is_believed(make: MakeTarget, upstream: Upstream) -> None:
    upstream.answer = lambda _request: ok(b"ok", b"Connection: close")
    target = make(upstream.url)
    served(target)
    assert (target.idle, target.connections) == (0, 0)


def test_an_interrupt_for_one_exchange_never_ends_another(make: MakeTarget, upstream: Upstream) -> None:
    """A client that closes in the moment in which its answer comes: the word reaches nobody, and must stay so."""
    target = make(upstream.url)
    connection = target.acquire(10.0)
    exchange(connection)
    connection.transport.interrupt(KeyError("another client is gone"))
    target.release(connection)
    assert exchange(target.acquire(10.0)) == b"ok"


def test_the_careful_see_a_close_that_the_event_loop_has_not_seen(
    make: MakeTarget, upstream: Upstream
) -> None:
    target = make(upstream.url)
    connection = served(target)
    upstream.peers[0].sock.shutdown(socket.SHUT_RDWR)
    deadline = time.monotonic() + 20
    while connection.transport.peek() is None:
        assert time.monotonic() < deadline
        time.sleep(0.001)  # not gevent's: the event loop must not run
    careful = target.acquire(10.0, careful=True)
    assert careful is not connection
    assert exchange(careful) == b"ok"


def test_discarding_twice_counts_once(make: MakeTarget, upstream: Upstream) -> None:
    target = make(upstream.url)
    connection = target.acquire(10.0)
    target.discard(connection)
    target.discard(connection)
    assert target.connections == 0


def test_what_runs_while_its_target_is_retired_ends_well(make: MakeTarget, upstream: Upstream) -> None:
    target = make(upstream.url)
    busy = target.acquire(10.0)
    target.retire()
    assert target.connections == 1
    assert exchange(busy) == b"ok"
    target.release(busy)
    assert target.connections == 0


def test_nothing_is_left_open(no_leak: None, sweeper: Sweeper) -> None:
    upstream = Upstream().start()
    target = Target(
        upstream.url,
        sweeper=sweeper,
        resolver=Resolver(),
        names=response_names(),
        limits=Limits(max_pooled=1),
        context=None,
    )
    busy = [target.acquire(10.0) for _ in range(3)]
    for one in busy[:2]:
        exchange(one)
        target.release(one)
    target.discard(busy[2])
    target.retire()
    assert target.connections == 0
    upstream.stop()
    until(lambda: all(peer.sock.fileno() < 0 for peer in upstream.peers), "the upstream lets go")


class TlsUpstream:
    """Answers a request on each connection with TLS records that travel together."""

    def __init__(self, *records: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._records = records
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join(20)
        self._listener.close()

    def _serve(self) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        engine = server_context().wrap_bio(incoming, outgoing, server_side=True)
        accepted, _ = self._listener.accept()
        with accepted:
            accepted.settimeout(20)
            for step in (engine.do_handshake, lambda: engine.read(4096)):
                while True:
                    try:
                        step()
                        break
                    except ssl.SSLWantReadError:
                        accepted.sendall(outgoing.read())
                        incoming.write(accepted.recv(65536))
                accepted.sendall(outgoing.read())
            for record in self._records:
                engine.write(record)
            accepted.sendall(outgoing.read())
            self._done.wait(20)


@pytest.mark.parametrize(("records", "kept"), [((ok(),), 1), ((ok(), ok(b"poison")), 0)])
def test_an_answer_in_a_tls_record_behind_the_answer_is_seen(
    records: tuple[bytes, ...], kept: int, make: MakeTarget
) -> None:
    """It was taken from the socket together with the first, so the socket is empty."""
    upstream = TlsUpstream(*records)
    target = make(f"https://{NAME}:{upstream.port}", client_context())
    served(target)
    assert target.idle == kept
    upstream.stop()


def test_an_upstream_that_closes_behind_its_answer_is_not_asked_again(make: MakeTarget) -> None:
    def once(peer: Peer) -> None:
        peer.read_request()
        peer.send(ok())

    upstream = Upstream(script=once).start()
    target = make(upstream.url)
    served(target)
    until(lambda: target.idle == 0, "the connection leaves the pool")
    upstream.stop()


def test_an_address_of_a_name_that_refuses_is_passed_over(make: MakeTarget, upstream: Upstream) -> None:
    """``localhost`` is often ``::1`` too, where nothing listens."""
    target = make(f"http://{NAME}:{upstream.port}", None, "127.0.0.1", "::1", "127.0.0.2")
    for _ in range(6):
        assert exchange(target.acquire(10.0)) == b"ok"
    assert target.connections == len(upstream.peers) == 6


def test_a_name_whose_addresses_all_refuse_is_unreachable(no_leak: None, make: MakeTarget) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    addresses = [f"127.0.0.{number}" for number in range(1, MAX_ADDRESSES_TRIED + 3)]
    target = make(f"http://{NAME}:{port}", None, *addresses)
    with pytest.raises(UpstreamError) as caught:
        target.acquire(10.0)
    assert caught.value.cause is Cause.UNREACHABLE
    assert target.connections == 0


def test_only_so_many_addresses_are_tried(make: MakeTarget, upstream: Upstream) -> None:
    """The upstream listens on the last of the turn."""
    dead = [f"127.0.0.{number}" for number in range(2, MAX_ADDRESSES_TRIED + 3)]
    target = make(f"http://{NAME}:{upstream.port}", None, *dead[-1:], *dead[:-1], "127.0.0.1")
    with pytest.raises(UpstreamError):
        target.acquire(10.0)
    assert exchange(target.acquire(10.0)) == b"ok"
