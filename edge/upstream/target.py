"""One ``scheme://host:port`` as a worker sees it: its idle connections, its addresses. Survives a publish.

Idle connections wait in a stack, newest last; the newest is taken first, so that the oldest run out. A connection whose
other end closes, or sends bytes nobody asked for, leaves the pool in the moment the event loop sees it.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Container
from functools import partial
from urllib.parse import urlsplit

from edge.deadlines import Sweeper
from edge.downstream.limits import Limits
from edge.http.names import ResponseNames
from edge.transport import NEVER, Transport
from edge.upstream.balance.latency import Latency
from edge.upstream.balance.rendezvous import hash_of
from edge.upstream.connect import connect
from edge.upstream.connection import UpstreamConnection
from edge.upstream.errors import Cause, Sent, Stage, UpstreamError
from edge.upstream.resolver import CannotResolve, Resolver, is_address

MAX_ADDRESSES_TRIED = 4
"""Addresses of a name that one new connection tries, as long as they refuse; all within its time."""
DEFAULT_PORTS = {"http": 80, "https": 443}


class Target:
    """Connections to one target; ``acquire`` one, then ``release`` or ``discard`` it."""

    __slots__ = (
        "_connecting", "_current", "_idle", "_limits", "_names", "_resolver", "_sweeper", "_tls", "_turn",
        "authority", "connections", "host", "latency", "port", "retired", "seed", "url",
    )  # fmt: skip

    def __init__(
        self,
        url: str,
        *,
        sweeper: Sweeper,
        resolver: Resolver,
        names: ResponseNames,
        limits: Limits,
        context: ssl.SSLContext | None,
    ) -> None:
        """``context`` for https. Raises ValueError for a URL without host."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError(f"{url} is no target")
        self.url = url
        self.host = parts.hostname
        self.port = parts.port or DEFAULT_PORTS[parts.scheme]
        self.authority = parts.netloc.encode("ascii")
        self.connections = 0
        """Open ones, idle and in use."""
        self.retired = False
        """No version names it any more: connections are not kept."""
        self.latency = Latency()
        """Measured only where an upstream balances by it."""
        self.seed = hash_of(url)
        self._connecting = 0
        self._current: Container[str] | None = None
        """Addresses that may be kept connected; None: whatever there is."""
        self._idle: deque[UpstreamConnection] = deque()
        self._limits = limits
        self._names = names
        self._resolver = resolver
        self._sweeper = sweeper
        self._tls = (context, self.host.rstrip(".")) if context else None
        self._turn = 0

    @property
    def idle(self) -> int:
        """How many connections wait for a request."""
        return len(self._idle)

    @property
    def in_flight(self) -> int:
        """Requests that have a connection or wait for one; it follows from what is open, so nothing is forgotten."""
        return self.connections - len(self._idle) + self._connecting

    def acquire(self, connect_s: float, *, fresh: bool = False, careful: bool = False) -> UpstreamConnection:
        """An idle connection, else a new one (always if ``fresh``). Raises UpstreamError.

        ``careful``: look once more whether an idle one was closed, for requests that must not be repeated.
        """
        while self._idle and not fresh:
            connection = self._idle.pop()
            transport = connection.transport
            if careful and transport.peek() is not None:
                self.discard(connection)
                continue
            transport.read_deadline = NEVER
            connection.idle = False
            connection.reused = True
            return connection
        return self._connect(connect_s)

    def idle_one(self) -> UpstreamConnection | None:
        """An idle connection, if there is one; ``release``, ``keep`` or ``discard`` it."""
        if not self._idle:
            return None
        connection = self._idle.pop()
        connection.idle = False
        connection.reused = True
        return connection

    def release(self, connection: UpstreamConnection) -> None:
        """The exchange is over; the connection is kept if it is clean and there is room."""
        if connection.reader.may_be_reused():
            self.keep(connection, time.monotonic())
        else:
            self.discard(connection)

    def keep(self, connection: UpstreamConnection, now: float) -> None:
        """As ``release``, of a connection on which nothing, or a whole answer, came. Monotonic seconds."""
        transport = connection.transport
        if (
            self.retired
            or len(self._idle) >= self._limits.max_pooled
            or not transport.fit_for_another()
            or (self._current is not None and connection.address not in self._current)
        ):
            self.discard(connection)
            return
        connection.idle = True
        transport.read_deadline = now + self._limits.pooled_s
        transport.arm()
        self._idle.append(connection)

    def discard(self, connection: UpstreamConnection) -> None:
        """Closes it."""
        if not connection.transport.closed:
            self.connections -= 1
            self._sweeper.remove(connection.transport)
            connection.transport.close()
            connection.reader.close()

    def retire(self) -> None:
        """Closes what is idle; what is in use is closed when it is done."""
        self.retired = True
        while self._idle:
            self.discard(self._idle.pop())

    def keep_only(self, addresses: Container[str]) -> None:
        """The name has these addresses now: idle connections to others close, those in use when they are done."""
        self._current = addresses
        for connection in [one for one in self._idle if one.address not in addresses]:
            self._idle.remove(connection)
            self.discard(connection)

    def _leave(self, connection: UpstreamConnection) -> None:
        """Runs in the hub: the other end closed an idle connection, or its time in the pool is over."""
        if connection.idle:
            self._idle.remove(connection)
            self.discard(connection)

    def _connect(self, within_s: float) -> UpstreamConnection:
        self._connecting += 1
        try:
            transport, address = self._first_reachable(time.monotonic() + within_s, self._addresses(within_s))
        finally:
            self._connecting -= 1
        self.connections += 1
        connection = UpstreamConnection(transport, self._names, address)
        transport.on_unread = partial(self._leave, connection)
        return connection

    def _first_reachable(self, until: float, addresses: tuple[str, ...]) -> tuple[Transport, str]:
        """Nothing may listen on one address of a name, as often for ``localhost``: the next one is asked then."""
        for address in addresses[:-1]:
            try:
                return self._connected(address, until), address
            except UpstreamError as error:
                if error.cause is not Cause.UNREACHABLE:
                    raise
        return self._connected(addresses[-1], until), addresses[-1]

    def _connected(self, address: str, until: float) -> Transport:
        return connect(address, self.port, until - time.monotonic(), self._sweeper, self._tls)

    def _addresses(self, within_s: float) -> tuple[str, ...]:
        """Some of them, with another one in front every time; those of IPv6 behind those of IPv4."""
        try:
            found = self._resolver.addresses(self.host, within_s)
        except CannotResolve as error:
            raise UpstreamError(
                Cause.UNREACHABLE, str(error), stage=Stage.CONNECT, sent=Sent.NOTHING
            ) from None
        first = tuple([address for address in found if ":" not in address]) or found
        rest = found[len(first) :]
        self._turn = (self._turn + 1) % len(first)
        return (first[self._turn :] + first[: self._turn] + rest)[:MAX_ADDRESSES_TRIED]

    @property
    def is_encrypted(self) -> bool:
        """Whether its connections speak TLS."""
        return self._tls is not None

    @property
    def is_name(self) -> bool:
        """Whether the host must be resolved."""
        return not is_address(self.host)
