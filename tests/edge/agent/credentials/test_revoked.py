"""Revoked tokens: whole to a worker that connects, then as they come, and never fewer before their end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from edge.agent.credentials import revoked
from edge.agent.credentials.position import Look, Position
from edge.agent.credentials.revoked import BATCH, GRACE_S, SWEEP_S, UNKNOWN_END_S, RevokedKeeper
from edge.link import frames
from edge.link.credential_words import REVOKED_PARTS
from weir.store.errors import StoreAway
from weir.store.revoked import Revoked

NOW = int(time.time())
LATER = NOW + 3600
AT = Position("one", 1)


class Stored(Revoked):
    """A store that may be away."""

    def __init__(self, **values: int) -> None:
        self.values, self.is_away, self.reads = values, False, 0

    def all(self) -> Iterator[dict[str, int]]:
        self._look()
        yield dict(self.values)

    def ends(self, values: Sequence[str]) -> dict[str, int]:
        self._look()
        return {value: self.values[value] for value in values if value in self.values}

    def _look(self) -> None:
        self.reads += 1
        if self.is_away:
            raise StoreAway("gone")


class Rig:
    def __init__(self, store: Revoked) -> None:
        self.store, self.now = store, float(NOW)
        self.parts: dict[str, Any] = {}
        self.added: list[dict[str, int]] = []
        self.kept: dict[str, int] = {}
        self.keeper = RevokedKeeper(store, self, grown=self.kept.update, wall=lambda: self.now)

    def announce(self, topic: str, body: Any, key: str = "", *, keep: bool = True) -> None:
        assert (topic, keep, str(body["part"])) == ("revoked", False, key)
        self.parts[key] = dict(body["values"])

    def tell_all(self, topic: str, body: Any, instead: Any) -> None:
        assert (topic, instead) == ("revoked", None), "a worker that is too slow connects again"
        self.added.append(dict(body["add"]))

    def look(self, *values: str, meaning: Any = "changed") -> bool:
        self.keeper.looked(Look(meaning, AT, (), values))
        return self.keeper.step()

    def greeting(self) -> dict[str, int]:
        found: dict[str, int] = {}
        said = list(self.keeper.greeting())
        for topic, key, frame in said:
            news = frames.unpack(frame[4:])
            assert (topic, news["topic"], key) == ("revoked", "revoked", str(news["body"]["part"]))
            found.update(dict(news["body"]["values"]))
        assert len(said) in (0, REVOKED_PARTS)
        return found


def told(*values: str, end: int = LATER) -> dict[str, int]:
    return dict.fromkeys(values, end + GRACE_S)


def test_nothing_is_said_before_the_set_was_read_then_all_parts_and_then_what_comes() -> None:
    rig = Rig(Stored(a=LATER))
    assert list(rig.keeper.greeting()) == []
    assert rig.look(meaning="other")
    assert len(rig.parts) == REVOKED_PARTS
    assert {value: end for part in rig.parts.values() for value, end in part.items()} == told("a")
    assert (rig.added, rig.greeting()) == ([], told("a"))
    rig.store.values["b"] = LATER
    assert rig.look("b")
    assert (rig.added[-1], rig.greeting()) == (told("b"), told("a", "b"))
    assert rig.kept == {"a": LATER, "b": LATER}, "the disk has both"
    assert rig.look()
    assert rig.store.reads == 2, "nothing new is not asked for"


def test_an_end_that_moves_out_is_told_again_and_one_that_moves_in_is_not() -> None:
    rig = Rig(Stored(a=LATER))
    rig.look(meaning="other")
    rig.store.values["a"] = LATER + 60
    rig.look("a")
    rig.store.values["a"] = LATER
    rig.look("a")
    assert rig.added == [told("a", end=LATER + 60)], "nothing else"
    assert len(rig.keeper) == 1


def test_what_the_feed_tells_counts_at_once_and_its_end_is_read_afterwards(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig(Stored())
    rig.look(meaning="other")
    rig.store.is_away = True
    assert not rig.look("a")
    assert rig.added == [told("a", end=NOW + UNKNOWN_END_S)]
    assert rig.kept == {"a": NOW + UNKNOWN_END_S}, "also on the disk"
    assert "could not be read" in caplog.text
    rig.store.is_away, rig.store.values = False, {"a": LATER}
    assert rig.keeper.step()
    assert (rig.added[1:], rig.greeting(), rig.kept) == ([told("a")], told("a"), {"a": LATER})


def test_what_is_revoked_again_goes_on_being_revoked_until_the_later_end() -> None:
    rig = Rig(Stored(a=LATER))
    rig.look(meaning="other")
    rig.added.clear()
    rig.store.values["a"] = LATER - 60
    assert rig.look("a")
    assert (rig.added, rig.greeting()) == ([], told("a"))


def test_the_whole_set_is_read_at_the_start_also_where_the_disk_had_one() -> None:
    rig = Rig(Stored(b=LATER))
    rig.keeper.load({"a": LATER})
    rig.look()
    assert rig.greeting() == told("a", "b")


def test_a_set_that_could_not_be_read_is_read_later() -> None:
    rig = Rig(Stored(a=LATER))
    rig.store.is_away = True
    assert not rig.look(meaning="other")
    assert rig.greeting() == {}
    rig.store.is_away = False
    assert rig.keeper.step()
    assert rig.greeting() == told("a")


@pytest.mark.parametrize("meaning", ["gap", "other"])
def test_what_a_store_has_forgotten_stays_revoked(meaning: str) -> None:
    rig = Rig(Stored(a=LATER))
    rig.look(meaning="other")
    rig.store.values = {"b": LATER}
    assert rig.look(meaning=meaning)
    assert rig.greeting() == told("a", "b")


def test_what_an_earlier_life_left_is_told_without_store() -> None:
    rig = Rig(Stored())
    rig.keeper.load({"a": LATER})
    assert rig.greeting() == told("a")
    assert rig.keeper.parts() == [{"a": LATER}]


def test_what_has_ended_is_forgotten_after_a_while() -> None:
    rig = Rig(Stored(a=NOW + 10, b=LATER, past=NOW - GRACE_S - 1))
    rig.look(meaning="other")
    assert rig.greeting() == told("a", end=NOW + 10) | told("b")
    rig.now += 10 + GRACE_S - 1
    rig.look("b")
    assert len(rig.keeper) == 2
    rig.now += SWEEP_S
    rig.look("b")
    assert rig.greeting() == told("b")


def test_beyond_the_bound_those_that_end_first_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revoked, "MOST", 3)
    rig = Rig(Stored(a=LATER + 3, b=LATER + 1, c=LATER + 2, d=LATER + 4))
    rig.look(meaning="other")
    assert sorted(rig.greeting()) == ["a", "c", "d"]


def test_words_are_small() -> None:
    rig = Rig(Stored())
    rig.look(meaning="other")
    rig.store.values = {f"v{number}": LATER for number in range(BATCH + 1)}
    rig.look(*rig.store.values)
    assert sorted(map(len, rig.added)) == [1, 1, BATCH, BATCH], "at once, and with their ends"


def test_a_real_store_s_set_is_read(client, keys) -> None:
    store = Revoked(client, keys)
    for number in range(30):
        assert store.add(f"jti-{number}", LATER) == "revoked"
    rig = Rig(store)
    rig.look(meaning="other")
    assert rig.greeting() == told(*(f"jti-{number}" for number in range(30)))
    store.add("more", LATER)
    rig.look("more", "unknown")
    assert rig.added[-1] == told("more")
    assert set(rig.greeting()) >= {"more", "unknown"}, "what was told is revoked, known to the store or not"
