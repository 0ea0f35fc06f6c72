"""A listening socket in a worker: its connections are begun in the event loop, without a greenlet for each.

gevent's server makes a socket object of gevent, two watchers and a greenlet of every connection; most connections
need none of it (``edge/fast_path``).
"""

from __future__ import annotations

import logging
from _socket import socket as RawSocket  # noqa: N812 - it is a class; the other one is gevent's
from collections.abc import Callable
from typing import Any

import gevent
from gevent import get_hub
from gevent.server import StreamServer

MAX_ACCEPT = 16
"""Connections that are begun one behind the other, before others are looked at."""

Over = Callable[[], None]
"""To be called when a connection is over."""

Begin = Callable[[RawSocket, Any, Over], None]
"""Gets a connected, non-blocking socket and the other end's address. Runs in the hub, so it must not block."""

log = logging.getLogger("weir.worker")


class Listener(StreamServer):
    """At most ``limit`` connections are open at a time; while they are, no more is accepted."""

    max_accept = MAX_ACCEPT

    def __init__(self, listener: Any, begin: Begin, limit: int) -> None:
        super().__init__(listener, handle=self.do_handle, spawn=None)
        self.open = 0
        self._begin = begin
        self._limit = limit

    def full(self) -> bool:
        return self.open >= self._limit

    def do_read(self) -> tuple[RawSocket, Any] | None:  # type: ignore[override]  # gevent's gives sockets of its own
        """The next connection, if one waits. Raises OSError."""
        try:
            descriptor, address = self.socket._accept()  # type: ignore[attr-defined]  # a raw socket
        except BlockingIOError:
            return None
        accepted = RawSocket(self.family, self.socket.type, self.socket.proto, descriptor)
        accepted.setblocking(False)
        self.open += 1
        return accepted, address

    def do_handle(self, *accepted: Any) -> None:
        """In the hub."""
        sock, address = accepted
        try:
            self._begin(sock, address, self._over)
        except Exception:  # the border: whatever is wrong with one connection must not end the others
            log.exception("a connection could not be begun")
            sock.close()
            self._over()

    def take_waiting(self) -> None:
        """Accepts no more but what the kernel accepted already: closing the socket would reset it. Never raises."""
        self.stop_accepting()
        while not self.full():
            try:
                accepted = self.do_read()
            except ConnectionAbortedError:
                continue  # this one left; others may wait behind it
            except OSError as error:
                log.warning("connections that wait are not taken: %s", error)
                break
            if accepted is None:
                break
            get_hub().loop.run_callback(self.do_handle, *accepted)
        gevent.sleep(0)

    def _over(self) -> None:
        was_full = self.full()
        self.open -= 1
        if was_full:
            self._start_accepting_if_started()  # type: ignore[attr-defined]  # for this, as its pools call it
