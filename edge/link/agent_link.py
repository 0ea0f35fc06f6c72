"""The worker's end of the unix socket to the node agent: told of versions, tells what it serves and what it counted.

The agent may be away, restarted or wrong: the worker serves on and connects again, for ever, with a growing pause.
One greenlet reads; others load versions, send counts and send questions, each holding a lock while it writes, so that
frames never mix.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from gevent import socket as gevent_socket
from gevent.event import Event
from gevent.lock import Semaphore

from edge.link import frames
from edge.link.asks import Asks
from edge.telemetry.telemetry import Telemetry
from edge.versions.loader import Applied, Loader, Refused

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
COUNTERS_EVERY_S = 1.0
SEND_S = 5.0
"""An agent that takes no frame for so long is given up."""
FINISH_S = 1.0
"""How long the end of a worker may wait for its last counts to be taken."""

log = logging.getLogger("weir.agent_link")


class AgentLink:
    """``start`` it once; it never ends by itself."""

    def __init__(
        self, path: Path, worker: int, loader: Loader, telemetry: Telemetry, asks: Asks | None = None
    ) -> None:
        self._path = path
        self._worker = worker
        self._loader = loader
        self._telemetry = telemetry
        self._asks = asks or Asks()
        self._sending = Semaphore(1)
        self._reporting = Semaphore(1)
        self._wanted = ("", 0)
        self._wake = Event()
        self._sock: gevent_socket.socket | None = None

    def start(self) -> None:
        gevent.spawn(self._connect_for_ever)
        gevent.spawn(self._load_for_ever)

    def finish(self) -> None:
        """The last counts and what is still to be told, before the process ends; an agent that is away or slow does not
        hold it up."""
        sock = self._sock
        if sock is None:
            return
        try:
            with gevent.Timeout(FINISH_S, TimeoutError("the agent takes no frame")):
                self._report(sock)
                for frame in self._asks.waiting_frames():
                    with self._sending:
                        sock.sendall(frame)
        except (OSError, frames.FrameError) as error:
            log.warning("the last counts of this worker are lost: %s", error)

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
        beside: list[gevent.Greenlet[..., None]] = []
        try:
            sock.settimeout(SEND_S)
            sock.connect(str(self._path))
            sock.settimeout(None)
            self._send(sock, {"kind": "hello", "pid": os.getpid(), "worker": self._worker})
            current = self._loader.current
            if current is not None:
                self._send(sock, applied_frame(current))
            self._sock = sock
            self._asks.attach()
            beside = [gevent.spawn(self._beside, sock, work) for work in (self._count, self._ask)]
            while (message := frames.read(sock)) is not None:
                self._take(message)
        finally:
            self._sock = None
            gevent.killall(beside)
            self._asks.detach()
            sock.close()

    def _take(self, message: Mapping[str, Any]) -> None:
        kind = message["kind"]
        if kind == "replies":
            self._asks.replies(message.get("items"))
        elif kind == "news":
            self._asks.news(message.get("topic"), message.get("body"))
        else:
            incarnation, number = message.get("incarnation"), message.get("number")
            if kind != "version" or not isinstance(incarnation, str) or not isinstance(number, int):
                raise frames.FrameError(f"the agent sent a {kind!r} frame that is not understood")
            self._wanted = (incarnation, number)
            self._wake.set()

    def _load_for_ever(self) -> None:
        """Loads what was told last. Beside the reader, whom answers and news reach meanwhile; an agent that goes away
        in the middle does not stop it."""
        while True:
            self._wake.wait()
            self._wake.clear()
            incarnation, number = self._wanted
            outcome = self._loader.load((incarnation, number))
            sock = self._sock
            if sock is None:
                continue  # the next agent hears it with the hello, or asks again
            if isinstance(outcome, Refused):
                refused = {"kind": "refused", "incarnation": incarnation, "number": number}
                self._beside(sock, partial(self._send, message={**refused, "reason": outcome.reason}))
            else:
                self._beside(sock, partial(self._send, message=applied_frame(outcome)))

    def _ask(self, sock: gevent_socket.socket) -> None:
        while True:
            frame = self._asks.next_frame()
            with self._sending, gevent.Timeout(SEND_S, TimeoutError("the agent takes no frame")):
                sock.sendall(frame)

    def _count(self, sock: gevent_socket.socket) -> None:
        """What was counted while a frame could not be sent is lost with it; counting goes on."""
        while True:
            gevent.sleep(COUNTERS_EVERY_S)
            self._asks.give_up_old()
            self._report(sock)

    def _beside(self, sock: gevent_socket.socket, work: Callable[[gevent_socket.socket], None]) -> None:
        """Whoever cannot send ends the conversation: half a frame may have gone out."""
        try:
            work(sock)
        except (OSError, frames.FrameError) as error:
            log.debug("a frame was not sent to the agent: %s", error)
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _report(self, sock: gevent_socket.socket) -> None:
        """Two never mix: whoever comes second has waited for all of the first's frames. Raises OSError, FrameError."""
        with self._reporting:
            for frame in self._telemetry.take():
                self._send(sock, frame)
                gevent.sleep(0)  # requests have their turn between two

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
