"""Errors of a connection, in the words that decide what follows."""

from __future__ import annotations

import pytest
from gevent import socket

from edge.http.names import response_names
from edge.postbox import Postbox
from edge.transport import Transport
from edge.upstream.connection import UpstreamConnection
from edge.upstream.errors import Cause, Sent, Stage, UpstreamError


def connected() -> tuple[UpstreamConnection, socket.socket]:
    ours, theirs = socket.socketpair()
    connection = UpstreamConnection(Transport(ours), response_names())
    connection.begin(False)
    return connection, theirs


def failure_of(connection: UpstreamConnection) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        connection.read_head()
    return caught.value


def test_a_whole_answer() -> None:
    connection, theirs = connected()
    connection.send(b"GET", last=False)
    assert connection.sent is Sent.SOME
    connection.send(b" / HTTP/1.1\r\n\r\n", last=True)
    assert connection.sent is Sent.ALL
    theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert connection.read_head().status == 200
    assert (connection.read_body(), connection.read_body()) == (b"ok", b"")


def test_a_close_before_an_answer_on_a_reused_connection_is_stale() -> None:
    connection, theirs = connected()
    connection.reused = True
    connection.send(b"x", last=True)
    theirs.recv(1)
    theirs.close()
    error = failure_of(connection)
    assert (error.cause, error.stage, error.sent, error.reused) == (Cause.BROKEN, Stage.HEAD, Sent.ALL, True)


def test_a_close_in_the_middle_of_an_answer_is_not() -> None:
    connection, theirs = connected()
    connection.reused = True
    theirs.sendall(b"HTTP/1.1 200")
    theirs.close()
    assert not failure_of(connection).reused


def test_nothing_was_sent_to_a_connection_that_is_closed() -> None:
    connection, theirs = connected()
    theirs.close()
    with pytest.raises(UpstreamError) as caught:
        connection.send(b"x", last=True)
    assert (caught.value.stage, caught.value.sent) == (Stage.SEND, Sent.NOTHING)


def test_a_request_that_is_posted_to_a_closed_connection_fails_as_one_that_is_sent() -> None:
    connection, theirs = connected()
    theirs.close()
    connection.reused = True
    connection.post(b"x", Postbox())
    assert connection.sent is Sent.ALL
    error = failure_of(connection)
    assert (error.cause, error.stage, error.sent, error.reused) == (
        Cause.BROKEN,
        Stage.SEND,
        Sent.NOTHING,
        True,
    )


def test_silence_is_a_timeout() -> None:
    connection, _theirs = connected()
    connection.transport.read_deadline = 0.0
    from edge.deadlines import Sweeper

    sweeper = Sweeper(every_s=0.01)
    sweeper.add(connection.transport)
    sweeper.start()
    assert failure_of(connection).cause is Cause.TIMEOUT
    sweeper.stop()


def test_nonsense_is_malformed() -> None:
    connection, theirs = connected()
    theirs.sendall(b"nonsense\r\n\r\n")
    assert failure_of(connection).cause is Cause.MALFORMED


def test_a_body_cut_off_is_broken_at_the_body() -> None:
    connection, theirs = connected()
    theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
    theirs.close()
    connection.read_head()
    assert connection.read_body() == b"ok"
    with pytest.raises(UpstreamError) as caught:
        connection.read_body()
    assert (caught.value.cause, caught.value.stage) == (Cause.BROKEN, Stage.BODY)
