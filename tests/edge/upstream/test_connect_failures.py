"""Connections that fail: refused, late, of another name, no TLS; never a descriptor left behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from edge.deadlines import Sweeper
from edge.upstream.connect import connect
from edge.upstream.errors import Cause, Sent, Stage, UpstreamError
from tests.support.tls_pair import NAME, client_context, server_context


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def failure(port: int, sweeper: Sweeper, within_s: float = 10.0, tls: bool = False) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        connect("127.0.0.1", port, within_s, sweeper, (client_context(), NAME) if tls else None)
    assert (caught.value.stage, caught.value.sent) == (Stage.CONNECT, Sent.NOTHING)
    return caught.value


def test_bytes_go_both_ways(no_leak: None, sweeper: Sweeper, listener: socket.socket) -> None:
    transport = connect("127.0.0.1", listener.getsockname()[1], 10.0, sweeper, None)
    accepted, _ = listener.accept()
    with accepted:
        transport.send(b"ping")
        assert accepted.recv(4) == b"ping"
        accepted.sendall(b"pong")
        assert transport.recv(100) == b"pong"
    sweeper.remove(transport)
    transport.close()
    listener.close()


def test_a_port_where_nobody_listens_is_unreachable_at_once(no_leak: None, sweeper: Sweeper) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    error = failure(port, sweeper)
    assert error.cause is Cause.UNREACHABLE
    assert error.detail == "Connection refused"


def test_a_target_that_does_not_accept_in_time_is_a_timeout(no_leak: None, sweeper: Sweeper) -> None:
    """A full backlog leaves connection requests unanswered."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(3):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(full.getsockname())
            waiting.append(client)
        error = failure(full.getsockname()[1], sweeper, within_s=0.05)
        for client in waiting:
            client.close()
    assert error.cause is Cause.CONNECT_TIMEOUT


def serve_tls_once(listener: socket.socket) -> threading.Thread:
    def serve() -> None:
        accepted, _ = listener.accept()
        with accepted:
            try:
                with server_context().wrap_socket(accepted, server_side=True) as stream:
                    stream.sendall(b"hello " + stream.recv(100))
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def test_tls_is_spoken_with_a_name_that_is_verified(sweeper: Sweeper, listener: socket.socket) -> None:
    thread = serve_tls_once(listener)
    port = listener.getsockname()[1]
    transport = connect("127.0.0.1", port, 10.0, sweeper, (client_context(), NAME))
    transport.send(b"edge")
    assert transport.recv(100) == b"hello edge"
    transport.close()
    thread.join(10)


def test_a_certificate_of_another_name_is_refused(sweeper: Sweeper, listener: socket.socket) -> None:
    thread = serve_tls_once(listener)
    port = listener.getsockname()[1]
    with pytest.raises(UpstreamError, match="not trusted: Hostname mismatch") as caught:
        connect("127.0.0.1", port, 10.0, sweeper, (client_context(), "other.test"))
    assert (caught.value.cause, caught.value.sent) == (Cause.UNREACHABLE, Sent.NOTHING)
    thread.join(10)


def test_a_handshake_that_never_ends_is_a_timeout(
    no_leak: None, sweeper: Sweeper, listener: socket.socket
) -> None:
    began = time.monotonic()
    error = failure(listener.getsockname()[1], sweeper, within_s=0.1, tls=True)
    assert error.cause is Cause.CONNECT_TIMEOUT
    assert time.monotonic() - began < 9
    listener.close()


def test_a_target_that_speaks_no_tls_is_unreachable(
    no_leak: None, sweeper: Sweeper, listener: socket.socket
) -> None:
    def serve() -> None:
        accepted, _ = listener.accept()
        with accepted:
            accepted.recv(4096)
            accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            accepted.recv(4096)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    error = failure(listener.getsockname()[1], sweeper, tls=True)
    assert error.cause is Cause.UNREACHABLE
    assert error.detail.startswith("TLS failed")
    thread.join(10)
    listener.close()
