"""What waits for one worker, and in which order it is written."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

from edge.agent.outbox import MAX_REPLIES, MAX_TOLD, Outbox
from edge.link import frames


def taken(outbox: Outbox) -> dict[str, Any]:
    return frames.unpack(outbox.next_frame(lambda: ("i", 7))[4:])


def empty(outbox: Outbox) -> bool:
    waiting = gevent.spawn(outbox.next_frame, lambda: ("i", 7))
    gevent.sleep(0)
    gevent.sleep(0)
    ready: bool = waiting.ready()
    waiting.kill()
    return not ready


def test_answers_come_before_news_and_news_before_the_version():
    outbox = Outbox()
    outbox.tell_version()
    outbox.put_news("t", "", b"....news")
    outbox.put_reply(3, {"a": 1})
    assert taken(outbox) == {"kind": "replies", "items": [[3, {"a": 1}]]}
    assert outbox.next_frame(lambda: ("i", 7)) == b"....news"
    assert taken(outbox) == {"kind": "version", "incarnation": "i", "number": 7}
    assert empty(outbox)


def test_of_news_and_versions_only_the_newest_waits():
    outbox = Outbox()
    for number in range(3):
        outbox.tell_version()
        outbox.put_news("t", "", b"t%d" % number)
        outbox.put_news("t", "key", b"k%d" % number)
    assert [outbox.next_frame(lambda: ("i", 7)) for _ in range(2)] == [b"t2", b"k2"]
    assert taken(outbox)["kind"] == "version"
    assert empty(outbox)


def test_a_frame_holds_a_bounded_number_of_answers():
    outbox = Outbox()
    for number in range(frames.MAX_ASKS + 1):
        outbox.put_reply(number, None)
    assert len(taken(outbox)["items"]) == frames.MAX_ASKS
    assert taken(outbox)["items"] == [[frames.MAX_ASKS, None]]


def test_answers_that_are_too_large_together_go_one_after_the_other_and_in_order():
    outbox = Outbox()
    large = "x" * (frames.MAX_FRAME // 2)
    for number in range(5):
        outbox.put_reply(number, large)
    assert [taken(outbox)["items"][0][0] for _ in range(5)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("answer", ["x" * (frames.MAX_FRAME + 1), object(), 1 << 70])
def test_an_answer_that_is_no_frame_is_nothing(answer):
    outbox = Outbox()
    outbox.put_reply(1, answer)
    outbox.put_reply(2, "sound")
    assert taken(outbox)["items"] == [[1, None]]
    assert taken(outbox)["items"] == [[2, "sound"]]


def test_too_many_answers_end_the_connection():
    outbox = Outbox()
    for number in range(MAX_REPLIES):
        outbox.put_reply(number, None)
    assert taken(outbox)
    outbox.put_reply(0, None)
    for number in range(MAX_REPLIES):
        outbox.put_reply(number, None)
    with pytest.raises(frames.FrameError, match=str(MAX_REPLIES)):
        taken(outbox)


def test_what_is_told_once_comes_whole_and_in_order_behind_news():
    outbox = Outbox()
    for number in range(3):
        outbox.put_told("t", b"told %d" % number, b"instead")
    outbox.put_news("t", "", b"the whole")
    said = [outbox.next_frame(lambda: ("i", 7)) for _ in range(4)]
    assert said == [b"the whole", b"told 0", b"told 1", b"told 2"]
    assert empty(outbox)


def test_where_too_much_is_told_one_word_takes_the_place_of_all_of_its_topic():
    outbox = Outbox()
    part = b"x" * (MAX_TOLD // 4)
    outbox.put_told("other", b"stays", None)
    for _ in range(4):
        outbox.put_told("t", part, b"instead")
    outbox.put_told("t", b"after", b"instead")
    said = [outbox.next_frame(lambda: ("i", 7)) for _ in range(3)]
    assert said == [b"stays", b"instead", b"after"]
    assert empty(outbox)


def test_where_too_much_is_told_and_nothing_can_take_its_place_the_connection_ends():
    outbox = Outbox()
    outbox.put_told("t", b"x" * MAX_TOLD, None)
    assert len(outbox.next_frame(lambda: ("i", 7))) == MAX_TOLD
    outbox.put_told("t", b"x" * MAX_TOLD, None)
    outbox.put_told("t", b"x", None)
    with pytest.raises(frames.FrameError, match="news wait"):
        outbox.next_frame(lambda: ("i", 7))
