from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.http.names import response_names
from edge.http.plain_response import MAX_HEAD, MAX_HEADS, MAX_LINE, MAX_LINES, plain_response
from edge.http.response_reader import ResponseReader

LINES = (
    b"Server: a", b"Content-Length: 3", b"Content-Length: 03", b"Content-Length:3", b"content-length: 3",
    b"Content-Length: +3", b"Content-Length: 3, 3", b"Connection: keep-alive", b"Connection: close",
    b"Connection: X-A", b"Keep-Alive: timeout=5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip",
    b"X-A: \xe9", b"X-A:", b"X-A: ", b"X-A : b", b" X-A: b", b"X-A: b ", b"X-A: \tb", b"X-A: a\tb", b"X_A: b",
    b"Upgrade: websocket", b"Trailer: X-A", b"X-A: \x7f", b"X-A: \x01", b"X-A: a\rb", b"X-A: a\nb", b"X-A", b"",
    b"Content_Length: 4", b"Proxy-Connection: close", b"Host: a", b"X-Weir-Consumer: me",
)  # fmt: skip
FIRST = (
    b"HTTP/1.1 200 OK", b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 No", b"HTTP/1.1 304 No",
    b"HTTP/1.1 103 Hi", b"HTTP/1.1 600 No", b"HTTP/1.1 099 No", b"http/1.1 200 OK", b"HTTP/1.1  200 OK",
    b"HTTP/2.0 200 OK",
    b"HTTP/1.1 200 \xe9", b"HTTP/1.1 200 a\x01", b"HTTP/1.1 200 a\tb", b"HTTP/1.1 404 Not", b"ICY 200 OK",
)  # fmt: skip

answers = st.builds(
    lambda first, lines, body: first + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body,
    st.sampled_from(FIRST),
    st.lists(st.sampled_from(LINES), max_size=4).map(lambda lines: [b"Content-Length: 3", *lines])
    | st.lists(st.sampled_from(LINES), max_size=5),
    st.sampled_from([b"abc", b"ab", b"abcd", b"", b"\r\n\r"]),
)


def by_the_parser(data: bytes) -> ResponseReader:
    """The first byte alone is no whole answer."""
    reader = ResponseReader(response_names())
    reader.begin(is_head=False)
    reader.feed(data[:1])
    reader.feed(data[1:])
    return reader


@settings(max_examples=200, deadline=None)
@given(st.lists(answers, min_size=1, max_size=4))
def test_what_is_understood_here_the_parser_understands_the_same(several: list[bytes]) -> None:
    names = response_names()
    for data in several * 2:
        plain = plain_response(data, names)
        if plain is None:
            continue
        head, body = plain
        reader = by_the_parser(data)
        said = reader.head
        assert said is not None, reader.error
        assert not reader.error
        assert reader.complete
        assert reader.may_be_reused()
        assert (head.status, head.reason, head.version) == (said.status, said.reason, said.version)
        assert (head.fields, head.length, head.count) == (said.fields, said.length, said.count)
        assert body == reader.take()


def test_the_lines_are_those_that_are_passed_on() -> None:
    data = b"HTTP/1.1 200 OK\r\nServer: a\r\nConnection: keep-alive\r\nContent-Length: 1\r\nKeep-Alive: 5\r\n\r\nx"
    plain = plain_response(data, response_names())
    assert plain is not None
    assert plain[0].lines == b"HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 1\r\n"
    assert plain[1] == b"x"


@pytest.mark.parametrize("size", [0, 5, 100])
def test_bodies_of_any_size_but_only_whole(size: int) -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    plain = plain_response(data, response_names())
    assert plain is not None
    assert plain[1] == b"x" * size
    assert plain_response(data + b"y", response_names()) is None
    assert plain_response(data[:-1], response_names()) is None


def test_what_closes_the_connection_is_for_the_parser() -> None:
    for line in (b"Connection: close", b"Proxy-Connection: close", b"Connection: keep-alive, close"):
        data = b"HTTP/1.1 200 OK\r\n%b\r\nContent-Length: 1\r\n\r\nx" % line
        assert plain_response(data, response_names()) is None


def test_what_is_remembered_is_bounded() -> None:
    names = response_names()
    for number in range(MAX_LINES + 10):
        assert plain_response(b"HTTP/1.1 200 OK\r\nX: %d\r\nContent-Length: 0\r\n\r\n" % number, names)
        assert len(names.lines) <= MAX_LINES
        assert len(names.heads) <= MAX_HEADS
    for number in range(MAX_LINES + 10):
        assert plain_response(b"HTTP/1.1 200 %d\r\nContent-Length: 0\r\n\r\n" % number, names)
        assert len(names.statuses) <= MAX_LINES


def test_long_lines_and_heads_are_not_remembered() -> None:
    names = response_names()
    long = b"x" * MAX_LINE
    assert plain_response(b"HTTP/1.1 200 OK\r\nX: %b\r\nContent-Length: 0\r\n\r\n" % long, names)
    assert not any(long in line for line in names.lines)
    assert names.heads
    names.heads.clear()
    many = b"".join(b"X-%d: %b\r\n" % (number, b"x" * 100) for number in range(MAX_HEAD // 100))
    assert plain_response(b"HTTP/1.1 200 OK\r\n%bContent-Length: 0\r\n\r\n" % many, names)
    assert not names.heads
