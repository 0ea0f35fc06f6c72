"""Requests that came before, byte for byte: what they ask for and which rule is theirs need not be found out again.

Under load, much of the traffic is the same few requests. One that was understood twice is remembered with its rule, as
long as the version is the same, and the next one begins behind ``match``. Nothing is remembered whose rule may depend
on more than the bytes: on who is connected, and where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.fast_path.way import way_of
from edge.http.request_reader import whole
from weir.routing.entry import Entry

if TYPE_CHECKING:
    from edge.exchange import Exchange
    from edge.http.known_heads import KnownHead

MAX_REQUESTS = 2048
"""Remembered in a worker; at the bound all are forgotten. Each is at most one head that ``KnownHeads`` remembers."""
MAX_SEEN = 8192
"""Hashes of what came once."""
MAX_CANDIDATES = 64
"""Alternatives that may be tested for a request that is remembered."""

_OF_CONNECTION = frozenset({"ip", "port", "scheme"})


class KnownRequest:
    """What ``guard`` and ``match`` found out."""

    __slots__ = (
        "captures",
        "host",
        "host_sent",
        "known",
        "message",
        "method",
        "path",
        "plan",
        "query_string",
        "way",
    )

    def __init__(self, exchange: Exchange, known: KnownHead) -> None:
        self.message = whole(exchange.head)
        """The same for all of them: there is no body, so nothing of it changes."""
        self.known = known
        self.method = exchange.method
        self.host = exchange.host
        self.host_sent = exchange.host_sent
        self.path = exchange.path
        self.query_string = exchange.query_string
        self.plan = exchange.plan
        self.captures = exchange.captures
        self.way = way_of(exchange)
        """None: it is for the pipeline."""

    def tell(self, exchange: Exchange) -> None:
        """What an exchange knows behind ``match``."""
        downstream, plan = exchange.downstream, self.plan
        exchange.known = self.known
        exchange.method = self.method
        exchange.scheme = downstream.scheme
        exchange.port = downstream.port
        exchange.host = self.host
        exchange.host_sent = self.host_sent
        exchange.path = self.path
        exchange.query_string = self.query_string
        exchange.captures = self.captures
        exchange.plan = plan
        if plan is not None:
            exchange.body_limit = plan.body_limit


class KnownRequests:
    """Of one worker and one version."""

    def __init__(self) -> None:
        self.known: dict[bytes, KnownRequest] = {}
        """By all their bytes."""
        self._seen: set[int] = set()

    def came(self, data: bytes, exchange: Exchange) -> None:
        """Before the phases of its rule, which change what they like."""
        mark = hash(data)
        if mark not in self._seen:
            if len(self._seen) >= MAX_SEEN:
                self._seen.clear()
            self._seen.add(mark)
            return
        snapshot = exchange.snapshot
        if exchange.known is None or snapshot is not exchange.downstream.engine.snapshot:
            return
        if _may_differ(snapshot.table.candidates(exchange.host, exchange.path)):
            return
        if len(self.known) >= MAX_REQUESTS:
            self.known.clear()
        self.known[data] = KnownRequest(exchange, exchange.known)

    def forget(self) -> None:
        """Another version is in service."""
        self.known.clear()
        self._seen.clear()


def _may_differ(candidates: list[Entry]) -> bool:
    """Whether the same bytes may get another rule."""
    if len(candidates) > MAX_CANDIDATES:
        return True
    return any(term.field in _OF_CONNECTION for entry in candidates for term in entry.rest)
