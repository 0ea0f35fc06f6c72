"""Connections to one target: what is kept, what is taken, what is closed."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import gevent
import pytest
from gevent import socket as gevent_socket

from edge.deadlines import Sweeper
from edge.downstream.limits import Limits
from edge.http.names import response_names
from edge.upstream.connection import UpstreamConnection
from edge.upstream.errors import Cause, UpstreamError
from edge.upstream.resolver import Resolver
from edge.upstream.target import Target
from tests.support.ports import free_port
from tests.support.upstream import Peer, Upstream, ok

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
MakeTarget = Callable[[str], Target]


@pytest.fixture
def sweeper() -> Iterator[Sweeper]:
    sweeper = Sweeper(every_s=0.01)
    sweeper.start()
    yield sweeper
    sweeper.stop()


@pytest.fixture
def make(sweeper: Sweeper) -> MakeTarget:
    def target(url: str) -> Target:
        return Target(
            url,
            sweeper=sweeper,
            resolver=Resolver(),
            names=response_names(),
            limits=Limits(max_pooled=2, pooled_s=30.0),
            context=ssl.create_default_context() if url.startswith("https") else None,
        )

    return target


def use(target: Target, **how: bool) -> UpstreamConnection:
    """One exchange up to its end; not released."""
    connection = target.acquire(5.0, **how)
    connection.begin(False)
    connection.send(GET, last=True)
    connection.read_head()
    while connection.read_body():
        pass
    return connection


def test_what_is_in_flight_is_counted_exactly(make: MakeTarget, upstreams) -> None:
    target = make(upstreams().url)
    assert target.in_flight == 0
    first, second = use(target), use(target)
    assert target.in_flight == 2
    target.release(first)
    assert (target.in_flight, target.idle) == (1, 1)
    target.discard(second)
    target.discard(second)
    assert (target.in_flight, target.connections) == (0, 1)
    again = use(target, fresh=True)
    assert target.in_flight == 1
    target.retire()
    assert target.in_flight == 1
    target.release(again)
    assert (target.in_flight, target.connections) == (0, 0)


def test_who_waits_for_a_connection_is_in_flight(make: MakeTarget) -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = full.getsockname()[1]
    fillers = [gevent.spawn(gevent_socket.create_connection, ("127.0.0.1", port)) for _ in range(4)]
    gevent.sleep(0.05)
    target = make(f"http://127.0.0.1:{port}")
    waiting = gevent.spawn(target.acquire, 0.5)
    killed = gevent.spawn(target.acquire, 60.0)
    gevent.sleep(0.01)
    assert target.in_flight == 2
    killed.kill()
    assert target.in_flight == 1
    waiting.join()
    assert isinstance(waiting.exception, UpstreamError)
    assert target.in_flight == 0
    gevent.killall(fillers)
    full.close()


def test_a_refused_connection_is_not_in_flight(make: MakeTarget) -> None:
    target = make(f"http://127.0.0.1:{free_port()}")
    for _ in range(3):
        with pytest.raises(UpstreamError):
            target.acquire(5.0)
    assert target.in_flight == 0


def test_a_clean_connection_is_used_again_the_newest_first(make: MakeTarget, upstreams) -> None:
    target = make(upstreams().url)
    one, two = use(target), use(target)
    target.release(one)
    target.release(two)
    assert use(target) is two
    assert two.reused
    assert (target.connections, target.idle) == (2, 1)
    assert use(target, fresh=True) not in (one, two)


def test_idle_connections_are_bounded(make: MakeTarget, upstreams) -> None:
    target = make(upstreams().url)
    connections = [use(target) for _ in range(3)]
    for connection in connections:
        target.release(connection)
    assert (target.idle, target.connections) == (2, 2)
    assert connections[2].transport.closed


def test_a_connection_that_the_upstream_closes_leaves_the_pool(make: MakeTarget, upstreams) -> None:
    def once(peer: Peer) -> None:
        peer.read_request()
        peer.send(ok())

    target = make(upstreams(script=once).url)
    target.release(use(target))
    for _ in range(500):
        if target.idle == 0:
            break
        gevent.sleep(0.01)
    assert (target.idle, target.connections) == (0, 0)


def test_unasked_bytes_on_an_idle_connection_close_it(make: MakeTarget, upstreams) -> None:
    go = threading.Event()

    def twice(peer: Peer) -> None:
        peer.read_request()
        peer.send(ok())
        go.wait(20)
        peer.send(ok(b"nobody asked"))
        peer.read_to_end()

    target = make(upstreams(script=twice).url)
    target.release(use(target))
    assert target.idle == 1
    go.set()
    for _ in range(500):
        if target.idle == 0:
            break
        gevent.sleep(0.01)
    assert target.connections == 0


def test_an_old_idle_connection_is_closed_by_the_sweeper(
    make: MakeTarget, upstreams, sweeper: Sweeper
) -> None:
    target = make(upstreams().url)
    connection = use(target)
    target.release(connection)
    connection.transport.read_deadline = 0.0
    sweeper.sweep()
    assert (target.idle, target.connections) == (0, 0)


def test_a_retired_target_keeps_nothing(make: MakeTarget, upstreams) -> None:
    target = make(upstreams().url)
    idle, busy = use(target), use(target)
    target.release(idle)
    target.retire()
    target.release(busy)
    assert (target.idle, target.connections) == (0, 0)


def test_nobody_listening_is_unreachable(make: MakeTarget) -> None:
    with pytest.raises(UpstreamError) as caught:
        make(f"http://127.0.0.1:{free_port()}").acquire(5.0)
    assert caught.value.cause is Cause.UNREACHABLE


def test_a_url_without_host_is_no_target(make: MakeTarget) -> None:
    for url in ("http://", "ftp://a.test", "nonsense"):
        with pytest.raises(ValueError, match="no target"):
            make(url)


def test_names_are_resolved(make: MakeTarget, upstreams) -> None:
    upstream: Upstream = upstreams()
    target = make(f"http://localhost:{upstream.port}")
    assert target.is_name
    attempts = 0
    while attempts < 2:  # localhost may have an IPv6 address that nobody listens on
        attempts += 1
        try:
            use(target)
            break
        except UpstreamError:
            continue
    assert upstream.requests


def test_default_ports_and_authority(make: MakeTarget) -> None:
    assert make("http://a.test").port == 80
    assert make("https://a.test").port == 443
    assert make("http://a.test:81").authority == b"a.test:81"


def test_connections_to_an_address_that_the_name_lost_close_when_they_are_idle(
    make: MakeTarget, upstreams
) -> None:
    target = make(upstreams().url)
    idle, in_use = use(target), use(target)
    target.release(idle)
    assert {idle.address, in_use.address} == {"127.0.0.1"}
    target.keep_only(("127.0.0.1", "192.0.2.1"))
    assert target.idle == 1
    target.keep_only(("192.0.2.1",))
    assert (target.idle, target.connections, target.in_flight) == (0, 1, 1)
    assert idle.transport.closed
    assert not in_use.transport.closed
    target.release(in_use)
    assert (target.connections, in_use.transport.closed) == (0, True)


def test_addresses_of_ipv6_wait_behind_those_of_ipv4_which_take_turns(sweeper: Sweeper) -> None:
    class Known(Resolver):
        def addresses(self, host: str, within_s: float) -> tuple[str, ...]:
            return ("192.0.2.1", "192.0.2.2", "2001:db8::1") if host == "a.test" else ("::1", "::2")

    def target(host: str) -> Target:
        return Target(
            f"http://{host}:80",
            sweeper=sweeper,
            resolver=Known(),
            names=response_names(),
            limits=Limits(),
            context=None,
        )

    both, six = target("a.test"), target("b.test")
    assert [both._addresses(1.0) for _ in range(2)] == [
        ("192.0.2.2", "192.0.2.1", "2001:db8::1"),
        ("192.0.2.1", "192.0.2.2", "2001:db8::1"),
    ]
    assert six._addresses(1.0) == ("::2", "::1")


def test_a_retired_target_finishes_what_is_in_use_and_closes_the_rest_at_once(
    make: MakeTarget, upstreams
) -> None:
    target = make(upstreams().url)
    idle, in_use = use(target), use(target)
    target.release(idle)
    target.retire()
    assert (idle.transport.closed, in_use.transport.closed, target.in_flight) == (True, False, 1)
    in_use.begin(False)
    in_use.send(GET, last=True)
    assert in_use.read_head().status == 200
    target.discard(in_use)
    assert target.connections == 0
