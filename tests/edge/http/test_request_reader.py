"""Bytes to requests, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.http.framing import MAX_FIELDS, MAX_TARGET
from edge.http.names import request_names
from edge.http.request_reader import Message, RequestReader

THREE = (
    b"GET /a?b HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\n\r\n"
    b"POST /c HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"
    b"POST /d HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
)


def read(*pieces: bytes, max_head: int = 32 * 1024) -> tuple[RequestReader, list[Message]]:
    reader = RequestReader(request_names(), max_head)
    for piece in pieces:
        reader.feed(piece)
    return reader, list(reader.ready)


@given(st.lists(st.integers(0, len(THREE)), max_size=12))
def test_requests_are_the_same_wherever_the_bytes_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(THREE)]
    pieces = [THREE[start:end] for start, end in pairwise(edges)]
    reader, messages = read(*pieces)
    assert reader.error is None
    assert [message.head.target for message in messages] == [b"/a?b", b"/c", b"/d"]
    assert [message.take() for message in messages] == [b"", b"hello", b"abcde"]
    assert all(message.complete for message in messages)
    assert messages[0].head.fields == [(b"x-a", b"X-A", b"1")]


def test_a_head_over_the_bound_is_refused_before_it_ends() -> None:
    reader, messages = read(b"GET / HTTP/1.1\r\n", b"X-A: " + b"v" * 1020, max_head=1024)
    assert messages == []
    assert reader.error is not None
    assert reader.error.code == "head-too-large"


def test_a_target_over_the_bound_is_refused_before_it_ends() -> None:
    reader, _ = read(b"GET /" + b"a" * MAX_TARGET)
    assert reader.error is not None
    assert reader.error.code == "target-too-long"


def test_trailers_are_bounded_like_fields() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    for count, refused in ((MAX_FIELDS, False), (MAX_FIELDS + 1, True)):
        reader, _ = read(head, b"".join(b"T%d: v\r\n" % number for number in range(count)) + b"Next")
        assert (reader.error is not None) is refused


def test_bytes_behind_an_upgrade_are_kept_and_may_be_http_after_all() -> None:
    asks = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    reader, messages = read(asks + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    assert messages[0].head.upgrade
    assert reader.behind_upgrade.startswith(b"GET /next")
    reader.go_on_as_http(messages[0])
    assert [message.head.target for message in reader.ready] == [b"/ws", b"/next"]


def test_what_came_before_an_error_is_not_lost() -> None:
    reader, messages = read(THREE + b"nonsense\r\n")
    assert len(messages) == 3
    assert reader.error is not None


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_another_protocol_is_refused_however_its_first_line_is_cut(size: int) -> None:
    data = b"OPTIONS rtsp://a/ RTSP/1.0\r\nHost: a.test\r\nCSeq: 1\r\n\r\n"
    reader = RequestReader(request_names(), 32 * 1024)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    refusal = reader.ready[0].refusal
    assert refusal is not None
    assert refusal.code == "version-not-supported"
