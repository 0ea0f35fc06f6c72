"""New connections; TLS is in test_tls.py."""

from __future__ import annotations

import socket

import pytest

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
