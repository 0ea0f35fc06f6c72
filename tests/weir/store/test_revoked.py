"""Revoked tokens: kept until they would have ended, never less."""

from __future__ import annotations

import time

import pytest

from weir.store import revoked as module
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.revoked import MAX_VALUE, Revoked


@pytest.fixture
def revoked(client: Client, keys: Keys) -> Revoked:
    return Revoked(client, keys)


def later() -> int:
    return int(time.time()) + 3600


def everything(revoked: Revoked) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in revoked.all():
        found |= part
    return found


def test_what_is_revoked_is_found_with_its_end(revoked: Revoked) -> None:
    ends_s = later()
    assert revoked.add("jti-1", ends_s) == "revoked"
    assert revoked.ends(["jti-1", "jti-2"]) == {"jti-1": ends_s}
    assert everything(revoked) == {"jti-1": ends_s}
    assert revoked.ends([]) == {}


def test_the_feed_hears_of_each(revoked: Revoked, client: Client, keys: Keys) -> None:
    revoked.add("a", later())
    revoked.add("b", later())
    heard = Feed(client, keys).poll(0).entries
    assert [(change.topic, change.id) for change in heard] == [("revoked", "a"), ("revoked", "b")]


def test_an_end_only_moves_later(revoked: Revoked) -> None:
    ends_s = later()
    revoked.add("a", ends_s)
    revoked.add("a", ends_s - 100)
    assert revoked.ends(["a"]) == {"a": ends_s}
    revoked.add("a", ends_s + 100)
    assert revoked.ends(["a"]) == {"a": ends_s + 100}


def test_one_more_than_fit_is_refused_and_none_is_forgotten_early(
    revoked: Revoked, client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REVOKED", 2)
    assert [revoked.add(value, later()) for value in ("a", "b", "c")] == ["revoked", "revoked", "full"]
    assert revoked.add("a", later()) == "revoked"
    assert set(everything(revoked)) == {"a", "b"}
    client.call("ZADD", keys.revoked(), 1, "a")
    assert revoked.add("c", later()) == "revoked"
    assert set(everything(revoked)) == {"b", "c"}
    assert revoked.count() == 2


def test_all_of_them_are_read_in_parts(revoked: Revoked, client: Client, keys: Keys) -> None:
    ends_s = later()
    flat = [each for number in range(2500) for each in (ends_s, f"jti-{number}")]
    client.call("ZADD", keys.revoked(), *flat)
    parts = list(revoked.all())
    assert len(parts) > 1
    assert everything(revoked) == {f"jti-{number}": ends_s for number in range(2500)}


@pytest.mark.parametrize("value", ["", "x" * (MAX_VALUE + 1)])
def test_a_value_without_a_length_is_refused(revoked: Revoked, value: str) -> None:
    with pytest.raises(StoreError, match="1 to 128 characters"):
        revoked.add(value, later())
    assert revoked.add("x" * MAX_VALUE, later()) == "revoked"
