"""What waits for one worker, and in which order it is written."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

from edge.agent.outbox import MAX_REPLIES, Outbox
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
