"""What was put aside of requests, as OTLP: needs the extra ``otel`` (opentelemetry-proto).

Names follow the semantic conventions for HTTP (server and client spans, 1.41); ``weir.*`` are our own. Paths are told
without their query, which may hold secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from edge.access_log.attempt import Attempt, attempt_of

Value = str | int


class Encoder:
    """Of one worker."""

    def __init__(self, version: str, node: str, random: Random) -> None:
        """``version`` is Weir's."""
        resource = {"service.name": "weir", "service.version": version, "service.instance.id": node}
        self._resource = Resource(attributes=_attributes(resource))
        self._scope = InstrumentationScope(name="weir", version=version)
        self._random = random

    def encode(self, taken: Sequence[tuple[Any, ...]], wall: float) -> bytes:
        """An ``ExportTraceServiceRequest``. ``wall`` is Unix time when the monotonic clock was 0."""
        spans = [span for each in taken for span in self._spans(each, wall)]
        scoped = ScopeSpans(scope=self._scope, spans=spans)
        whole = ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=self._resource, scope_spans=[scoped])]
        )
        data: bytes = whole.SerializeToString()
        return data

    def _spans(self, taken: tuple[Any, ...], wall: float) -> Iterator[Span]:
        (
            trace_id, span_id, parent_id, started, ended, method, scheme, host, port, path, version, agent, ip,
            status, code, request_id, rule, upstream, number, attempts, served, caller,
        ) = taken  # fmt: skip
        failed = code if status == 499 else str(status) if status >= 500 else ""
        server = Span(
            trace_id=bytes.fromhex(trace_id),
            span_id=bytes.fromhex(span_id),
            parent_span_id=bytes.fromhex(parent_id),
            flags=1,
            name=method or "HTTP",
            kind=Span.SPAN_KIND_SERVER,
            start_time_unix_nano=_nanoseconds(wall + started),
            end_time_unix_nano=_nanoseconds(wall + ended),
            attributes=_attributes(
                {
                    "http.request.method": method,
                    "url.scheme": scheme,
                    "url.path": path,
                    "server.address": host,
                    "server.port": port,
                    "client.address": ip,
                    "network.protocol.version": version,
                    "user_agent.original": agent,
                    "http.response.status_code": 0 if status == 499 else status,
                    "error.type": failed,
                    "weir.rule": rule,
                    "weir.upstream": upstream,
                    "weir.version": number,
                    "weir.code": code,
                    "weir.request_id": request_id,
                    "weir.auth": "" if caller is None else caller.method,
                    "weir.consumer": "" if caller is None else caller.counted_as or "",
                    "weir.credential": "" if caller is None else caller.credential,
                }
            ),
            status=Status(code=Status.STATUS_CODE_ERROR) if status >= 500 else None,
        )
        yield server
        for tries, (begun, over, attempt) in enumerate(timed(attempts, served, ended)):
            yield self._attempt(server, method, path, tries, attempt, wall + begun, wall + over)

    def _attempt(
        self, server: Span, method: str, path: str, tries: int, attempt: Attempt, begun: float, over: float
    ) -> Span:
        parts = urlsplit(attempt.target)
        stage = attempt.error.partition(":")[0]
        return Span(
            trace_id=server.trace_id,
            span_id=(self._random.getrandbits(64) or 1).to_bytes(8, "big"),
            parent_span_id=server.span_id,
            flags=1,
            name=method or "HTTP",
            kind=Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=_nanoseconds(begun),
            end_time_unix_nano=_nanoseconds(over),
            attributes=_attributes(
                {
                    "http.request.method": method,
                    "server.address": parts.hostname or "",
                    "server.port": parts.port or (443 if parts.scheme == "https" else 80),
                    "url.full": attempt.target + path,
                    "http.response.status_code": attempt.status,
                    "http.request.resend_count": tries,
                    "error.type": stage or (str(attempt.status) if attempt.status >= 400 else ""),
                    "weir.retry": attempt.retry,
                }
            ),
            status=_status(attempt),
        )


def timed(attempts: Sequence[Attempt], served: Any, ended: float) -> list[tuple[float, float, Attempt]]:
    """Begin and end of each, in monotonic seconds; of those that failed they follow from the ones behind them."""
    found: list[tuple[float, float, Attempt]] = []
    over = ended
    if served is not None:
        found.append((served[2], ended, attempt_of(served)))
        over = served[2]
    for attempt in reversed(attempts):
        over -= attempt.wait_ms / 1000
        begun = over - attempt.ms / 1000
        found.append((begun, over, attempt))
        over = begun
    return found[::-1]


def _status(attempt: Attempt) -> Status | None:
    if attempt.error:
        return Status(code=Status.STATUS_CODE_ERROR, message=attempt.error)
    return Status(code=Status.STATUS_CODE_ERROR) if attempt.status >= 400 else None


def _attributes(values: Mapping[str, Value]) -> list[KeyValue]:
    """Those that say something."""
    return [
        KeyValue(
            key=key,
            value=AnyValue(string_value=value) if isinstance(value, str) else AnyValue(int_value=value),
        )
        for key, value in values.items()
        if value
    ]


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1_000_000) * 1000
