"""Which servers of the store have become others, so that what they held may be lost. Pure.

Known by change, not by first sight: a server of a cluster that this node meets late is an old one of which it wanted
nothing before. A server has become another one if its address has another history than before, or if it was met only
after this node had last heard of a key from the server that held the key until then.
"""

from __future__ import annotations

from typing import NamedTuple

NEVER = float("-inf")
MAX_SERVERS = 1024
"""Of a cluster; the one that was met longest ago makes room, and is met again like one that is not known."""


class Served(NamedTuple):
    """Who answered for a key last."""

    history: str = ""
    """Empty: nobody yet."""
    at: float = NEVER
    changed: float = NEVER
    """When that server became another one, as far as was known then."""


class _Server(NamedTuple):
    history: str
    met: float
    changed: float


class Histories:
    """Of all servers, by address. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._servers: dict[str, _Server] = {}

    def heard(self, place: str, history: str, before: Served, now: float) -> Served:
        """``history`` at ``place`` answered for a key that was served by ``before``."""
        server = self._servers.get(place)
        if server is None or server.history != history:
            changed = NEVER if server is None else now
            server = self._keep(place, _Server(history, now, changed))
        if before.history not in ("", history) and before.at <= server.met > server.changed:
            server = self._keep(place, server._replace(changed=server.met))
        return Served(history, now, server.changed)

    def _keep(self, place: str, server: _Server) -> _Server:
        if place not in self._servers and len(self._servers) >= MAX_SERVERS:
            del self._servers[next(iter(self._servers))]
        self._servers[place] = server
        return server
