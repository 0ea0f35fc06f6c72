"""Drains: who is out of service until when, told in the feed, bounded."""

from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from tests.support.wait import wait_until
from weir.models.document import Document
from weir.store import drains as module
from weir.store.connect import Client
from weir.store.drains import LONGEST_MS, MAX_TEXT, Drain, Drains, read_drains
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.health import Member
from weir.store.keys import Keys
from weir.store.publish import Draft, Publisher

ONE, TWO = Member("file/api", "http://10.0.0.1:80"), Member("file/api", "http://10.0.0.2:80")


@pytest.fixture
def drains(client: Client, keys: Keys) -> Drains:
    Publisher(client, keys).publish(Draft(owner="file", base=0, author="t"), Document())
    return Drains(client, keys)


def test_a_drained_target_is_listed_with_its_end_and_why(drains: Drains, server: RunningServer) -> None:
    until = drains.drain(TWO, 60_000, reason="new disk", author="ann")
    drains.drain(ONE, 30_000)
    first, second = drains.now()
    assert (first.member, second.member) == (ONE, TWO)
    assert (second.until_ms, second.reason, second.author) == (until, "new disk", "ann")
    assert 0 < second.left_ms <= 60_000
    assert second.since_ms == until - 60_000
    assert 0 < server.admin().pttl(Keys("test").drains()) <= 60_000


def test_a_drain_ends_by_itself(drains: Drains, server: RunningServer) -> None:
    drains.drain(ONE, 60_000)
    drains.drain(TWO, 1)
    wait_until(lambda: [one.member for one in drains.now()] == [ONE], what="the end of the second")
    assert drains.undrain(TWO) is False


def test_an_undrained_target_is_back_and_a_second_word_tells_that_it_was(drains: Drains) -> None:
    drains.drain(ONE, 60_000)
    assert drains.undrain(ONE) is True
    assert drains.undrain(ONE) is False
    assert drains.now() == ()


def test_a_later_drain_takes_the_place_of_an_earlier_one(drains: Drains) -> None:
    drains.drain(ONE, 60_000, reason="a")
    drains.drain(ONE, 1_000, reason="b")
    (only,) = drains.now()
    assert only.reason == "b"
    assert only.left_ms <= 1_000


def test_every_change_is_in_the_feed(drains: Drains, client: Client, keys: Keys) -> None:
    feed = Feed(client, keys)
    before = feed.poll(0).seq
    drains.drain(ONE, 60_000)
    drains.undrain(ONE)
    found = feed.poll(before)
    assert [(change.topic, change.id) for change in found.entries] == [("drain", ONE.text())] * 2
    assert not found.gap


def test_a_store_without_any_version_has_no_target(client: Client, keys: Keys) -> None:
    with pytest.raises(StoreError, match="nothing was published"):
        Drains(client, keys).drain(ONE, 1000)


def test_so_many_targets_are_drained_and_no_more_but_those_that_are_over_make_room(
    drains: Drains, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DRAINS", 1)
    drains.drain(ONE, 60_000)
    with pytest.raises(StoreError, match="1 targets are drained already"):
        drains.drain(TWO, 60_000)
    drains.drain(ONE, 1, reason="the same one may be said again")
    wait_until(lambda: drains.now() == (), what="its end")
    drains.drain(TWO, 60_000)
    assert [one.member for one in drains.now()] == [TWO]


@pytest.mark.parametrize("for_ms", [0, -1, LONGEST_MS + 1])
def test_a_drain_lasts_at_most_a_week(drains: Drains, for_ms: int) -> None:
    with pytest.raises(StoreError, match="7 days"):
        drains.drain(ONE, for_ms)


def test_the_longest_drain_and_texts_are_taken_and_no_longer_ones(drains: Drains) -> None:
    most = MAX_TEXT["reason"]
    drains.drain(ONE, LONGEST_MS, reason="r" * most)
    with pytest.raises(StoreError, match=f"reason of a drain is over {most}"):
        drains.drain(ONE, 1, reason="r" * (most + 1))


def test_a_drain_that_a_newer_program_wrote_holds_too() -> None:
    (found,) = read_drains([1000, [b"api/a http://h", 500, b"\xc1"]])
    assert found == Drain(upstream="api/a", url="http://h", left_ms=500, until_ms=1500)


def test_a_reply_that_is_none_is_an_error_of_the_store() -> None:
    with pytest.raises(StoreError, match="answered something else"):
        read_drains([1])
