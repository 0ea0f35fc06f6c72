"""Answers cut at any place: the same in the end, or an error that says at which stage and whether it may be stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import gevent
import pytest
from gevent import socket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.deadlines import Sweeper
from edge.http.names import response_names
from edge.transport import NEVER, Transport
from edge.upstream.connection import UpstreamConnection
from edge.upstream.errors import Cause, Sent, Stage, UpstreamError

Pair = tuple[UpstreamConnection, socket.socket]
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
    "chunked": CHUNKED + b"4;x=y\r\n0123\r\n6\r\n456789\r\n0\r\nT: v\r\n\r\n",
    "close": b"HTTP/1.1 200 OK\r\n\r\n0123456789",
    "interim": b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
}


def made() -> Pair:
    ours, theirs = socket.socketpair()
    connection = UpstreamConnection(Transport(ours), response_names())
    connection.begin(False)
    return connection, theirs


@pytest.fixture
def pair(sweeper: Sweeper) -> Iterator[Pair]:
    connection, theirs = made()
    sweeper.add(connection.transport)
    yield connection, theirs
    sweeper.remove(connection.transport)
    connection.transport.close()
    theirs.close()


def body_of(connection: UpstreamConnection) -> bytes:
    pieces = []
    while piece := connection.read_body():
        pieces.append(piece)
    return b"".join(pieces)


def failure(read: Callable[[], object]) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        read()
    return caught.value


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(ANSWERS)), st.lists(st.integers(1, 120), max_size=6))
def test_an_answer_is_the_same_wherever_the_network_cuts_it(kind: str, cuts: list[int]) -> None:
    data = ANSWERS[kind]
    connection, theirs = made()

    def answer() -> None:
        for start, end in pairwise([0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]):
            theirs.sendall(data[start:end])
            gevent.sleep(0)
        theirs.close()

    sending = gevent.spawn(answer)
    assert connection.read_head().status == 200
    assert body_of(connection) == b"0123456789"
    assert connection.reader.may_be_reused() is (kind != "close")
    sending.get(timeout=10)
    connection.transport.close()


@pytest.mark.parametrize("kind", ["length", "chunked"])
def test_a_body_that_breaks_off_is_an_error_wherever_it_does(kind: str) -> None:
    data = ANSWERS[kind]
    for end in range(data.index(b"\r\n\r\n") + 4, len(data)):
        connection, theirs = made()
        theirs.sendall(data[:end])
        theirs.close()
        connection.read_head()
        error = failure(lambda connection=connection: body_of(connection))  # type: ignore[misc]
        assert (error.cause, error.stage) == (Cause.BROKEN, Stage.BODY)
        assert not connection.reader.may_be_reused()
        connection.transport.close()


def test_a_head_that_breaks_off_is_an_error(pair: Pair) -> None:
    connection, theirs = pair
    connection.send(REQUEST, last=True)
    theirs.sendall(b"HTTP/1.1 200 OK\r\nContent")
    theirs.close()
    error = failure(connection.read_head)
    assert (error.cause, error.stage, error.sent) == (Cause.BROKEN, Stage.HEAD, Sent.ALL)


@pytest.mark.parametrize(("came", "stale"), [(b"", True), (b"H", False), (b"\r\n", False)])
def test_a_used_connection_counts_as_stale_only_if_nothing_came(came: bytes, stale: bool, pair: Pair) -> None:
    connection, theirs = pair
    connection.reused = True
    connection.send(REQUEST, last=True)
    theirs.sendall(came)
    theirs.shutdown(socket.SHUT_WR)
    assert failure(connection.read_head).reused is stale


def test_a_body_that_is_not_understood_gives_what_came_before_and_then_fails(pair: Pair) -> None:
    connection, theirs = pair
    theirs.sendall(CHUNKED + b"3\r\nabc\r\n")
    connection.read_head()
    assert connection.read_body() == b"abc"
    theirs.sendall(b"zz\r\n")
    error = failure(connection.read_body)
    assert (error.cause, error.stage) == (Cause.MALFORMED, Stage.BODY)


def test_a_send_that_stops_in_the_middle_sent_something(pair: Pair) -> None:
    connection, _ = pair
    connection.transport.write_timeout = 0.0
    error = failure(lambda: connection.send(bytes(10_000_000), last=True))
    assert (error.cause, error.stage, error.sent) == (Cause.TIMEOUT, Stage.SEND, Sent.SOME)


def test_what_was_sent_is_known_at_every_step(pair: Pair) -> None:
    connection, _ = pair
    steps = [connection.sent]
    for data, last in ((REQUEST, False), (b"0\r\n\r\n", True)):
        connection.send(data, last=last)
        steps.append(connection.sent)
    connection.begin(False)
    steps.append(connection.sent)
    assert steps == [Sent.NOTHING, Sent.SOME, Sent.ALL, Sent.NOTHING]


@pytest.mark.parametrize(
    ("begin", "endless"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"a" * 4096),
        (b"HTTP/1.1 200 ", b"a" * 4096),
        (b"", b"HTTP/1.1 103 Early\r\n\r\n"),
        (CHUNKED + b"0\r\nT: ", b"a" * 4096),
        (CHUNKED + b"1;", b"a" * 4096),
        (CHUNKED, b"1;" + b"a" * 4094 + b"\r\nx\r\n"),
    ],
    ids=["field", "reason", "interim", "trailer", "extension", "extensions"],
)
def test_what_never_ends_is_given_up(begin: bytes, endless: bytes, pair: Pair) -> None:
    connection, theirs = pair
    connection.transport.read_deadline = NEVER

    def talk() -> None:
        theirs.sendall(begin)
        for _ in range(200):
            theirs.sendall(endless)

    def read() -> None:
        connection.read_head()
        while connection.read_body():
            pass

    talking = gevent.spawn(talk)
    assert failure(read).cause is Cause.MALFORMED
    talking.kill()
