"""Which credentials were used is told once a minute, in bounded words."""

from __future__ import annotations

import time

import pytest

from edge.auth import used as module
from edge.auth.used import EVERY_S, UsedCredentials
from edge.link.credential_words import MAX_USED


class Clock:
    now = 500.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_told_before_the_minute_is_over() -> None:
    clock = Clock()
    used = UsedCredentials(clock)
    used.note({"key:a": 499.0, "key:b": 499.5})
    used.note({"key:a": 500.0, "": 500.0})
    clock.now += EVERY_S - 0.1
    assert list(used.take()) == []
    clock.now += 0.1
    (word,) = used.take()
    assert set(word["names"]) == {"key:a", "key:b"}
    ago_ms = time.time() * 1000 - word["names"]["key:a"]
    assert EVERY_S * 1000 - 100 < ago_ms < EVERY_S * 1000 + 60_000
    clock.now += EVERY_S
    assert list(used.take()) == []


def test_the_end_of_a_worker_waits_for_nothing() -> None:
    used = UsedCredentials(Clock())
    used.note({"key:a": 500.0})
    used.hurry()
    assert [list(word["names"]) for word in used.take()] == [["key:a"]]


def test_words_are_as_long_as_they_may_be_and_no_longer() -> None:
    used = UsedCredentials(Clock())
    used.note({f"key:{number}": 1.0 for number in range(MAX_USED + 1)})
    used.hurry()
    assert [len(word["names"]) for word in used.take()] == [MAX_USED, 1]


def test_names_beyond_the_bound_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NAMES", 2)
    used = UsedCredentials(Clock())
    used.note({"key:a": 1.0, "key:b": 1.0, "key:c": 1.0})
    used.note({"key:a": 2.0})
    used.hurry()
    (word,) = used.take()
    assert list(word["names"]) == ["key:a", "key:b"]
