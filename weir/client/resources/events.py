"""``events``: changes as they happen."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from weir.api.events import (
    CountersEvent,
    CredentialEvent,
    DrainEvent,
    EventsQuery,
    HealthEvent,
    IssuerEvent,
    NodeEvent,
    ResetEvent,
    VersionEvent,
)
from weir.client.calls import Calls

TYPES: dict[str, type[msgspec.Struct]] = {
    "version": VersionEvent,
    "drain": DrainEvent,
    "credential": CredentialEvent,
    "issuer": IssuerEvent,
    "node": NodeEvent,
    "health": HealthEvent,
    "counters": CountersEvent,
    "reset": ResetEvent,
}


class Events:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def stream(self, query: EventsQuery | None = None, last_event_id: str = "") -> Iterator[msgspec.Struct]:
        """Without end; a type that this client does not know is passed over."""
        for event in self._calls.follow("events.stream", query=query, last_event_id=last_event_id):
            if event.name in TYPES:
                yield msgspec.json.decode(event.data, type=TYPES[event.name])
