"""Server-sent events, in whatever pieces they come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from weir.client.errors import Away, BadAnswer
from weir.client.events import MAX_EVENT, MAX_LINE, Event, EventParser, follow

STREAM = b": hello\n\nid: 5\nevent: version\ndata: {\ndata: }\n\r\nretry: 1500\r\ndata:x\n\nid: 6\n\n"
EVENTS = [Event("version", "{\n}", "5"), Event("message", "x", "5")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_do_not_depend_on_the_pieces(size: int) -> None:
    parser = EventParser()
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [event for piece in pieces for event in parser.feed(piece)] == EVENTS
    assert (parser.last_id, parser.retry_s) == ("6", 1.5)


def test_a_line_is_bounded() -> None:
    EventParser().feed(b"d" * MAX_LINE)
    with pytest.raises(BadAnswer, match="line of more than"):
        EventParser().feed(b"d" * (MAX_LINE + 1))


def test_an_event_is_bounded() -> None:
    parser = EventParser()
    line = b"data: " + b"x" * 32767 + b"\n"
    for _ in range(MAX_EVENT // 32768):
        parser.feed(line)
    with pytest.raises(BadAnswer, match="event of more than"):
        parser.feed(b"data: \n")


class Breaking:
    """Each opening gives the next of some lists of pieces, then breaks off."""

    def __init__(self, *openings: list[bytes]) -> None:
        self.openings = list(openings)
        self.asked: list[str] = []

    def __call__(self, last_id: str) -> Iterator[bytes]:
        self.asked.append(last_id)
        if not self.openings:
            raise Away("nobody there")
        yield from self.openings.pop(0)
        raise Away("broke off")


def test_after_a_break_it_goes_on_behind_the_last_event() -> None:
    opened = Breaking([b"id: 1\ndata: a\n\nid: 2\nda"], [], [b"id: 2\ndata: b\n\n"])
    waits: list[float] = []
    events = follow(opened, "0", breaks=2, sleep=waits.append)
    assert [next(events).data, next(events).data] == ["a", "b"]
    assert opened.asked == ["0", "2", "2"]
    assert waits == [0.2, 0.4]
    with pytest.raises(Away):
        next(events)


def test_a_server_that_only_ever_breaks_off_is_given_up() -> None:
    waits: list[float] = []
    with pytest.raises(Away):
        next(follow(Breaking([b": hi\n"]), breaks=3, sleep=waits.append))
    assert len(waits) == 3


def test_where_nobody_answers_at_first_nobody_is_waited_for() -> None:
    with pytest.raises(Away):
        next(follow(Breaking(), sleep=lambda _: pytest.fail("waited")))


def test_a_stream_that_ends_cleanly_without_an_event_is_given_up_too() -> None:
    with pytest.raises(Away, match="again and again"):
        next(follow(lambda _: iter(()), breaks=3, sleep=lambda _: None))
