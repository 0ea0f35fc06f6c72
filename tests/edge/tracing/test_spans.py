"""Tuples become spans."""

from __future__ import annotations

from random import Random
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from edge.access_log.attempt import Attempt
from edge.tracing.spans import Encoder, timed
from tests.support.collector import attributes
from weir.models.auth.caller import Caller

SERVED = ("u", 200, 10.5, 10.75, "http://10.0.0.1:8080", True)
TAKEN = (
    "a" * 32, "b" * 16, "c" * 16, 10.0, 11.0, "GET", "http", "a.test", 80, "/p", "1.1", "probe/1", "192.0.2.7", 200,
    "", "id", "shop", "u", 3,
)  # fmt: skip


def spans(*taken: tuple[Any, ...]) -> list[Any]:
    data = Encoder("0.1", "n1", Random(1)).encode(taken, 1_000_000_000.0)
    (resource,) = ExportTraceServiceRequest.FromString(data).resource_spans
    assert attributes(resource.resource) == {
        "service.name": "weir",
        "service.version": "0.1",
        "service.instance.id": "n1",
    }
    return list(resource.scope_spans[0].spans)


def test_a_request_with_one_attempt_is_a_server_span_with_a_client_span() -> None:
    server, client = spans((*TAKEN, (), SERVED, None))
    assert (server.trace_id.hex(), server.span_id.hex(), server.parent_span_id.hex()) == TAKEN[:3]
    assert (server.kind, server.name, server.status.code) == (server.SPAN_KIND_SERVER, "GET", 0)
    assert (server.start_time_unix_nano, server.end_time_unix_nano) == (
        1_000_000_010 * 10**9,
        1_000_000_011 * 10**9,
    )
    assert attributes(server) == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "url.path": "/p",
        "server.address": "a.test",
        "server.port": 80,
        "client.address": "192.0.2.7",
        "network.protocol.version": "1.1",
        "user_agent.original": "probe/1",
        "http.response.status_code": 200,
        "weir.rule": "shop",
        "weir.upstream": "u",
        "weir.version": 3,
        "weir.request_id": "id",
    }
    assert (client.kind, client.parent_span_id) == (client.SPAN_KIND_CLIENT, server.span_id)
    assert (client.trace_id, len(client.span_id)) == (server.trace_id, 8)
    assert client.start_time_unix_nano == 1_000_000_010_500_000_000
    assert attributes(client) == {
        "http.request.method": "GET",
        "server.address": "10.0.0.1",
        "server.port": 8080,
        "url.full": "http://10.0.0.1:8080/p",
        "http.response.status_code": 200,
    }


def test_who_called_is_told() -> None:
    caller = Caller(method="token", credential="jti-1", client="app")
    server, _ = spans((*TAKEN, (), SERVED, caller))
    found = attributes(server)
    assert [found[f"weir.{name}"] for name in ("auth", "consumer", "credential")] == [
        "token",
        "client app",
        "jti-1",
    ]


def test_failed_attempts_come_first_with_their_error() -> None:
    failed = Attempt("http://s", 100.0, error="connect: Connection refused", retry="granted", wait_ms=50.0)
    server, first, second = spans((*TAKEN, (failed,), SERVED, None))
    assert first.status.code == first.status.STATUS_CODE_ERROR
    assert first.status.message == "connect: Connection refused"
    assert attributes(first)["error.type"] == "connect"
    assert attributes(second)["http.request.resend_count"] == 1
    assert first.start_time_unix_nano >= server.start_time_unix_nano
    assert second.start_time_unix_nano - first.end_time_unix_nano == 50_000_000


def test_an_error_of_the_edge_is_one_of_the_span_and_a_client_that_left_is_none() -> None:
    (refused,) = spans((*TAKEN[:13], 503, "no-target", *TAKEN[15:], (), None, None))
    assert (refused.status.code, attributes(refused)["error.type"]) == (
        refused.status.STATUS_CODE_ERROR,
        "503",
    )
    (left,) = spans((*TAKEN[:13], 499, "client-gone", *TAKEN[15:], (), None, None))
    assert (left.status.code, attributes(left)["error.type"]) == (0, "client-gone")
    assert "http.response.status_code" not in attributes(left)


def test_a_trace_that_begins_here_has_no_parent() -> None:
    (server,) = spans((*TAKEN[:2], "", *TAKEN[3:], (), None, None))
    assert server.parent_span_id == b""


def test_the_times_of_failed_attempts_follow_from_the_end() -> None:
    one, two = Attempt("a", 100.0, wait_ms=50.0), Attempt("b", 200.0)
    assert [(round(begun, 6), round(over, 6)) for begun, over, _ in timed((one, two), None, 10.0)] == [
        (9.65, 9.75),
        (9.8, 10.0),
    ]
