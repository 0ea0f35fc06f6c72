"""Last uses: to the minute, never backwards, never in the future, bounded."""

from __future__ import annotations

import time

import pytest

from weir.store import used as module
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.used import Used

MINUTE = 60_000


@pytest.fixture
def used(client: Client, keys: Keys) -> Used:
    return Used(client, keys)


def test_a_use_is_noted_to_the_minute(used: Used) -> None:
    used.note({"key:a": 61_234, "basic:é b": 5})
    assert used.of(["key:a", "basic:é b", "key:none"]) == {"key:a": MINUTE, "basic:é b": 0}
    assert used.of([]) == {}


def test_an_earlier_use_changes_nothing(used: Used) -> None:
    used.note({"key:a": 10 * MINUTE})
    used.note({"key:a": 9 * MINUTE})
    assert used.of(["key:a"]) == {"key:a": 10 * MINUTE}


def test_a_node_whose_clock_is_ahead_notes_now(used: Used) -> None:
    used.note({"key:a": 2**52})
    assert used.of(["key:a"])["key:a"] <= time.time() * 1000 + MINUTE


def test_those_used_longest_ago_are_forgotten_first(used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NAMES", 2)
    used.note({"a": 3 * MINUTE, "b": MINUTE, "c": 2 * MINUTE})
    assert used.of(["a", "b", "c"]) == {"a": 3 * MINUTE, "c": 2 * MINUTE}


def test_more_than_one_call_can_take_are_noted(used: Used, client: Client, keys: Keys) -> None:
    used.note({f"key:{number}": MINUTE for number in range(2001)})
    assert client.call("ZCARD", keys.credentials_used()) == 2001
    used.note({})
