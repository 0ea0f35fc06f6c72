"""Passwords are hashed a few at a time; what must be read again needs a key ring."""

from __future__ import annotations

import gevent
import pytest

from admin_api import accounts as module
from admin_api.accounts import MOST_HASHING, Accounts, accounts_of
from admin_api.problems import Refusal
from weir.models.auth.records import ApiKey, Consumer
from weir.secrets.ring import KeyRing
from weir.store.connect import Client
from weir.store.errors import StoreAway
from weir.store.keys import Keys
from weir.store.records import Records


@pytest.fixture
def one(client: Client) -> Accounts:
    return accounts_of(client, Keys("test"), KeyRing([]))


def test_so_many_passwords_are_hashed_at_once(one: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[int] = []
    most: list[int] = []

    def slowly(work: object) -> str:
        running.append(1)
        most.append(len(running))
        gevent.sleep(0.01)
        running.pop()
        return "hash"

    monkeypatch.setattr(module, "off_loop", slowly)
    jobs = [gevent.spawn(one.hash_of, "long enough") for _ in range(MOST_HASHING * 3)]
    gevent.joinall(jobs, raise_error=True)
    assert [job.value for job in jobs] == ["hash"] * len(jobs)
    assert max(most) == MOST_HASHING


def test_who_waits_too_long_is_told_to_come_again(one: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.01)
    for _ in range(MOST_HASHING):
        one.hashing.acquire()
    with pytest.raises(Refusal) as refused:
        one.hash_of("long enough")
    assert (refused.value.status, refused.value.code) == (503, "busy")


def test_a_ring_without_the_right_key_seals_nothing(one: Accounts) -> None:
    with pytest.raises(Refusal) as refused:
        one.seal("secret", "hmac:x")
    assert (refused.value.status, refused.value.code) == (409, "no-secrets")
    assert "no key for store" in refused.value.answer.detail


def silent(*_: object) -> str:
    raise StoreAway("no answer within 2 s")


def test_who_hears_nothing_of_a_change_is_told_that_nobody_knows(
    one: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = Consumer(name="alice", created_ms=1)
    monkeypatch.setattr(module, "rotate_key", silent)
    for verb in ("create", "replace", "remove"):
        monkeypatch.setattr(Records, verb, silent)
    for change in (
        lambda: one.consumers.create(alice),
        lambda: one.consumers.replace(alice, "tag"),
        lambda: one.consumers.remove("alice"),
        lambda: one.rotate_key("k1", ApiKey(id="k2", consumer="alice", hash="", created_ms=1), 0),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert (refused.value.status, refused.value.code) == (503, "outcome-unknown")
        assert "may have been made or not" in refused.value.answer.detail
