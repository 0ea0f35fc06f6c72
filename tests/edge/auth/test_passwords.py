"""Passwords are hashed a few at a time, and remembered for a while."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event

from edge.auth.passwords import (
    MAX_REMEMBERED,
    MAX_WAITING,
    NICE,
    RIGHT_S,
    THREADS,
    WRONG_S,
    HashThreads,
    Passwords,
    TooManyWaiting,
)
from weir.secrets.passwords import NOBODY, hash_password

STORED = "$argon2id$of-alice"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Hashing:
    """Says that ``right`` is right, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, password: str, stored: str) -> bool:
        self.asked.append((password, stored))
        return password == "right" and stored != NOBODY


class Held:
    """Greenlets in place of threads; what they do goes on when ``release`` is called."""

    def __init__(self) -> None:
        self._go = Event()

    def apply(self, work: Callable[..., bool], values: tuple[Any, ...]) -> bool:
        self._go.wait()
        return work(*values)

    def release(self) -> None:
        self._go.set()


def _made(held: Held | None = None) -> tuple[Passwords, Hashing, Clock]:
    """Nothing waits, unless ``held``."""
    hashing, clock, threads = Hashing(), Clock(), held or Held()
    if held is None:
        threads.release()
    return Passwords(is_right=hashing, threads=lambda: threads, clock=clock), hashing, clock


def test_real_hashes_in_real_threads() -> None:
    passwords, stored = Passwords(), hash_password("correct horse")
    assert passwords.check("alice", stored, "correct horse")
    assert not passwords.check("alice", stored, "battery staple")
    assert not passwords.check("nobody", None, "correct horse")
    assert passwords.known("alice", stored, "correct horse")


def test_who_was_right_is_right_for_some_minutes() -> None:
    passwords, hashing, clock = _made()
    assert passwords.known("alice", STORED, "right") is None
    assert passwords.check("alice", STORED, "right")
    clock.now += RIGHT_S - 1
    assert passwords.known("alice", STORED, "right") is True
    assert len(hashing.asked) == 1
    clock.now += 1
    assert passwords.known("alice", STORED, "right") is None


def test_who_was_wrong_is_wrong_for_a_moment() -> None:
    passwords, _, clock = _made()
    assert not passwords.check("alice", STORED, "guess")
    assert passwords.known("alice", STORED, "guess") is False
    assert passwords.known("alice", STORED, "guess2") is None
    clock.now += WRONG_S
    assert passwords.known("alice", STORED, "guess") is None


@pytest.mark.parametrize(
    ("username", "stored", "password"),
    [("bob", STORED, "right"), ("alice", "$argon2id$new", "right"), ("alice", STORED, "right ")],
)
def test_nothing_is_known_of_another_user_hash_or_password(username: str, stored: str, password: str) -> None:
    passwords, _, _ = _made()
    assert passwords.check("alice", STORED, "right")
    assert passwords.known(username, stored, password) is None


def test_nobody_is_hashed_like_anybody_and_never_right() -> None:
    passwords, hashing, _ = _made()
    everything = Passwords(is_right=lambda _password, _stored: True)
    assert not everything.check("nobody", None, "right")
    assert not passwords.check("nobody", None, "right")
    assert hashing.asked == [("right", NOBODY)]
    assert passwords.known("nobody", None, "right") is False
    assert passwords.known("nobody2", None, "right") is None, "a second user is not quicker than the first"


def test_the_same_question_is_hashed_once() -> None:
    held = Held()
    passwords, hashing, _ = _made(held)
    asking = [gevent.spawn(passwords.check, "alice", STORED, "right") for _ in range(50)]
    gevent.idle()
    assert passwords.waiting == 1
    held.release()
    gevent.joinall(asking, timeout=10)
    assert [each.value for each in asking] == [True] * 50
    assert len(hashing.asked) == 1


def test_as_many_wait_as_may_and_one_more_is_refused() -> None:
    held = Held()
    passwords, _, _ = _made(held)
    asking = [
        gevent.spawn(passwords.check, f"user-{number}", STORED, "right")
        for number in range(THREADS + MAX_WAITING)
    ]
    gevent.idle()
    assert passwords.waiting == THREADS + MAX_WAITING
    with pytest.raises(TooManyWaiting):
        passwords.check("one-more", STORED, "right")
    held.release()
    gevent.joinall(asking, timeout=10)
    assert all(each.value for each in asking)
    assert passwords.waiting == 0
    assert passwords.check("one-more", STORED, "right")


def test_two_threads_and_no_more() -> None:
    assert HashThreads().pool.maxsize == THREADS == 2


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux's")
def test_threads_stand_behind_the_worker() -> None:
    seen: list[int] = []

    def look() -> bool:
        seen.append(os.getpriority(os.PRIO_PROCESS, 0))
        return True

    before = os.getpriority(os.PRIO_PROCESS, 0)
    assert HashThreads().apply(look, ())
    assert seen == [max(NICE, before)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_who_gives_up_leaves_no_place_taken() -> None:
    passwords, _, _ = _made(Held())
    first = gevent.spawn(passwords.check, "alice", STORED, "right")
    gevent.idle()
    second = gevent.spawn(passwords.check, "alice", STORED, "right")
    gevent.idle()
    first.kill()
    second.join(timeout=10)
    assert isinstance(second.exception, TooManyWaiting)
    assert passwords.waiting == 0


def test_so_many_are_remembered_and_the_oldest_go_first() -> None:
    passwords, _, _ = _made()
    assert passwords.check("first", STORED, "right")
    for number in range(MAX_REMEMBERED):
        passwords.check("guesser", STORED, f"guess {number}")
    assert passwords.known("first", STORED, "right"), "guesses do not push out who was right"
    assert passwords.known("guesser", STORED, "guess 0") is False
    passwords.check("guesser", STORED, "one more")
    assert passwords.known("guesser", STORED, "guess 0") is None
    assert len(passwords._wrong) == MAX_REMEMBERED
