"""Writes that wait for the end of a turn of the event loop."""

from __future__ import annotations

import gevent
import pytest

from edge.postbox import MAX_WAITING, Postbox


class Letter:
    def __init__(self, out: list[int], number: int) -> None:
        self.out = out
        self.number = number

    def send_posted(self) -> None:
        self.out.append(self.number)


def test_all_go_out_in_order_when_the_turn_is_over() -> None:
    out: list[int] = []
    box = Postbox()
    for number in range(3):
        box.add(Letter(out, number))
    assert out == []
    gevent.sleep(0)
    assert out == [0, 1, 2]
    box.add(Letter(out, 3))
    gevent.sleep(0)
    assert out == [0, 1, 2, 3]


def test_a_full_box_does_not_wait() -> None:
    out: list[int] = []
    box = Postbox()
    for number in range(MAX_WAITING - 1):
        box.add(Letter(out, number))
    assert out == []
    box.add(Letter(out, MAX_WAITING - 1))
    assert out == list(range(MAX_WAITING))
    box.add(Letter(out, MAX_WAITING))
    assert len(out) == MAX_WAITING
    gevent.sleep(0)
    assert len(out) == MAX_WAITING + 1


class Torn(Letter):
    def send_posted(self) -> None:
        raise KeyError(self.number)


def test_one_that_fails_keeps_none_of_the_others(caplog: pytest.LogCaptureFixture) -> None:
    out: list[int] = []
    box = Postbox()
    for letter in (Letter(out, 0), Torn(out, 1), Letter(out, 2)):
        box.add(letter)
    gevent.sleep(0)
    assert out == [0, 2]
    assert "what follows a write failed" in caplog.text
