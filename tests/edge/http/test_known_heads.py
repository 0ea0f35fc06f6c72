from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.http.framing import Bounds
from edge.http.known_heads import MAX_BYTES, MAX_HEADS, MAX_SEEN, KnownHeads
from edge.http.names import RequestNames, request_names
from edge.http.request_reader import Message, RequestReader

REST = b"Host: a.test\r\nUser-Agent: b\r\n\r\n"

first_lines = st.sampled_from(
    [
        b"GET / HTTP/1.1",
        b"GET /a?b=c HTTP/1.1",
        b"HEAD /a/../b HTTP/1.1",
        b"POST //a HTTP/1.1",
        b"PUT /%zz HTTP/1.1",
        b"GET / HTTP/1.0",
        b"GET / HTTP/2.0",
        b"GET * HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"GET http://b.test/ HTTP/1.1",
        b"GET /#a HTTP/1.1",
        b"GET /\\a HTTP/1.1",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b" GET / HTTP/1.1",
        b"get / HTTP/1.1",
        b"CONNECT a:1 HTTP/1.1",
        b"TRACE / HTTP/1.1",
        b"GET /\xc3\xa9 HTTP/1.1",
        b"GET /a\x00 HTTP/1.1",
        b"GET /a\x7f HTTP/1.1",
        b"PATCH /?a?b HTTP/1.1",
        b"DELETE /a HTTP/1.1",
        b"GET /a\tb HTTP/1.1",
        b"GET /{a} HTTP/1.1",
        b"GET /a|b HTTP/1.1",
        b"",
        b"GET",
        b"GET /",
        b"GET ? HTTP/1.1",
    ]
)  # fmt: skip
rests = st.lists(
    st.sampled_from(
        [
            b"Host: a.test", b"Host: b.test:81", b"Host: [::1]", b"Host: a b", b"User-Agent: x", b"Connection: close",
            b"Connection: keep-alive", b"Connection: X-A", b"X-A: 1", b"Content-Length: 0", b"Content-Length: 3",
            b"Transfer-Encoding: chunked", b"Expect: 100-continue", b"Upgrade: b", b"Connection: upgrade",
            b"TE: trailers", b"X-Weir-Attempt: 2",
            b"X-Forwarded-For: 1.2.3.4", b"traceparent: 00-1", b"Trailer: a", b"X-Weir-Consumer: me", b"Cookie: a=b",
            b"Content_Length: 1", b"X-A : 1", b" folded",
        ]
    ),
    max_size=4,
).map(lambda lines: b"".join(line + b"\r\n" for line in [b"Host: a.test", *lines]) + b"\r\n")  # fmt: skip


def reads(names: RequestNames, data: bytes) -> tuple[Message | None, str]:
    reader = RequestReader(names, 32 * 1024)
    reader.feed(data)
    assert len(reader.ready) <= 1
    return (reader.ready[0] if reader.ready else None), reader.error.code if reader.error else ""


def said(message: Message | None, error: str) -> object:
    if message is None or message.refusal is not None:
        return error or (message and message.refusal and message.refusal.code)
    head = message.head
    return (
        error, message.complete, head.method, head.target, head.version, head.keep_alive, head.fields, head.hosts,
        head.forwarded, head.lengths, head.codings, head.expects, head.upgrade, head.accepts, head.trailers,
        head.length, head.attempt,
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(first_lines, min_size=3, max_size=6), rests)
def test_a_head_means_the_same_however_often_it_came(firsts: list[bytes], rest: bytes) -> None:
    names = request_names()
    for _ in range(2):
        reads(names, b"GET / HTTP/1.1\r\n" + rest)
    for first in firsts:
        data = first + b"\r\n" + rest
        assert said(*reads(names, data)) == said(*reads(request_names(), data))


def test_the_third_time_it_is_recognised() -> None:
    names = request_names()
    data = b"GET /a%20b?c HTTP/1.1\r\n" + REST
    known = [reads(names, data)[0] for _ in range(3)]
    assert [message is not None and message.head.known is not None for message in known] == [
        False,
        False,
        True,
    ]
    head = known[2].head  # type: ignore[union-attr]
    assert (head.path, head.query, head.target) == ("/a%20b", "?c", b"/a%20b?c")
    assert head.known is not None
    assert (head.known.host, head.known.host_sent) == ("a.test", b"a.test")


@pytest.mark.parametrize("bound", ["head", "target"])
def test_bounds_hold_for_what_is_recognised(bound: str) -> None:
    names = request_names()
    for _ in range(3):
        reads(names, b"GET / HTTP/1.1\r\n" + REST)
    reader = RequestReader(names, 100 if bound == "head" else 32 * 1024, Bounds(max_target=50))
    reader.feed(b"GET /%b HTTP/1.1\r\n" % (b"a" * 50) + REST)
    assert reader.ready[0].refusal is not None


def test_nothing_is_recognised_in_the_middle_of_a_message() -> None:
    names = request_names()
    data = b"GET / HTTP/1.1\r\n" + REST
    for _ in range(3):
        reads(names, data)
    reader = RequestReader(names, 32 * 1024)
    reader.feed(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(data))
    reader.feed(data)
    assert len(reader.ready) == 1
    assert reader.ready[0].take() == data


def test_nothing_is_recognised_behind_the_last_request_of_a_connection() -> None:
    names = request_names()
    data = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    for _ in range(3):
        reads(names, data)
    reader = RequestReader(names, 32 * 1024)
    reader.feed(data)
    assert reader.ready[0].head.known is not None
    assert not reader.ready[0].head.keep_alive
    reader.feed(data)
    assert len(reader.ready) == 1
    assert reader.error is not None


def test_what_is_remembered_is_bounded() -> None:
    names = request_names()
    for number in range(MAX_HEADS + 10):
        for _ in range(2):
            reads(names, b"GET / HTTP/1.1\r\nHost: a\r\nX: %d\r\n\r\n" % number)
    assert 0 < count(names.heads) <= MAX_HEADS
    for number in range(MAX_SEEN + 10):
        reads(names, b"GET / HTTP/1.1\r\nHost: a\r\nY: %d\r\n\r\n" % number)
    assert len(names.heads._seen) <= MAX_SEEN
    names.heads.forget()
    assert count(names.heads) == 0


def test_long_heads_are_not_remembered() -> None:
    names = request_names()
    for _ in range(3):
        reads(names, b"GET / HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n" % (b"x" * MAX_BYTES))
    assert count(names.heads) == 0


def count(heads: KnownHeads) -> int:
    return len(heads.known)
