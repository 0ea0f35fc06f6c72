"""The agent's end of the unix socket to the workers: which worker serves which version, and their counts.

A worker that is slow, silent or wrong costs only its own connection: versions and news wait in slots that hold the
newest, answers and what is told once in bounded queues, and a connection that breaks the protocol is closed (the worker
connects again).

What workers ask is answered by ``Topic`` objects, each question in a greenlet of its own.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import gevent
from gevent.pool import Pool
from gevent.server import StreamServer

from edge.agent.facts import Facts, WorkerFacts, is_known, wanted
from edge.agent.metrics import WorkerMetrics
from edge.agent.outbox import Outbox
from edge.link import frames
from edge.versions.files import Identity

MAX_CONNECTIONS = 4096
HELLO_S = 5.0
"""A connection that has not said hello by then is closed."""
SEND_S = 5.0
"""A worker that does not take a frame for so long is closed."""
MAX_REASON = 500
"""Characters of a refusal that are kept."""
MAX_ANSWERING = 512
"""Questions of one connection that are worked on; it is not read on while there are as many."""
LAST_ANSWERS_S = 5.0
"""How long the answers of a connection that is gone may take to end."""
MAX_NEWS = 4096
"""Pieces of news that are kept for workers that connect later."""

log = logging.getLogger("weir.agent")

Greeting = Callable[[], Iterable[tuple[str, str, Any]]]
"""News at the start of a connection: topic, key, and body or packed frame."""


class Topic(Protocol):
    """Answers the questions of workers on one subject."""

    def answer(self, connection: int, body: Any) -> Any:
        """The answer, as msgpack knows it; nil is no answer. May block, as long as it says. ``body`` is unchecked."""
        ...

    def gone(self, connection: int) -> None:
        """The worker of ``connection`` is gone and no answer to it is being worked on; numbers never come again."""
        ...


class WorkerLink:
    """Serves ``path``; ``on_refused`` is called when a worker could not load the held version, ``on_change`` when one
    came, went or serves another version."""

    def __init__(
        self,
        path: Path,
        facts: Facts,
        metrics: WorkerMetrics,
        *,
        on_refused: Callable[[], None],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._facts = facts
        self._metrics = metrics
        self._on_refused = on_refused
        self._on_change = on_change
        self._topics: dict[str, Topic] = {}
        self._outboxes: dict[int, Outbox] = {}
        self._news: dict[tuple[str, str], bytes] = {}
        self._greetings: list[Greeting] = []
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

    def answer_with(self, topics: Mapping[str, Topic]) -> None:
        """Who answers which questions; before ``start``. (Topics may ``announce``, so the link is made first.)"""
        self._topics.update(topics)

    def greet_with(self, greeting: Greeting) -> None:
        """Said to every worker that connects, as it is then; before ``start``. It must not block."""
        self._greetings.append(greeting)

    def stop(self) -> None:
        """Closes the socket and every connection; the workers serve on."""
        if self._server is not None:
            self._server.stop(timeout=0)
        self._path.unlink(missing_ok=True)

    def tell(self) -> None:
        """Tells every worker which version is held now."""
        now = time.monotonic()
        for connection, outbox in self._outboxes.items():
            if worker := self._facts.workers.get(connection):
                worker.since, worker.refused = now, ""
            outbox.tell_version()

    def announce(self, topic: str, body: Any, key: str = "", *, keep: bool = True) -> None:
        """Tells every worker, and those that connect later (unless a greeting tells them: ``keep`` False), until there
        is newer news of the same topic and key.

        ``body`` None ends it: workers that connect later hear nothing. Beyond ``MAX_NEWS`` the oldest is forgotten.
        Raises FrameError for a body that is no frame.
        """
        frame = news_frame(topic, body)
        self._news.pop((topic, key), None)
        if body is not None and keep:
            self._news[topic, key] = frame
            if len(self._news) > MAX_NEWS:
                del self._news[next(iter(self._news))]
        for outbox in self._outboxes.values():
            outbox.put_news(topic, key, frame)

    def tell_all(self, topic: str, body: Any, instead: Any) -> None:
        """Tells every worker that is connected now, each time and in order. Where too much waits for one, it hears
        ``instead`` in place of all that waits of the topic; with None for that, it has to connect again.

        Raises FrameError for a body that is no frame.
        """
        frame = news_frame(topic, body)
        other = None if instead is None else news_frame(topic, instead)
        for outbox in self._outboxes.values():
            outbox.put_told(topic, frame, other)

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
            self._on_change()
            self._converse(connection, client)
        except frames.FrameError as error:
            log.warning("a worker's connection is closed: %s", error)
        except OSError as error:
            log.info("a worker's connection broke: %s", error)
        finally:
            self._facts.workers.pop(connection, None)
            self._metrics.gone(connection)
            self._on_change()
            client.close()

    def _converse(self, connection: int, client: socket.socket) -> None:
        """Reads until the worker goes; a second greenlet writes, so that neither waits for the other."""
        client.settimeout(None)
        outbox = self._outboxes[connection] = Outbox()
        if is_known(self._facts):
            outbox.tell_version()
        for (topic, key), frame in self._news.items():
            outbox.put_news(topic, key, frame)
        for topic, key, frame in self._greeting():
            outbox.put_news(topic, key, frame)
        answering: Pool = Pool(MAX_ANSWERING)
        writer = gevent.spawn(self._write, client, outbox)
        try:
            while (message := frames.read(client)) is not None:
                if message["kind"] == "asks":
                    self._asked(connection, message, outbox, answering)
                else:
                    self._take(connection, message)
        finally:
            del self._outboxes[connection]
            writer.kill()
            self._leave(connection, answering)

    def _greeting(self) -> Iterator[tuple[str, str, bytes]]:
        """One part of the agent that fails does not keep the others from workers."""
        for greeting in self._greetings:
            try:
                for topic, key, body in greeting():
                    yield topic, key, body if isinstance(body, bytes) else news_frame(topic, body)
            except Exception:
                log.exception("a worker that connects is not told everything")

    def _leave(self, connection: int, answering: Pool) -> None:
        """What is being answered ends first, so that no topic gives something to a worker that it was told is gone."""
        answering.join(timeout=LAST_ANSWERS_S)
        answering.kill()
        for name, topic in self._topics.items():
            try:
                topic.gone(connection)
            except Exception:
                log.exception("the topic %s failed when a worker went", name)

    def _asked(self, connection: int, message: dict[str, Any], outbox: Outbox, answering: Pool) -> None:
        """Waits while too much of this connection is being answered. Raises FrameError."""
        for number, name, body in asked_items(message):
            topic = self._topics.get(name)
            if topic is None:
                outbox.put_reply(number, None)
            else:
                answering.spawn(self._answer, topic, connection, number, body, outbox)

    def _answer(self, topic: Topic, connection: int, number: int, body: Any, outbox: Outbox) -> None:
        reply: Any = None
        try:
            reply = topic.answer(connection, body)
        except Exception:
            log.exception("a question of a worker could not be answered")
        if number:
            outbox.put_reply(number, reply)

    def _write(self, client: socket.socket, outbox: Outbox) -> None:
        try:
            while True:
                frame = outbox.next_frame(lambda: wanted(self._facts.held))
                with gevent.Timeout(SEND_S, TimeoutError("the worker takes no frame")):
                    client.sendall(frame)
        except (OSError, frames.FrameError) as error:
            log.warning("a worker's connection is closed: %s", error)
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _take(self, connection: int, message: dict[str, Any]) -> None:
        worker = self._facts.workers[connection]
        kind = message["kind"]
        if kind == "counters":
            self._metrics.take(connection, message, lambda: gevent.sleep(0))
        elif kind == "applied":
            worker.applied = _version(message)
            worker.refused = ""
            self._metrics.applied(message)
            self._on_change()
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


def news_frame(topic: str, body: Any) -> bytes:
    """Raises FrameError for a body that is no frame."""
    return frames.pack({"kind": "news", "topic": topic, "body": body})


def identity_text(held: Identity | None) -> str:
    """For log lines."""
    return f"version {held.number} of {held.incarnation[:8]}" if held else "no version"


def asked_items(message: dict[str, Any]) -> list[tuple[int, str, Any]]:
    """The items of an ``asks`` frame. Raises FrameError if they are none, or too many."""
    items = message.get("items")
    if not isinstance(items, list) or len(items) > frames.MAX_ASKS:
        raise frames.FrameError(f"asks without items, or with more than {frames.MAX_ASKS}")
    for item in items:
        if not isinstance(item, list) or len(item) != 3:
            raise frames.FrameError("a question that is no list of number, topic and body")
        if not isinstance(item[0], int) or not isinstance(item[1], str):
            raise frames.FrameError("a question whose number is none, or whose topic is no text")
    return [(number, topic, body) for number, topic, body in items]


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
