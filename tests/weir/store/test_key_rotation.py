"""A key in the place of another."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from weir.models.auth.records import ApiKey, Consumer
from weir.store import key_rotation
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.key_rotation import rotate_key
from weir.store.keys import Keys
from weir.store.record_kinds import CONSUMERS, KEYS
from weir.store.records import Kept, Records

HOUR_MS = 3_600_000


class Rotating:
    """Keys of alice."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self.client, self.keys, self.records = client, keys, Records(client, keys, KEYS)
        Records(client, keys, CONSUMERS).create(Consumer(name="alice", created_ms=1))

    def make(self, id_: str, **fields: Any) -> None:
        made = self.records.create(ApiKey(id=id_, consumer="alice", hash="00", created_ms=1, **fields))
        assert made == "created"

    def rotate(self, old: str, new: str, overlap_ms: int = 0) -> str:
        key = ApiKey(id=new, consumer="", hash="11", created_ms=2, name="kept")
        return rotate_key(self.client, self.keys, old, key, overlap_ms)

    def get(self, id_: str) -> ApiKey | None:
        kept: Kept[ApiKey] | None = self.records.get(id_)
        return kept.record if kept else None


@pytest.fixture
def alice(client: Client, keys: Keys) -> Rotating:
    made = Rotating(client, keys)
    made.make("old")
    return made


def test_without_overlap_the_old_key_is_gone(alice: Rotating) -> None:
    assert alice.rotate("old", "new") == "rotated"
    assert alice.get("old") is None
    new = alice.get("new")
    assert new is not None
    assert (new.consumer, new.replaces, new.name, new.hash) == ("alice", "old", "kept", "11")
    assert [kept.record.id for kept in alice.records.page("alice")[0]] == ["new"]


def test_with_an_overlap_the_old_key_ends_after_it_and_never_later_than_before(alice: Rotating) -> None:
    now_ms = alice.records.now_ms()
    assert alice.rotate("old", "new", HOUR_MS) == "rotated"
    old = alice.get("old")
    assert old is not None
    assert now_ms + HOUR_MS <= old.expires_ms <= alice.records.now_ms() + HOUR_MS
    assert alice.rotate("old", "newer", 2 * HOUR_MS) == "rotated"
    assert alice.get("old") == old


def test_the_feed_hears_of_both(alice: Rotating) -> None:
    feed = Feed(alice.client, alice.keys)
    since = feed.poll(0).seq
    alice.rotate("old", "new", HOUR_MS)
    assert [change.id for change in feed.poll(since).entries] == ["key:old", "key:new"]


def test_a_key_that_has_ended_cannot_be_rotated_nor_one_that_is_not_there(alice: Rotating) -> None:
    alice.make("ended", expires_ms=1)
    assert alice.rotate("ended", "new") == alice.rotate("nothing", "new") == "missing"
    assert alice.rotate("old", "ended") == "exists"
    with pytest.raises(StoreError, match="an id must have"):
        alice.rotate("old", "")


def test_rotating_for_years_fills_nothing(alice: Rotating) -> None:
    before = "old"
    for number in range(6):
        assert alice.rotate(before, f"k{number}", HOUR_MS) == "rotated"
        kept = alice.records.get(before)
        assert kept is not None
        assert (
            alice.records.replace(msgspec.structs.replace(kept.record, expires_ms=1), kept.etag) == "replaced"
        )
        before = f"k{number}"
    assert [kept.record.id for kept in alice.records.page("alice")[0]] == ["k4", "k5"]


def test_a_key_that_was_replaced_and_is_still_good_stays(alice: Rotating) -> None:
    alice.rotate("old", "k1", HOUR_MS)
    alice.rotate("k1", "k2", HOUR_MS)
    assert alice.records.count() == 3


def test_a_key_that_only_says_it_replaces_one_of_somebody_else_removes_nothing(alice: Rotating) -> None:
    Records(alice.client, alice.keys, CONSUMERS).create(Consumer(name="bob", created_ms=1))
    theirs = ApiKey(id="bobs", consumer="bob", hash="00", created_ms=1, expires_ms=1)
    alice.records.create(theirs)
    alice.make("liar", replaces="bobs")
    assert alice.rotate("liar", "new") == "rotated"
    assert alice.get("bobs") == theirs


def test_a_full_consumer_can_still_rotate_without_overlap(
    alice: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "MOST_OF_OWNER", 1)
    assert alice.rotate("old", "new", HOUR_MS) == "full"
    assert alice.rotate("old", "new") == "rotated"


def test_what_somebody_else_changes_meanwhile_is_read_again(
    alice: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = iter(["a", "b"])
    read = key_rotation._read

    def disturbed(session: Any, keys: Keys, id_: str) -> Any:
        found = read(session, keys, id_)
        kept = alice.records.get(id_)
        name = next(changes, "")
        if name and kept is not None:
            alice.records.replace(msgspec.structs.replace(kept.record, name=name), kept.etag)
        return found

    monkeypatch.setattr(key_rotation, "_read", disturbed)
    assert alice.rotate("old", "new", HOUR_MS) == "rotated"
    old = alice.get("old")
    assert old is not None
    assert old.name == "b"
