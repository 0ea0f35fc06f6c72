"""A connection to the store, whatever its shape: ``connect(url)`` gives a Client that hides redis-py.

* Nothing connects before the first command: an edge must start while the store is away.
* Nothing is retried here; who asks decides whether asking again is safe.
* Every command names the key that decides which server it goes to.
* Works with and without gevent's monkey patching.
"""

# mypy: untyped-calls-exclude=redis
# (parts of redis-py carry no annotations)

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, NamedTuple

import redis
from redis import exceptions as foreign

from weir.store.border import foreign_errors
from weir.store.errors import StoreAway, StoreError
from weir.store.pipelines import Info, Pipelines
from weir.store.script_calls import ScriptCall
from weir.store.topologies import Timeouts, Topology, place_of, topology_of
from weir.store.url import parse_url

OLDEST_REDIS = (7, 0)
MAX_REDIRECTS = 5
_MGET_BATCH = 100
_SCAN_COUNT = 1000


class Server(NamedTuple):
    """Who answers: ``redis`` or ``valkey``, and its version."""

    name: str
    version: str


def connect(url: str, *, timeout_s: float = 3.0, connect_timeout_s: float = 1.0) -> Client:
    """A client for ``url`` (see ``weir.store.url``); it connects at the first command.

    ``timeout_s`` is the longest silence of the server within one command, ``connect_timeout_s`` the longest connect.
    Raises StoreError if the URL cannot be read.
    """
    parsed = parse_url(url)
    return Client(topology_of(parsed, Timeouts(timeout_s, connect_timeout_s)), parsed.shown(), timeout_s)


class Client:
    """Commands to the store. Raises StoreAway and StoreError, nothing else; may be shared by threads and greenlets."""

    def __init__(self, topology: Topology, where: str, timeout_s: float) -> None:
        self.where = where
        """The URL without user and password."""
        self.timeout_s = timeout_s
        self._topology = topology
        self._server: Server | None = None
        self._pipelines = Pipelines(topology, self._check)

    def server(self) -> Server:
        """Who answers; asked once. Raises StoreError if it is too old."""
        if self._server is None:
            with self.session(""):
                pass
        if self._server is None:
            raise StoreError(f"the store at {self.where} does not say what it is")
        return self._server

    @contextmanager
    def session(self, key: str) -> Iterator[Session]:
        """One connection to the server that holds ``key``, for commands that must follow each other on it.

        Fails before anything is sent if the server cannot be reached.
        """
        with foreign_errors(self.where, sent=False):
            server = self._topology.server_of(key)
            with self._suspected(server):
                connection = bound(server)
        session = Session(self._topology, connection, self.where)
        try:
            if self._server is None:
                self._server = supported(session.call("INFO", "server"), self.where)
            yield session
        finally:
            session.close()

    def call(self, command: str, key: str, *arguments: str | int | bytes) -> Any:
        """One command whose first argument is its key."""
        with self.session(key) as session:
            return session.call(command, key, *arguments)

    def get_many(self, keys: Iterable[str]) -> list[bytes | None]:
        """The strings at ``keys``: MGET in batches; on a cluster, where keys live apart, one GET each."""
        wanted = list(keys)
        if self._topology.spread:
            return [self.call("GET", key) for key in wanted]
        found: list[bytes | None] = []
        for start in range(0, len(wanted), _MGET_BATCH):
            batch = wanted[start : start + _MGET_BATCH]
            found.extend(self.call("MGET", batch[0], *batch[1:]))
        return found

    def keys(self, pattern: str) -> Iterator[str]:
        """The names of all keys that match (as SCAN does it), of every server; some perhaps twice."""
        with foreign_errors(self.where, sent=False):
            servers = self._topology.servers()
        for server in servers:
            cursor: int | bytes = 0
            while True:
                with foreign_errors(self.where, sent=False), self._suspected(server):
                    cursor, found = server.execute_command(
                        "SCAN", cursor, "MATCH", pattern, "COUNT", _SCAN_COUNT
                    )
                yield from (name.decode() for name in found)
                if not cursor:
                    break

    def pipeline(self, calls: Sequence[ScriptCall]) -> list[Any]:
        """One round trip for each server that the calls concern; for each call its reply or a StoreError (not raised).

        Raises StoreAway if no call got an answer. Nothing is sent twice but for what was surely not carried out.
        """
        answers = [self._own(answer) for answer in self._pipelines.run(calls)]
        if answers and all(isinstance(answer, StoreAway) for answer in answers):
            raise next((away for away in answers if away.sent), answers[0])
        return answers

    def history(self, key: str) -> str:
        """``run_id:replid`` of the server that holds ``key``, as its newest connection told; "" before the first
        ``pipeline`` there. Data that was lost or taken back (restart, failover) has another one. Asks nobody."""
        return self._pipelines.history(key)

    def suspect_history(self, key: str) -> None:
        """Read the history of the server that holds ``key`` again before the next ``pipeline`` there."""
        self._pipelines.suspect(key)

    def place(self, key: str) -> str:
        """``host:port`` of the cluster's server that holds ``key``, as far as is known; "" elsewhere. Asks nobody."""
        server = self._topology.peek(key) if self._topology.spread else None
        return place_of(server) if server is not None else ""

    def subscribe(self, channel: str) -> Subscription:
        """Listen to a channel; messages sent before that are not heard."""
        with foreign_errors(self.where, sent=False):
            server = self._topology.server_of(channel)
            with self._suspected(server):
                return Subscription(server, channel, self.where)

    def close(self) -> None:
        """Drop every connection; the next command connects again."""
        self._topology.close()

    def _check(self, info: Info) -> None:
        self._server = supported(info, self.where)

    @contextmanager
    def _suspected(self, server: redis.Redis) -> Iterator[None]:
        """If it fails, another one may serve its keys by now."""
        try:
            yield
        except (foreign.ConnectionError, foreign.TimeoutError, OSError, StoreAway):
            self._topology.suspect(server)
            raise

    def _own(self, answer: Any) -> Any:
        if not isinstance(answer, Exception):
            return answer
        try:
            with foreign_errors(self.where, sent=True):
                raise answer
        except StoreError as error:
            return error


