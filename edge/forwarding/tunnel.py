"""After ``101 Switching Protocols``: bytes both ways, as they come, until both ends are done or silent for too long."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import gevent

from edge.transport import FULL_READ, ConnectionLost, TimedOut, Transport


class Tunnel:
    """``run`` returns when the tunnel is over; the transports are closed by their owners."""

    def __init__(
        self, downstream: Transport, upstream: Transport, idle_s: float, count_out: Callable[[int], None]
    ) -> None:
        """``idle_s``: silence in both directions together. ``count_out`` is told of bytes to the client."""
        self._downstream = downstream
        self._upstream = upstream
        self._idle_s = idle_s
        self._count_out = count_out
        self.bytes_in = 0

    def run(self, to_upstream: bytes, to_downstream: bytes) -> None:
        """First what came with the heads, then everything else."""
        self._moved()
        other = gevent.spawn(self._copy_up, to_upstream)
        try:
            self._copy_down(to_downstream)
            other.join()
        finally:
            other.kill()

    def _copy_up(self, data: bytes) -> None:
        try:
            while True:
                if data:
                    self._upstream.send(data)
                    self.bytes_in += len(data)
                data = self._downstream.recv(FULL_READ)
                if not data:
                    break
                self._moved()
        except (ConnectionLost, TimedOut):
            self._downstream.interrupt(ConnectionLost("the tunnel is over"))
            self._upstream.interrupt(ConnectionLost("the tunnel is over"))
        else:
            self._upstream.shutdown(socket.SHUT_WR)

    def _copy_down(self, data: bytes) -> None:
        try:
            while True:
                if data:
                    self._downstream.send(data)
                    self._count_out(len(data))
                data = self._upstream.recv(FULL_READ)
                if not data:
                    break
                self._moved()
        except (ConnectionLost, TimedOut):
            self._downstream.interrupt(ConnectionLost("the tunnel is over"))
        else:
            self._downstream.shutdown(socket.SHUT_WR)

    def _moved(self) -> None:
        until = time.monotonic() + self._idle_s
        self._downstream.read_deadline = self._upstream.read_deadline = until
