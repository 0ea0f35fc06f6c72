"""One connection to each server that is not handed back to its pool between two round trips.

A pool looks at a connection whenever it hands it out, with a poll of gevent's, and counts it twice; together that is a
third of a small round trip. Here the same is asked of the socket itself: if there is nothing to read, the server has
neither closed the connection nor said what nobody waits for. In all other cases, also where the socket cannot be asked
without waiting, as without gevent, the pool has its way.
"""

# mypy: untyped-calls-exclude=redis
# (parts of redis-py carry no annotations)

from __future__ import annotations

import _socket
import os
from typing import Any
from weakref import WeakKeyDictionary

from redis.connection import ConnectionPool


class KeptConnections:
    """Several may take and give at the same time: who comes second gets a connection of the pool's."""

    def __init__(self) -> None:
        self._of_pool: WeakKeyDictionary[ConnectionPool, Any] = WeakKeyDictionary()

    def take(self, pool: ConnectionPool) -> Any | None:
        """None if there is none that can be used as it is."""
        connection = self._of_pool.pop(pool, None)
        if connection is None:
            return None
        if _is_still_good(pool, connection) and is_quiet(connection):
            return connection
        pool.release(connection)
        return None

    def give(self, pool: ConnectionPool, connection: Any) -> None:
        """All its answers have been read."""
        if self._of_pool.setdefault(pool, connection) is not connection:
            pool.release(connection)


def _is_still_good(pool: ConnectionPool, connection: Any) -> bool:
    """Of this process, to the server that the pool leads to now (which Sentinel may change), and not to be renewed."""
    return bool(
        connection.pid == os.getpid()
        and pool.owns_connection(connection)
        and not connection.should_reconnect()
    )


def is_quiet(connection: Any) -> bool:
    """Whether it is open, as far as is known here, and nothing waits to be read. Never blocks."""
    sock, reader = connection._sock, getattr(connection._parser, "_reader", None)
    if reader is None or reader.has_data() or (hasattr(sock, "pending") and sock.pending()):
        return False
    bare = getattr(sock, "_sock", None)  # what gevent's socket works on
    if not isinstance(bare, _socket.socket) or bare.gettimeout() != 0:
        return False
    try:
        bare.recv(1, _socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
