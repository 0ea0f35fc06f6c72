"""The worker's end of the unix socket to the node agent: told of versions, tells what it serves and what it counted.

The agent may be away, restarted or wrong: the worker serves on and connects again, for ever, with a growing pause.
Reading and writing are two greenlets; the one who writes holds a lock, so that frames never mix.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
from gevent import socket as gevent_socket
from gevent.lock import Semaphore

from edge import frames
from edge.loader import Applied, Loader, Refused
from edge.telemetry import Telemetry

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
COUNTERS_EVERY_S = 1.0
SEND_S = 5.0
"""An agent that takes no frame for so long is given up."""

log = logging.getLogger("weir.agent_link")


class AgentLink:
    """``start`` it once; it never ends by itself."""

    def __init__(self, path: Path, worker: int, loader: Loader, telemetry: Telemetry) -> None:
        self._path = path
        self._worker = worker
        self._loader = loader
        self._telemetry = telemetry
        self._sending = Semaphore(1)

    def start(self) -> None:
        gevent.spawn(self._connect_for_ever)

    def _connect_for_ever(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                self._converse()
                pause = FIRST_PAUSE_S
            except (OSError, frames.FrameError) as error:
                log.debug("the node agent is away: %s", error)
            gevent.sleep(pause)
            pause = min(LONGEST_PAUSE_S, pause * 2)

    def _converse(self) -> None:
        """Until the agent closes. Raises OSError, FrameError."""
        sock = gevent_socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        counting: gevent.Greenlet[..., None] | None = None
        try:
            sock.settimeout(SEND_S)
            sock.connect(str(self._path))
            sock.settimeout(None)
            self._send(sock, {"kind": "hello", "pid": os.getpid(), "worker": self._worker})
            current = self._loader.current
            if current is not None:
                self._send(sock, applied_frame(current))
            counting = gevent.spawn(self._count, sock)
            while (message := frames.read(sock)) is not None:
                self._take(sock, message)
        finally:
            if counting is not None:
                counting.kill()
            sock.close()

    def _take(self, sock: gevent_socket.socket, message: Mapping[str, Any]) -> None:
        incarnation, number = message.get("incarnation"), message.get("number")
        if message["kind"] != "version" or not isinstance(incarnation, str) or not isinstance(number, int):
            raise frames.FrameError(f"the agent sent a {message['kind']!r} frame that is not understood")
        outcome = self._loader.load((incarnation, number))
        if isinstance(outcome, Refused):
            refused = {"kind": "refused", "incarnation": incarnation, "number": number}
            self._send(sock, {**refused, "reason": outcome.reason})
        else:
            self._send(sock, applied_frame(outcome))

    def _count(self, sock: gevent_socket.socket) -> None:
        """What was counted while a frame could not be sent is lost with it; counting goes on."""
        while True:
            gevent.sleep(COUNTERS_EVERY_S)
            try:
                for frame in self._telemetry.take():
                    self._send(sock, frame)
            except (OSError, frames.FrameError) as error:
                log.debug("counters were not sent: %s", error)
                with suppress(OSError):  # half a frame may have gone out: the reader must end too
                    sock.shutdown(socket.SHUT_RDWR)
                return

    def _send(self, sock: gevent_socket.socket, message: Mapping[str, Any]) -> None:
        with self._sending, gevent.Timeout(SEND_S, TimeoutError("the agent takes no frame")):
            frames.send(sock, message)


def applied_frame(applied: Applied) -> dict[str, Any]:
    return {
        "kind": "applied",
        "incarnation": applied.incarnation,
        "number": applied.number,
        "took_ms": applied.took_ms,
    }
