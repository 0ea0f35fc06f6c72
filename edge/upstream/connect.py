"""A new connection to one address of a target."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import time

from gevent import socket as gevent_socket

from edge.deadlines import Sweeper
from edge.transport import ConnectionLost, TimedOut, Transport
from edge.upstream.errors import Cause, Sent, Stage, UpstreamError
from edge.upstream.tls import TlsTransport


def connect(
    address: str, port: int, within_s: float, sweeper: Sweeper, tls: tuple[ssl.SSLContext, str] | None
) -> Transport:
    """Connected and, with ``tls`` (context, server name), through the handshake. Raises UpstreamError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    until = time.monotonic() + within_s
    sock = gevent_socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _connect(sock, (address, port), within_s)
    except OSError as error:
        sock.close()
        raise _failure(error) from None
    transport = TlsTransport(sock, *tls) if tls else Transport(sock)
    sweeper.add(transport)
    if isinstance(transport, TlsTransport):
        _handshake(transport, until, sweeper)
    return transport


def _connect(sock: gevent_socket.socket, address: tuple[str, int], within_s: float) -> None:
    """Raises OSError. On this machine most connections are there at once, without a wait."""
    sock.settimeout(max(0.001, within_s))
    try:
        sock.connect(address)
    except TimeoutError:
        if not _is_connected(sock):
            raise


def _is_connected(sock: gevent_socket.socket) -> bool:
    """After a pause of this process the end of the wait is seen before what came in time."""
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def _handshake(transport: TlsTransport, until: float, sweeper: Sweeper) -> None:
    transport.read_deadline = until
    try:
        transport.handshake()
    except (ConnectionLost, TimedOut) as error:
        sweeper.remove(transport)
        transport.close()
        cause = Cause.CONNECT_TIMEOUT if isinstance(error, TimedOut) else Cause.UNREACHABLE
        raise UpstreamError(cause, str(error), stage=Stage.CONNECT, sent=Sent.NOTHING) from None


def _failure(error: OSError) -> UpstreamError:
    late = isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT
    detail = "it did not accept the connection in time" if late else _words(error)
    cause = Cause.CONNECT_TIMEOUT if late else Cause.UNREACHABLE
    return UpstreamError(cause, detail, stage=Stage.CONNECT, sent=Sent.NOTHING)


def _words(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
