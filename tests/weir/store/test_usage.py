"""Counts in a real store: added once, bounded, forgotten in time."""

from __future__ import annotations

import random
from collections.abc import Iterable

import msgpack
import pytest

from tests.support.servers import RunningServer
from weir.models.usage import CONSUMER, OTHER, RULE, TARGET, WIDTH
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.usage import (
    DAY_TTL_MS,
    MAX_CONSUMERS_A_MINUTE,
    MAX_ENTRIES,
    MAX_RULES_A_MINUTE,
    MINUTE_TTL_MS,
    Added,
    Batch,
    Period,
    UsageCalls,
    packed,
    read_added,
    unpacked,
)
from weir.store.usage_read import Usage

MINUTE, DAY = Period("minute", 29_000_000), Period("day", 20_000)
ONE = packed([1])


def batch(
    seq: int, *names: str, period: Period = MINUTE, numbers: bytes = ONE, minute: int = MINUTE.number
) -> Batch:
    return Batch(period, seq, tuple((name, minute, numbers) for name in names))


@pytest.fixture
def calls(keys: Keys) -> UsageCalls:
    return UsageCalls(keys, "n1:1")


@pytest.fixture
def usage(client: Client, keys: Keys) -> Usage:
    return Usage(client, keys)


def add(client: Client, calls: UsageCalls, *batches: Batch) -> list[Added]:
    return [read_added(reply) for reply in client.pipeline([calls.add(each) for each in batches])]


def kept(usage: Usage, period: Period = MINUTE, kind: str = RULE) -> dict[str, int]:
    return {name: numbers[0] for name, numbers in usage.entries(period, kind)}


def test_numbers_come_back_as_they_went_and_zeros_at_the_end_cost_nothing() -> None:
    numbers = [0] * WIDTH
    numbers[3] = 2**53
    assert unpacked(packed(numbers)) == numbers
    assert len(packed(numbers)) < 16
    with pytest.raises(StoreError, match="cannot be read"):
        unpacked(b"\xc1")


def test_counts_of_several_agents_add_up(client: Client, keys: Keys, usage: Usage) -> None:
    many = random.Random(1)
    expected = [0] * WIDTH
    for writer in ("n1:1", "n2:1", "n1:2"):
        numbers = [many.randrange(2**40) for _ in range(WIDTH)]
        expected = [before + more for before, more in zip(expected, numbers, strict=True)]
        one = batch(1, "rapi/a", "tapi/u http://t", numbers=packed(numbers))
        add(client, UsageCalls(keys, writer), one)
    assert dict(usage.entries(MINUTE, RULE)) == {"api/a": expected}
    assert dict(usage.entries(MINUTE, TARGET)) == {"api/u http://t": expected}


def test_a_call_that_is_repeated_counts_once(client: Client, calls: UsageCalls, usage: Usage) -> None:
    replies = add(
        client, calls, batch(1, "rapi/a"), batch(1, "rapi/a"), batch(2, "rapi/a"), batch(1, "rapi/a")
    )
    assert [reply.new for reply in replies] == [True, False, True, False]
    assert kept(usage) == {"api/a": 2}


def test_rules_beyond_the_bound_of_a_minute_are_counted_together(
    client: Client, calls: UsageCalls, usage: Usage
) -> None:
    names = [f"rapi/{number}" for number in range(MAX_RULES_A_MINUTE + 7)]
    parts = [names[start : start + MAX_ENTRIES] for start in range(0, len(names), MAX_ENTRIES)]
    add(client, calls, *(batch(seq, *part) for seq, part in enumerate(parts, 1)))
    add(client, calls, batch(len(parts) + 1, "rapi/0", "rapi/new", "tapi/u http://t"))
    found = kept(usage)
    assert len(found) == MAX_RULES_A_MINUTE + 1
    assert (found[OTHER], found["api/0"]) == (8, 2)
    assert kept(usage, kind=TARGET) == {"api/u http://t": 1}


def test_consumers_have_a_bound_of_their_own_and_no_last_hit(
    client: Client, calls: UsageCalls, usage: Usage, keys: Keys
) -> None:
    names = [f"c{number}" for number in range(MAX_CONSUMERS_A_MINUTE + 3)]
    parts = [names[start : start + MAX_ENTRIES] for start in range(0, len(names), MAX_ENTRIES)]
    add(client, calls, *(batch(seq, *part) for seq, part in enumerate(parts, 1)))
    add(client, calls, batch(len(parts) + 1, "c0", "rapi/a", "tapi/u http://t"))
    found = kept(usage, kind=CONSUMER)
    assert len(found) == MAX_CONSUMERS_A_MINUTE + 1
    assert (found[OTHER], found["0"]) == (3, 2)
    assert (kept(usage), kept(usage, kind=TARGET)) == ({"api/a": 1}, {"api/u http://t": 1})
    assert client.call("ZCARD", keys.usage_last()) == 1


