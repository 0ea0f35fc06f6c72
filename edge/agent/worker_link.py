"""The agent's end of the unix socket to the workers: which worker serves which version, and their counts.

A worker that is slow, silent or wrong costs only its own connection: frames out wait in a slot that holds the
newest version, never a queue, and a connection that breaks the protocol is closed (the worker connects again).
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer

from edge import frames
from edge.agent.facts import Facts, WorkerFacts, is_known, wanted
from edge.agent.metrics import WorkerMetrics
from edge.version_files import Identity

MAX_CONNECTIONS = 4096
HELLO_S = 5.0
"""A connection that has not said hello by then is closed."""
SEND_S = 5.0
"""A worker that does not take a frame for so long is closed."""
MAX_REASON = 500
"""Characters of a refusal that are kept."""

log = logging.getLogger("weir.agent")


class WorkerLink:
    """Serves ``path``; ``on_refused`` is called when a worker could not load the held version."""

    def __init__(
        self, path: Path, facts: Facts, metrics: WorkerMetrics, *, on_refused: Callable[[], None]
    ) -> None:
        self._path = path
        self._facts = facts
        self._metrics = metrics
        self._on_refused = on_refused
        self._wakes: dict[int, Event] = {}
        self._last = 0
        self._pool: Pool = Pool(MAX_CONNECTIONS)
        self._server: StreamServer | None = None

    def start(self) -> None:
        """Makes the socket (mode 600). Raises ``OSError``."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        self._path.chmod(0o600)
        listener.listen(1024)
        self._server = StreamServer(listener, self._serve, spawn=self._pool)
        self._server.start()

    def stop(self) -> None:
        """Closes the socket and every connection; the workers serve on."""
        if self._server is not None:
            self._server.stop(timeout=0)
        self._path.unlink(missing_ok=True)

    def tell(self) -> None:
        """Tells every worker which version is held now."""
        now = time.monotonic()
        for connection, wake in self._wakes.items():
            if worker := self._facts.workers.get(connection):
                worker.since, worker.refused = now, ""
            wake.set()

    def _serve(self, client: socket.socket, _address: object) -> None:
        self._last += 1
        connection = self._last
        try:
            client.settimeout(HELLO_S)
            hello = frames.read(client)
            if hello is None:
                return
            pid, worker = _integer(hello, "pid"), _integer(hello, "worker")
            if hello["kind"] != "hello":
                raise frames.FrameError(f"the first frame is {hello['kind']!r}, not hello")
            self._facts.workers[connection] = WorkerFacts(pid=pid, worker=worker, since=time.monotonic())
            self._converse(connection, client)
        except frames.FrameError as error:
            log.warning("a worker's connection is closed: %s", error)
        except OSError as error:
            log.info("a worker's connection broke: %s", error)
        finally:
            self._facts.workers.pop(connection, None)
            self._metrics.gone(connection)
            client.close()

    def _converse(self, connection: int, client: socket.socket) -> None:
        """Reads until the worker goes; a second greenlet writes, so that neither waits for the other."""
        client.settimeout(None)
        wake = self._wakes[connection] = Event()
        if is_known(self._facts):
            wake.set()
        writer = gevent.spawn(self._write, client, wake)
        try:
            while (message := frames.read(client)) is not None:
                self._take(connection, message)
        finally:
            del self._wakes[connection]
            writer.kill()

    def _write(self, client: socket.socket, wake: Event) -> None:
        while True:
            wake.wait()
            wake.clear()
            incarnation, number = wanted(self._facts.held)
            try:
                with gevent.Timeout(SEND_S, TimeoutError("the worker takes no frame")):
                    frames.send(client, {"kind": "version", "incarnation": incarnation, "number": number})
            except OSError as error:
                log.warning("a worker's connection is closed: %s", error)
                client.shutdown(socket.SHUT_RDWR)
                return

    def _take(self, connection: int, message: dict[str, Any]) -> None:
        worker = self._facts.workers[connection]
        kind = message["kind"]
        if kind == "counters":
            self._metrics.take(connection, message)
        elif kind == "applied":
            worker.applied = _version(message)
            worker.refused = ""
            self._metrics.applied(message)
        elif kind == "refused":
            self._refused(worker, message)
        else:
            raise frames.FrameError(f"a frame of the unknown kind {kind!r}")

    def _refused(self, worker: WorkerFacts, message: dict[str, Any]) -> None:
        if _version(message) != wanted(self._facts.held):
            return  # of a version that is not wanted any more
        worker.refused = str(message.get("reason", ""))[:MAX_REASON]
        self._metrics.refused.inc()
        log.error("worker %d cannot load version %d: %s", worker.worker, message["number"], worker.refused)
        self._on_refused()


def identity_text(held: Identity | None) -> str:
    """For log lines."""
    return f"version {held.number} of {held.incarnation[:8]}" if held else "no version"


def _version(message: dict[str, Any]) -> tuple[str, int]:
    incarnation = message.get("incarnation")
    if not isinstance(incarnation, str):
        raise frames.FrameError("a frame without incarnation")
    return incarnation, _integer(message, "number")


def _integer(message: dict[str, Any], field: str) -> int:
    value = message.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise frames.FrameError(f"a {message['kind']!r} frame whose {field} is no number")
    return value
