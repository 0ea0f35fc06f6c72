"""A name and a password: slow, bounded, and silent about who exists."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import gevent
import msgspec
import pytest

from auth.people.hashing import Busy, Hashing
from auth.people.sign_in import MOST_BY_ADDRESS, MOST_BY_NAME, SignIn, stamp_of
from tests.support.people import CHEAP, HASH, PASSWORD, World, in_process
from weir.secrets import passwords
from weir.store.attempts import Attempts
from weir.store.connect import Client
from weir.store.keys import Keys


@pytest.fixture
def hashing() -> Iterator[Hashing]:
    made = Hashing(at_once=2, waiting=1)
    yield made
    made.close()


def test_a_password_is_right_for_its_person_only(hashing: Hashing) -> None:
    assert hashing.is_right(PASSWORD, HASH)
    assert not hashing.is_right("wrong", HASH)
    assert not hashing.is_right(PASSWORD, None)
    assert hashing.is_right("another one", hashing.hash("another one"))


def test_few_are_judged_at_once_and_one_more_than_may_wait_is_sent_away(
    hashing: Hashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, running = threading.Event(), []

    def slow(_password: str, _phc: str) -> bool:
        running.append(1)
        go_on.wait(30)
        return True

    monkeypatch.setattr("auth.people.hashing.is_right", slow)
    waiting = [gevent.spawn(hashing.is_right, PASSWORD, HASH) for _ in range(3)]
    while len(running) < 2:
        gevent.sleep(0.001)
    with pytest.raises(Busy):
        hashing.is_right(PASSWORD, HASH)
    assert len(running) == 2
    go_on.set()
    gevent.joinall(waiting, timeout=30)
    assert [each.value for each in waiting] == [True] * 3
    assert hashing.is_right(PASSWORD, HASH), "there is room again"


@pytest.fixture
def world(client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in CHEAP.items():
        monkeypatch.setattr(passwords, name, value)
    world = in_process(client, keys)
    yield world
    world.close()


@pytest.fixture
def sign_in(world: World, hashing: Hashing) -> SignIn:
    return SignIn(world.users, Attempts(world.store, world.keys), hashing)


def test_who_exists_cannot_be_told_from_who_does_not(sign_in: SignIn, world: World) -> None:
    world.user("alice")
    world.user("gone", disabled=True)
    assert sign_in.attempt("alice", PASSWORD, "192.0.2.1").verdict == "right"
    for name in ("alice", "nobody"):
        assert sign_in.attempt(name, "wrong password", "192.0.2.1") == ("wrong", None, 0)
    assert sign_in.attempt("gone", PASSWORD, "192.0.2.1") == ("wrong", None, 0)
    assert sign_in.attempt("x" * 129, PASSWORD, "192.0.2.1") == ("wrong", None, 0)


def test_a_name_is_tried_only_so_often_wherever_from_and_whether_it_exists(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.user("alice")
    monkeypatch.setattr("auth.people.hashing.is_right", lambda password, _: password == PASSWORD)
    for name in ("alice", "nobody"):
        tried = [sign_in.attempt(name, "wrong", f"192.0.2.{number}") for number in range(MOST_BY_NAME + 1)]
        assert [each.verdict for each in tried] == ["wrong"] * MOST_BY_NAME + ["wait"]
        assert 0 < tried[-1].wait_s <= 300
    assert sign_in.attempt("alice", PASSWORD, "192.0.2.99").verdict == "wait", "else it were no bound"


def test_an_address_tries_only_so_often_whatever_the_name(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.user("alice")
    monkeypatch.setattr("auth.people.hashing.is_right", lambda password, _: password == PASSWORD)
    tried = [
        sign_in.attempt(f"name-{number}", "x", "192.0.2.1").verdict for number in range(MOST_BY_ADDRESS + 1)
    ]
    assert tried == ["wrong"] * MOST_BY_ADDRESS + ["wait"]
    assert sign_in.attempt("alice", PASSWORD, "192.0.2.2").verdict == "right"


def test_a_right_password_counts_for_nothing(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.user("alice")
    monkeypatch.setattr("auth.people.hashing.is_right", lambda *_: True)
    assert {sign_in.attempt("alice", PASSWORD, "192.0.2.1").verdict for _ in range(30)} == {"right"}


def test_a_password_that_was_hashed_as_one_does_no_more_is_hashed_anew(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.user("alice")
    monkeypatch.setattr(passwords, "ITERATIONS", 2)
    tried = sign_in.attempt("alice", PASSWORD, "192.0.2.1")
    kept = world.users.get("alice")
    assert tried.user is not None
    assert kept is not None
    assert kept.record == tried.user
    assert "t=2" in kept.record.password
    assert stamp_of(kept.record) != stamp_of(msgspec.structs.replace(kept.record, password=HASH))
    assert sign_in.attempt("alice", PASSWORD, "192.0.2.1").user == tried.user