def test_counts_of_a_program_that_knew_no_consumers_go_on(
    client: Client, calls: UsageCalls, usage: Usage, server: RunningServer, keys: Keys
) -> None:
    add(client, calls, batch(1, "rapi/a"))
    server.admin().hset(keys.usage_minute(MINUTE.number), "#", msgpack.packb([1, 0]))
    add(client, calls, batch(2, "rapi/a", "calice"))
    assert (kept(usage), kept(usage, kind=CONSUMER)) == ({"api/a": 2}, {"alice": 1})


def test_more_entries_than_a_call_may_have_are_refused(calls: UsageCalls) -> None:
    with pytest.raises(ValueError, match="at most"):
        calls.add(batch(1, *(f"r{number}" for number in range(MAX_ENTRIES + 1))))


def test_minutes_are_kept_for_two_hours_and_days_for_400_days(
    client: Client, calls: UsageCalls, keys: Keys, server: RunningServer
) -> None:
    add(client, calls, batch(1, "rapi/a"), batch(2, "rapi/a", period=DAY))
    lives = [
        server.admin().pttl(key) for key in (keys.usage_minute(MINUTE.number), keys.usage_day(DAY.number))
    ]
    assert MINUTE_TTL_MS - 60_000 < lives[0] <= MINUTE_TTL_MS
    assert DAY_TTL_MS - 60_000 < lives[1] <= DAY_TTL_MS


def test_the_latest_hit_of_a_rule_stays_whatever_comes_late(
    client: Client, calls: UsageCalls, usage: Usage
) -> None:
    add(client, calls, batch(1, "rapi/a", minute=70), batch(2, "rapi/a", minute=60), batch(3, "tapi/u x"))
    assert usage.last_hits(["api/a", "api/b"]).minutes == (70, None)
    assert usage.last_hits([]).minutes == ()


def test_of_too_many_rules_the_hits_longest_ago_are_forgotten_and_that_is_told(
    client: Client, calls: UsageCalls, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weir.store.usage.MAX_LAST", 3)
    monkeypatch.setattr("weir.store.usage_read.MAX_LAST", 3)
    add(client, calls, *(batch(number, f"rapi/{number}", minute=number) for number in (1, 2, 3, 4, 5)))
    hits = usage.last_hits([f"api/{number}" for number in range(1, 6)])
    assert hits.minutes == (None, None, 3, 4, 5)
    assert hits.since_minute == 3


def test_since_when_is_counted_and_what_was_lost_is_known(
    client: Client, calls: UsageCalls, usage: Usage
) -> None:
    assert usage.about().since_ms == 0
    (reply,) = add(client, calls, batch(1, "rapi/a")._replace(lost_minutes=5, lost_days=2))
    add(client, calls, batch(2, "rapi/a")._replace(lost_minutes=1))
    about = usage.about()
    assert (about.since_ms, about.lost_minutes, about.lost_days) == (reply.now_ms, 6, 2)
    assert about.now_ms >= reply.now_ms


def test_all_days_together_are_told_and_the_earliest_can_be_forgotten(
    client: Client, calls: UsageCalls, usage: Usage
) -> None:
    days = [Period("day", 20_000 + number) for number in range(3)]
    replies = add(
        client, calls, *(batch(number, "rapi/a", "rapi/b", period=day) for number, day in enumerate(days, 1))
    )
    assert [(reply.all_days, reply.earliest) for reply in replies] == [(2, 20_000), (4, 20_000), (6, 20_000)]
    assert client.pipeline([calls.forget(20_000)]) == [1]
    (reply,) = add(client, calls, batch(9, "rapi/c", period=days[2]))
    assert (reply.all_days, reply.earliest) == (5, 20_001)
    assert kept(usage, days[0]) == {}


def test_an_entry_takes_as_much_memory_as_the_page_says(
    client: Client, calls: UsageCalls, keys: Keys, server: RunningServer
) -> None:
    typical = packed([*range(100_000, 100_012), *(3_000,) * 14])
    names = [f"rapi/shop/rule-{number:05}" for number in range(2_000)]
    parts: Iterable[list[str]] = (
        names[start : start + MAX_ENTRIES] for start in range(0, 2_000, MAX_ENTRIES)
    )
    add(client, calls, *(batch(seq, *part, numbers=typical) for seq, part in enumerate(parts, 1)))
    used = server.admin().memory_usage(keys.usage_minute(MINUTE.number), samples=0)
    assert used is not None
    assert 80 < used / 2_000 < 200
