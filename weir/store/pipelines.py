"""Many script calls in one round trip for each server that they concern; ``Client.pipeline`` is its only user.

* What is sent once is not sent again, but for answers that say that nothing was carried out: NOSCRIPT (the script is
  loaded on that connection), MOVED and ASK.
* The history id of a server is read on each new connection, before the first script runs there. A call that carries
  an id of its own is refused if the server turns out to have another: the id was asked for before a failover.
* Raises and returns redis-py's exceptions: ``connect`` translates them.
"""

# mypy: untyped-calls-exclude=redis
# (parts of redis-py carry no annotations)

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import redis
from redis import exceptions as foreign
from redis.connection import AbstractConnection, ConnectionPool

from weir.store.kept_connections import KeptConnections
from weir.store.script_calls import ScriptCall
from weir.store.topologies import Topology

MAX_ROUNDS = 5
"""Times that servers in turn may send a call on."""

Info = dict[str, str]


class NotSent(foreign.MaxConnectionsError):
    """Nothing of the call left this process. (The class of redis-py that ``border`` knows to mean that.)"""


class HistoryChanged(NotSent):
    """The server is not the one, or not in the state, that the caller knew."""


class _Part(NamedTuple):
    """What goes to one server in one round trip: places in the answer, and whether ASKING precedes each."""

    server: redis.Redis
    places: list[int]
    asking: bool