class Session:
    """Commands on one connection. Follows a cluster's redirections, which only ever answer commands not carried out."""

    def __init__(self, topology: Topology, connection: redis.Redis, where: str) -> None:
        self._topology = topology
        self._connection = connection
        self._where = where

    def call(self, *command: str | int | bytes) -> Any:
        with foreign_errors(self._where, sent=True):
            try:
                return self._call(command)
            except (foreign.ConnectionError, foreign.TimeoutError, foreign.ClusterDownError):
                self._topology.suspect(self._connection)
                raise

    def close(self) -> None:
        """Hand the connection back."""
        self._connection.close()

    def _call(self, command: tuple[str | int | bytes, ...]) -> Any:
        for _ in range(MAX_REDIRECTS):
            try:
                return self._connection.execute_command(*command)
            except foreign.AskError as error:
                self._move(error)
        raise foreign.ClusterDownError(f"{MAX_REDIRECTS} servers in turn sent the command on")

    def _move(self, error: foreign.AskError) -> None:
        self._connection.close()
        self._connection = bound(self._topology.redirected(error))
        if not isinstance(error, foreign.MovedError):
            self._connection.execute_command("ASKING")


class Subscription:
    """One channel on one connection; ``connect``'s half of ``feed.Wake``."""

    def __init__(self, server: redis.Redis, channel: str, where: str) -> None:
        self._where = where
        self._pubsub = server.pubsub()
        with foreign_errors(where, sent=False):
            self._pubsub.subscribe(channel)

    def next(self, timeout_s: float) -> str | None:
        """The kind of the next thing heard (``message``, ``pong``, ``subscribe``), or None after ``timeout_s``."""
        with foreign_errors(self._where, sent=False):
            heard = self._pubsub.get_message(timeout=timeout_s)
        return None if heard is None else str(heard["type"])

    def ping(self) -> None:
        """Ask for a ``pong``, which only a live connection brings."""
        with foreign_errors(self._where, sent=False):
            self._pubsub.ping()

    def close(self) -> None:
        self._pubsub.close()


def bound(server: redis.Redis) -> redis.Redis:
    """As ``server.client()``: one connection of its pool, until it is closed. That makes its table of callbacks anew
    each time, which takes longer than most commands."""
    connection = server.connection_pool.get_connection()
    client = copy(server)
    client.connection, client.auto_close_connection_pool = connection, False
    return client


def supported(info: Mapping[str, Any], where: str) -> Server:
    """Read INFO's ``server`` section; raise StoreError if it is older than Redis 7.0.

    Valkey says ``redis_version:7.2.4`` for old clients; its own version stands in ``valkey_version``.
    """
    if str(info.get("server_name", "")) == "valkey":
        return Server("valkey", str(info.get("valkey_version", "")))
    version = str(info.get("redis_version", ""))
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if not numbers:
        raise StoreError(f"the store at {where} does not say which version of Redis or Valkey it is")
    if (int(numbers[1]), int(numbers[2])) < OLDEST_REDIS:
        raise StoreError(f"the store at {where} is Redis {version}; Weir needs Redis 7.0 or newer, or Valkey")
    return Server("redis", version)
