"""The engine of a worker without its process: rules as text, requests and answers as bytes, one fake client.

Upstreams are real targets; tests that need them use a real edge instead. What is recorded can be looked at.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from edge.access_log.json_lines import Entry, Timestamps, entry
from edge.access_log.log import AccessLog
from edge.access_log.output import Output
from edge.deadlines import Sweeper
from edge.downstream.connection import Downstream
from edge.downstream.limits import Limits
from edge.engine import Engine
from edge.http.names import response_names
from edge.limiting.verdict import Limiting
from edge.postbox import Postbox
from edge.telemetry.telemetry import Telemetry
from edge.transport import NEVER, Take, Then
from edge.upstream.resolver import Resolver
from edge.upstream.upstreams import Upstreams
from edge.versions.files import VersionFiles
from edge.versions.pace import Pace
from edge.versions.reader import VersionParts, VersionReader
from edge.versions.snapshot import Snapshot, build
from tests.support.versions import write_version


class FakeTransport:
    """A client that sends ``data`` and reads everything."""

    def __init__(self, data: bytes) -> None:
        self.incoming = [data] if data else []
        self.sent = b""
        self.closed = False
        self.read_deadline = self.write_deadline = NEVER
        self.write_timeout = 0.0
        self.on_unread: Callable[[], None] | None = None

    def recv(self, _size: int, _take: Take | None = None) -> bytes:
        return self.incoming.pop(0) if self.incoming else b""

    def send(self, data: bytes) -> None:
        self.sent += data

    def post(self, data: bytes, _box: Postbox, then: Then | None = None) -> None:
        self.send(data)
        if then is not None:
            then(None)

    def shutdown(self, _how: int) -> None: ...

    def arm(self) -> None: ...

    def peek(self) -> bytes | None:
        return None

    def close(self) -> None:
        self.closed = True


class KeptLog(AccessLog):
    """Keeps its entries."""

    def __init__(self) -> None:
        super().__init__(Output("-"), on_dropped=lambda _: None)

    @property
    def kept(self) -> list[Entry]:
        return [entry(each, 0.0, Timestamps()) for each in self._waiting]


class InProcess:
    """``ask`` it; ``publish`` other rules."""

    def __init__(self, directory: Path, rules: str, limiter: Limiting | None = None) -> None:
        self.files = VersionFiles(directory)
        self.reader = VersionReader(self.files)
        self.log = KeptLog()
        limits, sweeper = Limits(), Sweeper()
        self.engine = Engine(
            snapshot=Snapshot(), limits=limits, sweeper=sweeper, telemetry=Telemetry(), access_log=self.log
        )
        self.engine.limiter = limiter
        self.upstreams = Upstreams(
            sweeper=sweeper,
            resolver=Resolver(),
            names=response_names(),
            limits=limits,
            context=ssl.create_default_context(),
        )
        self.number = 0
        self.publish(rules)

    def publish(self, rules: str) -> Snapshot:
        """Without a loader: the snapshot is simply put in place."""
        self.number += 1
        write_version(self.files, rules, self.number)
        engine, draft = self.engine, self.upstreams.draft()
        snapshot = build(self.parts(), draft, engine.snapshot, Pace(), engine.limiter, engine.auth)
        self.upstreams.take(draft)
        engine.snapshot = snapshot
        return self.engine.snapshot

    def parts(self) -> VersionParts:
        parts = self.reader.read(Pace())
        assert parts is not None
        return parts

    def ask(self, data: bytes | str, peer: str = "192.0.2.7") -> bytes:
        """Everything the edge says to these bytes. Text becomes a GET of that path."""
        if isinstance(data, str):
            data = f"GET {data} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode()
        transport = FakeTransport(data)
        Downstream(self.engine, transport, peer, 80, "http").serve()  # type: ignore[arg-type]
        return transport.sent

    def status(self, data: bytes | str, peer: str = "192.0.2.7") -> int:
        return int(self.ask(data, peer).split(b" ")[1])
