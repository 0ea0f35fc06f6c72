"""Bytes to one response, and what makes a connection unfit for the next."""

from __future__ import annotations

from edge.http.names import response_names
from edge.http.response_reader import MAX_INTERIM, ResponseReader

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def reader(is_head: bool = False) -> ResponseReader:
    found = ResponseReader(response_names())
    found.begin(is_head)
    return found


def test_a_connection_carries_one_response_after_another() -> None:
    one = reader()
    for _ in range(3):
        one.begin(False)
        for at in range(len(OK)):
            one.feed(OK[at : at + 1])
        assert (one.take(), one.complete, one.may_be_reused()) == (b"ok", True, True)


def test_bytes_behind_a_response_make_it_unfit_and_go_nowhere() -> None:
    one = reader()
    one.feed(OK + OK)
    assert (one.take(), one.complete, one.may_be_reused()) == (b"ok", True, False)


def test_a_response_to_head_ends_with_its_head() -> None:
    one = reader(is_head=True)
    one.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
    assert (one.complete, one.may_be_reused()) == (True, True)
    one.begin(False)
    one.feed(OK)
    assert one.take() == b"ok"


def test_a_response_until_close_is_complete_only_then() -> None:
    one = reader()
    one.feed(b"HTTP/1.1 200 OK\r\n\r\nabc")
    assert (one.take(), one.complete) == (b"abc", False)
    one.end()
    assert (one.complete, one.may_be_reused()) == (True, False)


def test_a_response_with_a_length_is_not_complete_at_the_close() -> None:
    one = reader()
    one.feed(OK[:-1])
    one.end()
    assert not one.complete


def test_interim_responses_are_bounded() -> None:
    for count, refused in ((MAX_INTERIM, False), (MAX_INTERIM + 1, True)):
        one = reader()
        one.feed(b"HTTP/1.1 103 Early Hints\r\n\r\n" * count + OK)
        assert bool(one.error) is refused


def test_bytes_behind_a_101_belong_to_the_other_protocol() -> None:
    one = reader()
    one.feed(b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nframes")
    assert one.head is not None
    assert (one.head.status, one.behind_upgrade) == (101, b"frames")
