"""What waits for the store: whole, in small parts, and never more than its bounds."""

from __future__ import annotations

from collections import Counter

from edge.agent.traffic.table import KEPT_MINUTES, MINUTES_A_DAY, UsageTable
from weir.models.usage import OTHER, WIDTH
from weir.store.usage import MAX_CONSUMERS_A_MINUTE, MAX_ENTRIES, MAX_RULES_A_MINUTE, Period, unpacked

MINUTE = 29_000_000
DAY = MINUTE // MINUTES_A_DAY


def numbers(requests: int = 1) -> list[int]:
    return [requests, *[0] * (WIDTH - 1)]


def brought(table: UsageTable) -> Counter[tuple[Period, str]]:
    """Everything that waits, until nothing does: requests by period and entry."""
    found: Counter[tuple[Period, str]] = Counter()
    while batch := table.next_batch(days=True):
        assert len(batch.entries) <= MAX_ENTRIES
        for name, _, data in batch.entries:
            found[batch.period, name] += unpacked(data)[0]
    return found


def test_counts_wait_for_their_minute_and_for_their_day() -> None:
    table = UsageTable()
    table.add([("rapi/a", numbers(2)), ("tapi/u x", numbers())], MINUTE)
    table.add([("rapi/a", numbers(3))], MINUTE + 1)
    assert len(table) == 5
    assert brought(table) == {
        (Period("minute", MINUTE), "rapi/a"): 2,
        (Period("minute", MINUTE), "tapi/u x"): 1,
        (Period("minute", MINUTE + 1), "rapi/a"): 3,
        (Period("day", DAY), "rapi/a"): 5,
        (Period("day", DAY), "tapi/u x"): 1,
    }
    assert len(table) == 0


def test_days_are_brought_only_when_they_are_wanted_and_then_in_turns_with_minutes() -> None:
    table = UsageTable()
    table.add([(f"rapi/{number}", numbers()) for number in range(MAX_ENTRIES * 2)], MINUTE)
    order = [batch.period.kind for _ in range(4) if (batch := table.next_batch(days=True))]
    assert sorted(order) == ["day", "day", "minute", "minute"]
    assert order[0] != order[1]
    table.add([("rapi/a", numbers())], MINUTE)
    assert table.next_batch(days=False)
    assert table.next_batch(days=False) is None
    assert table.next_batch(days=True)


def test_every_batch_has_a_number_of_its_own_and_the_minute_of_each_hit() -> None:
    table = UsageTable()
    table.add([("rapi/a", numbers())], MINUTE)
    table.add([("rapi/a", numbers())], MINUTE + 2)
    table.add([("rapi/b", numbers())], MINUTE + 1)
    batches = [batch for _ in range(4) if (batch := table.next_batch(days=True))]
    assert len({batch.seq for batch in batches}) == len(batches)
    assert min(batch.seq for batch in batches) == 1
    (day,) = (batch for batch in batches if batch.period.kind == "day")
    assert {name: minute for name, minute, _ in day.entries} == {"rapi/a": MINUTE + 2, "rapi/b": MINUTE + 1}


def test_minutes_that_waited_too_long_are_dropped_and_told_and_their_day_has_them() -> None:
    table = UsageTable()
    lost: Counter[str] = Counter()
    for later in range(KEPT_MINUTES + 2):
        lost.update(table.add([("rapi/a", numbers(10)), ("tapi/u x", numbers(10))], MINUTE + later))
    assert lost == {"minute": 20}
    first = table.next_batch(days=False)
    assert first is not None
    assert (first.period.number, first.lost_minutes, first.lost_days) == (MINUTE + 2, 20, 0)
    found = brought(table)
    assert found[Period("day", DAY), "rapi/a"] == 10 * (KEPT_MINUTES + 2)


def test_days_are_dropped_when_a_third_begins() -> None:
    table = UsageTable()
    lost = [
        table.add([("rapi/a", numbers())], MINUTE + days * MINUTES_A_DAY).get("day", 0) for days in range(3)
    ]
    assert lost == [0, 0, 1]


def test_rules_beyond_the_bound_of_a_minute_wait_together() -> None:
    table = UsageTable()
    table.add([(f"rapi/{number}", numbers()) for number in range(MAX_RULES_A_MINUTE + 9)], MINUTE)
    found = brought(table)
    assert found[Period("minute", MINUTE), "r" + OTHER] == 9
    assert found[Period("day", DAY), "r" + OTHER] == 0


def test_consumers_have_a_bound_of_their_own() -> None:
    table = UsageTable()
    table.add([(f"c{number}", numbers()) for number in range(MAX_CONSUMERS_A_MINUTE + 4)], MINUTE)
    table.add([("rapi/a", numbers()), ("tapi/u x", numbers())], MINUTE)
    found = brought(table)
    assert found[Period("minute", MINUTE), "c" + OTHER] == 4
    assert found[Period("minute", MINUTE), "rapi/a"] == found[Period("minute", MINUTE), "tapi/u x"] == 1
    assert found[Period("day", DAY), "c" + OTHER] == 0


def test_consumers_are_in_no_count_of_lost_requests() -> None:
    table = UsageTable()
    table.add([("rapi/a", numbers(4)), ("calice", numbers(4))], MINUTE)
    refused = table.next_batch(days=False)
    assert refused is not None
    assert table.gave_up(refused) == 4


def test_what_was_brought_makes_room() -> None:
    table = UsageTable()
    for _ in range(3):
        table.add([(f"rapi/{number}", numbers()) for number in range(MAX_RULES_A_MINUTE)], MINUTE)
        assert brought(table)[Period("minute", MINUTE), "r" + OTHER] == 0


def test_a_batch_that_the_store_refuses_for_good_is_lost_and_told_with_the_next() -> None:
    table = UsageTable()
    table.add([("rapi/a", numbers(4)), ("tapi/u x", numbers(4))], MINUTE)
    refused = table.next_batch(days=False)
    assert refused is not None
    assert table.gave_up(refused) == 4
    table.add([("rapi/a", numbers())], MINUTE)
    after = table.next_batch(days=False)
    assert after is not None
    assert after.lost_minutes == 4
