"""What a look at the feed means: nothing is trusted that cannot be shown."""

from __future__ import annotations

import pytest

from edge.agent.credentials.position import Look, Position, judge
from weir.store.feed import Change, Changes, changes

AT = Position("one", 10)


def look(
    since: int, newest: int, *topics: str, first: int | None = None, incarnation: str = "one"
) -> Changes:
    """As the feed answers who has seen ``since``."""
    start = since + 1 if first is None else first
    rows = (topic.partition("/") for topic in topics)
    entries = tuple(Change(start + n, topic, id_) for n, (topic, _, id_) in enumerate(rows))
    return changes(since, entries, newest, incarnation)


def test_what_changed_is_named_and_nothing_else():
    seen = judge(AT, look(10, 14, "credential/key:a", "version/7", "revoked/j", "credential/key:a"), "one")
    assert seen == Look("changed", Position("one", 14), ("key:a",), ("j",))
    assert judge(AT, look(10, 10), "one") == Look("changed", AT)


def test_changes_that_were_known_already_are_none():
    seen = judge(AT, look(8, 11, "credential/key:old", "credential/key:old", "credential/key:new"), "one")
    assert seen == Look("changed", Position("one", 11), ("key:new",))


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(look(10, 15, "credential/key:a", first=12), id="trimmed"),
        pytest.param(look(10, 15), id="trimmed whole"),
        pytest.param(look(10, 3), id="went back"),
        pytest.param(look(2, 4, "credential/key:a", "credential/key:b"), id="went back and on"),
    ],
)
def test_who_cannot_show_that_it_heard_of_every_change_trusts_nothing(seen: Changes):
    assert judge(AT, seen, "one").meaning == "gap"
    assert judge(AT, seen, "one").position == Position("one", seen.seq)


def test_an_unknown_place_in_the_right_feed_is_a_gap():
    assert judge(Position("one", -1), look(0, 1, "credential/key:a"), "one") == Look(
        "gap", Position("one", 1)
    )


def test_the_first_look_and_another_store_begin_anew():
    assert judge(None, look(0, 3), "one") == Look("other", Position("one", 3))
    assert judge(AT, look(10, 10, incarnation="two"), "two") == Look("other", Position("two", 10))
    assert judge(None, look(0, 0, incarnation=""), None) == Look("other", Position("", 0))
    assert judge(Position("", 3), look(3, 4, "version/1"), None).meaning == "other"


def test_a_store_that_the_node_does_not_follow_says_nothing():
    assert judge(AT, look(10, 10, incarnation="two"), "one") == Look("foreign", AT)
    assert judge(AT, look(10, 0, incarnation=""), "one") == Look("foreign", AT)
    assert judge(None, look(0, 9, incarnation="two"), "one").meaning == "foreign"
