"""Accepting connections: how many at a time, and what happens when one cannot be begun."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent import getcurrent
from gevent import socket as gevent_socket

from edge.prefork.listener import MAX_ACCEPT, Listener, Over

Begun = list[tuple[Any, Any, Over]]


@pytest.fixture
def listening() -> Iterator[gevent_socket.socket]:
    with gevent_socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock


@pytest.fixture
def begun() -> Begun:
    return []


@pytest.fixture
def listener(listening: gevent_socket.socket, begun: Begun) -> Iterator[Listener]:
    listener = Listener(listening, lambda *each: begun.append(each), limit=2)
    yield listener
    listener.close()
    for sock, _, _ in begun:
        sock.close()


def connect(listening: gevent_socket.socket) -> gevent_socket.socket:
    return gevent_socket.create_connection(listening.getsockname(), timeout=20)


def until(begun: Begun, number: int) -> None:
    with gevent.Timeout(20):
        while len(begun) < number:
            gevent.sleep(0.002)


def test_a_connection_is_begun_in_the_hub_with_a_socket_that_does_not_wait(
    listening: gevent_socket.socket,
) -> None:
    where: list[Any] = []
    begun: Begun = []

    def begin(*each: Any) -> None:
        where.append(getcurrent())
        begun.append(each)

    listener = Listener(listening, begin, limit=10)
    listener.start()
    with connect(listening) as client:
        until(begun, 1)
        ((sock, address, _),) = begun
        assert where == [gevent.get_hub()]
        assert address == client.getsockname()
        assert sock.family == socket.AF_INET
        with pytest.raises(BlockingIOError):
            sock.recv(1)
        sock.close()
    listener.close()


def test_no_more_are_accepted_than_may_be_open(
    listening: gevent_socket.socket, listener: Listener, begun: Begun
) -> None:
    listener.start()
    clients = [connect(listening) for _ in range(4)]
    until(begun, 2)
    gevent.sleep(0.05)
    assert (listener.open, len(begun)) == (2, 2)
    for number in (3, 4):
        begun[number - 3][2]()
        until(begun, number)
        assert listener.open == 2
    for client in clients:
        client.close()


def test_what_waits_is_taken_when_the_listener_is_to_close(
    listening: gevent_socket.socket, listener: Listener, begun: Begun
) -> None:
    listener.start()
    clients = [connect(listening)]
    listener.take_waiting()
    assert len(begun) == listener.open == 1
    clients.append(connect(listening))
    gevent.sleep(0.05)
    assert len(begun) == 1
    listener.take_waiting()
    assert len(begun) == listener.open == 2
    listener.close()
    begun[0][2]()  # it was full; a closed listener accepts no more
    assert listener.closed
    assert listener.open == 1
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("number", "taken"), [(errno.EMFILE, 0), (errno.ENFILE, 0), (errno.ENOBUFS, 0), (errno.ECONNABORTED, 1)]
)
def test_a_connection_that_cannot_be_taken_at_the_end_does_not_end_the_worker(
    listening: gevent_socket.socket,
    listener: Listener,
    begun: Begun,
    caplog: pytest.LogCaptureFixture,
    number: int,
    taken: int,
) -> None:
    """No file is left, or the client is gone: then others may wait behind it."""
    fails = [OSError(number, "no")]

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(listening, name)

        def _accept(self) -> Any:
            if fails:
                raise fails.pop()
            return listening._accept()  # type: ignore[attr-defined]  # as the listener calls it

    listener.start()
    listener.stop_accepting()
    with connect(listening):
        listener.socket = Failing()  # type: ignore[assignment]
        listener.take_waiting()
        assert (len(begun), listener.open) == (taken, taken)
        assert ("connections that wait are not taken" in caplog.text) is not taken


def test_a_connection_that_cannot_be_begun_is_closed_and_the_next_is_served(
    listening: gevent_socket.socket, begun: Begun, caplog: pytest.LogCaptureFixture
) -> None:
    fails = [True]

    def begin(*each: Any) -> None:
        if fails:
            fails.clear()
            raise ValueError("no")
        begun.append(each)

    listener = Listener(listening, begin, limit=1)
    listener.start()
    with connect(listening) as first, connect(listening):
        assert first.recv(1) == b""
        until(begun, 1)
        assert listener.open == 1
    assert "a connection could not be begun" in caplog.text
    begun[0][0].close()
    listener.close()


def test_many_that_wait_are_all_begun(listening: gevent_socket.socket, begun: Begun) -> None:
    listener = Listener(listening, lambda *each: begun.append(each), limit=1000)
    clients = [connect(listening) for _ in range(MAX_ACCEPT + 3)]
    listener.start()
    until(begun, MAX_ACCEPT + 3)
    listener.close()
    for sock in [*clients, *[sock for sock, _, _ in begun]]:
        sock.close()
