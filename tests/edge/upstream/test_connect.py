"""New connections; TLS is in test_tls.py."""

from __future__ import annotations

import socket

import pytest
from gevent import socket as gevent_socket

from edge.deadlines import Sweeper
from edge.upstream.connect import connect
from edge.upstream.errors import Cause, Sent, Stage, UpstreamError
from tests.support.ports import free_port


def test_a_connection_is_watched_by_the_sweeper() -> None:
    class Watching(Sweeper):
        added = 0

        def add(self, watched: object) -> None:
            self.added += 1

    sweeper = Watching()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport = connect("127.0.0.1", listener.getsockname()[1], 5.0, sweeper, None)
        assert sweeper.added == 1
        assert transport.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        transport.close()


def test_ipv6_is_spoken() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with pytest.raises(UpstreamError) as caught:
        connect("::1", free_port(), 5.0, Sweeper(), None)
    assert caught.value.cause is Cause.UNREACHABLE


def test_nothing_was_sent_when_it_failed() -> None:
    with pytest.raises(UpstreamError) as caught:
        connect("127.0.0.1", free_port(), 5.0, Sweeper(), None)
    assert (caught.value.stage, caught.value.sent) == (Stage.CONNECT, Sent.NOTHING)
    assert caught.value.detail == "Connection refused"


def test_a_connection_that_stood_before_its_time_was_over_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a pause the end of the wait is seen first."""

    def late(self: gevent_socket.socket, address: tuple[str, int]) -> None:
        self._sock.setblocking(True)
        self._sock.connect(address)
        self._sock.setblocking(False)
        raise TimeoutError("timed out")

    monkeypatch.setattr(gevent_socket.socket, "connect", late)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport = connect("127.0.0.1", listener.getsockname()[1], 5.0, Sweeper(), None)
        assert transport.peek() is None
        transport.close()


def test_one_that_does_not_stand_was_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(self: gevent_socket.socket, address: tuple[str, int]) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(gevent_socket.socket, "connect", late)
    with pytest.raises(UpstreamError) as caught:
        connect("127.0.0.1", free_port(), 5.0, Sweeper(), None)
    assert caught.value.cause is Cause.CONNECT_TIMEOUT
