"""What of the limits is nearly used up or over."""

from __future__ import annotations

from typing import Any

import pytest

from edge.agent.limits import watch as module
from edge.agent.limits.watch import SLICE_S, SLICES, Watch, shown_key
from edge.limiting.wire import FULL, GRANTED, OPEN, Answer, Item, Terms
from weir.store.limits import limit_tag
from weir.store.live import MAX_LIMITS


def item(key: str = "192.0.2.1", **terms: Any) -> Item:
    said = {"identity": "file/l", "window": "sliding", "most": 100, "per_ms": 60_000, "burst": 0}
    said |= {"on_store_failure": "share", "max_keys": 0}
    found = Terms(**(said | terms))
    return Item._make([found, key, 1, 1, False, 0.0, *([0.0] * (len(Item._fields) - 6))])


def test_what_was_refused_is_told_with_how_often_and_what_is_nearly_used_up_too() -> None:
    watch = Watch()
    watch.note([item("192.0.2.1"), item("192.0.2.2")], [Answer(FULL), Answer(GRANTED, 1, left=10)], 100.0)
    watch.note([item("192.0.2.1")], [Answer(FULL)], 101.0)
    first, second = watch.near(102.0)
    assert (first.key, first.refused, first.used, first.left, first.age_ms) == ("192.0.2.1", 2, 1.0, 0, 1000)
    assert (second.key, second.refused, second.used, second.left) == ("192.0.2.2", 0, 0.9, 10)
    assert first.hash == limit_tag("file/l", "192.0.2.1")


def test_what_has_plenty_left_or_is_not_counted_is_not_told() -> None:
    watch = Watch()
    watch.note([item("a"), item("b")], [Answer(GRANTED, 1, left=21), Answer(OPEN)], 100.0)
    assert watch.near(100.0) == []


def test_a_smooth_limit_is_measured_by_its_burst() -> None:
    watch = Watch()
    watch.note([item("a", window="smooth", burst=10)], [Answer(GRANTED, 1, left=9)], 100.0)
    assert watch.near(100.0) == []
    watch.note([item("a", window="smooth", burst=10)], [Answer(GRANTED, 1, left=1)], 100.0)
    assert [one.used for one in watch.near(100.0)] == [0.9]


def test_refusals_count_for_a_minute() -> None:
    watch = Watch()
    for second in range(120):
        watch.note([item()], [Answer(FULL)], 1000.0 + second)
    (one,) = watch.near(1119.0)
    assert SLICE_S * (SLICES - 1) <= one.refused <= SLICE_S * SLICES
    assert watch.near(1119.0 + SLICE_S * SLICES) == []


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::/64", "2001:db8::/64"),
        ("", ""),
        ("sk_live_1", ""),
        ("9:192.0.2.1", ""),
        ("a/b", ""),
        ("\0overflow", ""),
    ],
)
def test_only_addresses_and_networks_are_told_in_clear(key: str, shown: str) -> None:
    assert shown_key(key) == shown
    watch = Watch()
    watch.note([item(key)], [Answer(FULL)], 1.0)
    assert watch.near(1.0)[0].key == shown


def test_what_is_noted_and_what_is_told_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NOTED", MAX_LIMITS + 1)
    watch = Watch()
    for number in range(MAX_LIMITS + 1):
        watch.note([item(str(number))], [Answer(FULL)], 1.0)
    watch.note([item("0")], [Answer(FULL)], 1.0)
    watch.note([item("new")], [Answer(FULL)], 1.0)
    told = watch.near(1.0)
    assert len(told) == MAX_LIMITS
    assert told[0].hash == limit_tag("file/l", "0"), "who is noted often stays"
    assert len(watch._noted) == MAX_LIMITS + 1