class Pipelines:
    """Connections are the pools' of the topology, one of each kept; of each it is known which history it leads to."""

    def __init__(self, topology: Topology, check: Callable[[Info], object]) -> None:
        """``check`` is called with INFO's lines of every new connection and may raise."""
        self._topology = topology
        self._check = check
        self._kept = KeptConnections()
        self._of_connection: WeakKeyDictionary[AbstractConnection, _Known] = WeakKeyDictionary()
        self._of_server: WeakKeyDictionary[ConnectionPool, _Known] = WeakKeyDictionary()

    def history(self, key: str) -> str:
        """The newest history id of the server that holds ``key``; empty if nothing was sent there yet."""
        server = self._topology.peek(key)
        known = self._of_server.get(server.connection_pool) if server else None
        return known.history if known else ""

    def suspect(self, key: str) -> None:
        """Read the history of the server that holds ``key`` again before the next call."""
        server = self._topology.peek(key)
        known = self._of_server.get(server.connection_pool) if server else None
        if server is not None and known is not None:
            self._of_server[server.connection_pool] = known._replace(reading=known.reading + 1)

    def run(self, calls: Sequence[ScriptCall]) -> list[Any]:
        """For each call its reply, or an exception."""
        answers: list[Any] = [None] * len(calls)
        parts = self._by_server(calls, answers)
        for _ in range(MAX_ROUNDS):
            for part in parts:
                self._run_part(part, calls, answers)
            parts = self._sent_on(answers)
            if not parts:
                break
        return answers

    def _by_server(self, calls: Sequence[ScriptCall], answers: list[Any]) -> list[_Part]:
        parts: dict[int, _Part] = {}
        for place, call in enumerate(calls):
            try:
                server = self._topology.server_of(call.key)
            except (foreign.RedisError, OSError) as error:
                answers[place] = error
                continue
            parts.setdefault(id(server.connection_pool), _Part(server, [], False)).places.append(place)
        return list(parts.values())

    def _sent_on(self, answers: list[Any]) -> list[_Part]:
        """Calls that a cluster's server did not carry out, each for the server that it named."""
        parts: dict[tuple[int, bool], _Part] = {}
        for place, answer in enumerate(answers):
            if not isinstance(answer, foreign.AskError):
                continue
            asking = not isinstance(answer, foreign.MovedError)
            try:
                server = self._topology.redirected(answer)
            except (foreign.RedisError, OSError) as error:
                answers[place] = error
                continue
            key = (id(server.connection_pool), asking)
            parts.setdefault(key, _Part(server, [], asking)).places.append(place)
        return list(parts.values())

    def _run_part(self, part: _Part, calls: Sequence[ScriptCall], answers: list[Any]) -> None:
        """Fills in the answers of one server; one failure is the answer of all of them."""
        pool = part.server.connection_pool
        try:
            connection: Any = self._kept.take(pool) or pool.get_connection()
        except (foreign.RedisError, OSError) as error:
            self._topology.suspect(part.server)
            _fill(answers, part.places, NotSent(error))
            return
        try:
            self._exchange(connection, part, calls, answers)
        except (foreign.RedisError, OSError) as error:
            connection.disconnect()
            self._topology.suspect(part.server)
            _fill(answers, part.places, error)
            pool.release(connection)
        except BaseException:
            connection.disconnect()  # a greenlet that is killed leaves answers behind that nobody waits for
            pool.release(connection)
            raise
        else:
            self._kept.give(pool, connection)

    def _exchange(
        self, connection: AbstractConnection, part: _Part, calls: Sequence[ScriptCall], answers: list[Any]
    ) -> None:
        met, places = self._meet(connection, part.server), part.places
        if met.changed:
            refused = HistoryChanged("the store has another history now")
            _fill(answers, [place for place in places if calls[place].history_at < 0], refused)
            places = [place for place in places if calls[place].history_at >= 0]
        lacking = self._send(connection, places, part.asking, calls, answers, met.history)
        if lacking:
            scripts = {calls[place].script.sha1: calls[place].script for place in lacking}
            _talk(connection, [("SCRIPT", "LOAD", each.source) for each in scripts.values()])
            self._send(connection, lacking, part.asking, calls, answers, met.history)

    def _send(
        self,
        connection: AbstractConnection,
        places: list[int],
        asking: bool,
        calls: Sequence[ScriptCall],
        answers: list[Any],
        history: str,
    ) -> list[int]:
        """One round trip; returns the places of those whose script the server does not know."""
        commands: list[tuple[Any, ...]] = []
        for place in places:
            if asking:
                commands.append(("ASKING",))
            script = calls[place].script
            commands.append((script.evaluate, script.sha1, *calls[place].arguments(history)))
        replies = _talk(connection, commands)
        if asking:
            replies = replies[1::2]
        for place, reply in zip(places, replies, strict=True):
            answers[place] = reply
        return [place for place in places if isinstance(answers[place], foreign.NoScriptError)]

    def _meet(self, connection: AbstractConnection, server: redis.Redis) -> _Met:
        """Who is at the other end; asked once for each new connection, and again after ``suspect``."""
        pool = server.connection_pool
        of_server, known = self._of_server.get(pool), self._of_connection.get(connection)
        reading = of_server.reading if of_server else 0
        if known is not None and known.reading == reading:
            return _Met(known.history, False)
        replies = _talk(connection, [("INFO", "server"), ("INFO", "replication")])
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        info = _lines(replies)
        self._check(info)
        found = f"{info.get('run_id', '')}:{info.get('master_replid', '')}"
        if known is None:
            connection.register_connect_callback(self._reconnected)
        self._of_connection[connection] = self._of_server[pool] = _Known(found, reading)
        return _Met(found, of_server is not None and of_server.history != found)

    def _reconnected(self, connection: AbstractConnection) -> None:
        self._of_connection.pop(connection, None)


class _Known(NamedTuple):
    history: str
    reading: int
    """Grows whenever the server is suspected; what was read earlier is not believed any more."""


class _Met(NamedTuple):
    history: str
    changed: bool
    """Callers may still know another one."""


def _talk(connection: AbstractConnection, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
    """All commands, then all answers; an error answer stands in its place."""
    if not commands:
        return []
    connection.send_packed_command(connection.pack_commands(commands))
    answers: list[Any] = []
    for _ in commands:
        try:
            answers.append(connection.read_response())
        except foreign.ResponseError as error:
            answers.append(error)
    return answers


def _lines(replies: Iterable[bytes]) -> Info:
    found: Info = {}
    for line in b"\n".join(replies).decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found[name] = value
    return found


def _fill(answers: list[Any], places: Iterable[int], error: Exception) -> None:
    for place in places:
        answers[place] = error
