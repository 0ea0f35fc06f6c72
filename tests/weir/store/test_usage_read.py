"""Reading counts: whole periods, one entry over many, and last hits."""

from __future__ import annotations

import pytest

from tests.support.usage import counted
from weir.models.usage import RULE, TARGET
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.usage import Period
from weir.store.usage_read import About, Hits, Usage

MINUTE = Period("minute", 29_000_000)


@pytest.fixture
def usage(client: Client, keys: Keys) -> Usage:
    return Usage(client, keys)


def test_an_empty_store_says_so(usage: Usage) -> None:
    about = usage.about()
    assert about.now_ms > 1_700_000_000_000
    assert about == About(about.now_ms, 0, 0, 0)
    assert list(usage.entries(MINUTE, RULE)) == []
    assert usage.of_entry([MINUTE], RULE, "api/a") == [None]
    assert usage.last_hits(["api/a"]) == Hits((None,), 0)


def test_every_entry_of_a_period_comes_once_however_many_there_are(
    client: Client, keys: Keys, usage: Usage
) -> None:
    names = [f"rapi/{number}" for number in range(3_000)]
    for start in range(0, len(names), 60):
        counted(client, keys, MINUTE, {name: [1] for name in names[start : start + 60]})
    counted(client, keys, MINUTE, {"tapi/u http://t": [7]})
    found = list(usage.entries(MINUTE, RULE))
    assert len(found) == 3_000
    assert {name for name, _ in found} == {name[1:] for name in names}
    assert [(name, numbers[0]) for name, numbers in usage.entries(MINUTE, TARGET)] == [("api/u http://t", 7)]


def test_one_entry_is_read_over_many_periods(client: Client, keys: Keys, usage: Usage) -> None:
    later = [Period("minute", MINUTE.number + number) for number in range(3)]
    counted(client, keys, later[0], {"rapi/a": [1]})
    counted(client, keys, later[2], {"rapi/a": [4]})
    found = usage.of_entry(later, RULE, "api/a")
    assert [None if numbers is None else numbers[0] for numbers in found] == [1, None, 4]


def test_the_last_hits_of_many_rules_come_in_their_order(client: Client, keys: Keys, usage: Usage) -> None:
    for number in (0, 700, 1_100):
        counted(client, keys, MINUTE, {f"rapi/{number}": [1]}, minute=number + 1)
    hits = usage.last_hits([f"api/{number}" for number in range(1_101)])
    assert {place: minute for place, minute in enumerate(hits.minutes) if minute} == {
        0: 1,
        700: 701,
        1_100: 1_101,
    }
