"""What all exchanges of one worker share. Made once, by the worker, and handed down; there are no globals."""

from __future__ import annotations

import secrets
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from edge.access_log.log import AccessLog
from edge.auth.services import AuthServices
from edge.deadlines import Sweeper
from edge.downstream.address_counts import AddressCounts
from edge.downstream.known_requests import KnownRequests
from edge.downstream.limits import Limits
from edge.forwarding.mirror import Mirrors
from edge.http.date import Date
from edge.http.names import request_names
from edge.limiting.limiter import Limiter
from edge.link.asks import Asks
from edge.postbox import Postbox
from edge.telemetry.telemetry import Telemetry
from edge.tracing.trace_context import NewTraces

if TYPE_CHECKING:
    from edge.downstream.connection import Downstream
    from edge.telemetry.sampler import Sampler
    from edge.tracing.tracer import Tracer
    from edge.versions.snapshot import Snapshot


class Engine:
    """``snapshot`` is replaced when a version is published, with the upstreams at work; nobody sees half of that."""

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        limits: Limits,
        sweeper: Sweeper,
        telemetry: Telemetry,
        access_log: AccessLog,
    ) -> None:
        self.snapshot = snapshot
        self.limits = limits
        self.sweeper = sweeper
        self.telemetry = telemetry
        self.access_log = access_log
        self.names = request_names()
        self.requests = KnownRequests()
        self.date = Date()
        self.postbox = Postbox()
        self.connections: set[Downstream] = set()
        self.addresses = AddressCounts()
        self.mirrors = Mirrors(telemetry)
        self.asks = Asks()
        self.limiter = Limiter(self.asks)
        self.auth = AuthServices(self.asks, self._max_stale_s)
        self.tracer: Tracer | None = None
        """None: no spans are recorded."""
        self.sampler: Sampler | None = None
        """None: nobody watches requests."""
        self.draining = False
        self.random = Random(secrets.randbits(256))  # noqa: S311 - ids of traces are no secrets
        self.traces = NewTraces(self.random)
        self._prefix = secrets.token_hex(12)
        self._numbers = count(secrets.randbits(24))

    def new_request_id(self) -> str:
        """Unique; 96 random bits of this worker and a number."""
        return f"{self._prefix}{next(self._numbers):08x}"

    def _max_stale_s(self) -> float:
        return self.snapshot.settings.credentials_max_stale_ms / 1000

    def watch(self, sampler: Sampler | None) -> None:
        """Begins or ends that somebody watches requests."""
        self.sampler = sampler

    @property
    def is_fast(self) -> bool:
        """Whether requests may take the fast path: nobody follows their spans, and connections stay open."""
        return not self.draining and self.tracer is None

    def drain(self) -> None:
        """From now on every answer closes its connection, and idle connections are closed at once."""
        self.draining = True
        for connection in list(self.connections):
            connection.close_if_idle()

    def end_connections(self) -> None:
        """The time for a graceful end is over."""
        for connection in list(self.connections):
            connection.end()
