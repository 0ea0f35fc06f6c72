"""Which trailers may go on."""

from __future__ import annotations

import pytest

from edge.http.names import request_names, response_names
from edge.http.trailers import announced, last_chunk, permitted


@pytest.mark.parametrize(
    "name",
    [
        b"Content-Length", b"Transfer-Encoding", b"Trailer", b"Host", b"Connection", b"Upgrade", b"TE", b"Expect",
        b"Authorization", b"Cookie", b"Set-Cookie", b"Content-Type", b"Content-Encoding", b"Content-Range", b"Range",
        b"If-None-Match", b"Cache-Control", b"Location", b"Vary", b"Date", b"X-Forwarded-For", b"X-Real-IP",
        b"Forwarded", b"X-Request-Id", b"X-Weir-Consumer", b"x_weir_consumer", b"Content_Length", b"Set_Cookie",
        b"Access-Control-Allow-Origin", b"Keep-Alive", b"traceparent",
    ],
)  # fmt: skip
def test_what_frames_routes_authenticates_or_controls_never_passes(name: bytes) -> None:
    assert permitted([(name, b"x")], request_names()) == []
    assert announced([name], request_names()) == []


def test_others_pass_as_they_came_without_blanks() -> None:
    raw = [(b"Server-Timing", b" a;dur=1\t"), (b"Digest", b"x"), (b"Grpc-Status", b"0")]
    assert permitted(raw, response_names()) == [
        (b"server-timing", b"Server-Timing", b"a;dur=1"),
        (b"digest", b"Digest", b"x"),
        (b"grpc-status", b"Grpc-Status", b"0"),
    ]


def test_what_is_announced_is_said_once_in_its_order() -> None:
    names = announced([b"B, a ,, b", b"Host,c"], request_names())
    assert names == [b"b", b"a", b"c"]


def test_the_end_of_a_body_with_and_without() -> None:
    assert last_chunk([]) == b"0\r\n\r\n"
    assert last_chunk([(b"a", b"A", b"1"), (b"b", b"B", b"")]) == b"0\r\nA: 1\r\nB: \r\n\r\n"
