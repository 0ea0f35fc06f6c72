"""Last uses: from the words of workers to the store, bounded."""

from __future__ import annotations

import time
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from edge.agent.credentials import last_use
from edge.agent.credentials.last_use import BATCH, LastUse
from edge.agent.credentials.metrics import CredentialMetrics
from edge.link.credential_words import MAX_USED
from weir.store.errors import StoreAway
from weir.store.used import STEP_MS, Used

NOW_MS = int(time.time() * 1000)


class Away(Used):
    def __init__(self) -> None:
        self.brought: list[dict[str, int]] = []
        self.is_away = True

    def note(self, uses: Any) -> None:
        if self.is_away:
            raise StoreAway("gone")
        self.brought.append(dict(uses))


class Rig:
    def __init__(self, used: Used) -> None:
        self.registry, self.touched = CollectorRegistry(), set[str]()
        self.uses = LastUse(used, CredentialMetrics(self.registry), touched=self.touched.update)

    def tell(self, **names: Any) -> None:
        self.uses.answer(1, {"names": {name.replace("_", ":"): at for name, at in names.items()}})

    def lost(self) -> float:
        return self.registry.get_sample_value("weir_credentials_uses_lost_total") or 0.0


def test_the_latest_of_all_workers_is_brought(client, keys) -> None:
    rig = Rig(Used(client, keys))
    rig.tell(key_a=NOW_MS - 2 * STEP_MS, key_b=NOW_MS - STEP_MS)
    rig.tell(key_a=NOW_MS - STEP_MS)
    rig.tell(key_a=NOW_MS - 3 * STEP_MS)
    assert rig.touched == {"key:a", "key:b"}
    rig.uses.bring()
    assert len(rig.uses) == 0
    expected = (NOW_MS - STEP_MS) // STEP_MS * STEP_MS
    assert Used(client, keys).of(["key:a", "key:b", "key:c"]) == {"key:a": expected, "key:b": expected}


def test_what_the_store_does_not_take_waits(caplog: pytest.LogCaptureFixture) -> None:
    store = Away()
    rig = Rig(store)
    rig.tell(key_a=5, key_b=6)
    rig.uses.bring()
    assert (len(rig.uses), store.brought) == (2, [])
    assert "wait for the store" in caplog.text
    rig.tell(key_a=9)
    store.is_away = False
    rig.uses.bring()
    assert store.brought == [{"key:a": 9, "key:b": 6}]


def test_calls_are_small_and_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_use, "MOST", BATCH + 2)
    store = Away()
    rig = Rig(store)
    rig.tell(**{f"key_{number}": 1 for number in range(BATCH + 5)})
    rig.tell(key_0=7)
    assert (len(rig.uses), rig.lost()) == (BATCH + 2, 3)
    store.is_away = False
    rig.uses.bring()
    assert [len(batch) for batch in store.brought] == [BATCH, 2]


@pytest.mark.parametrize("name", ["key", "key:", "user:a", "", "key:" + "x" * 513])
def test_what_is_no_credential_is_not_brought(name: str) -> None:
    rig = Rig(Away())
    rig.uses.answer(1, {"names": {name: 5, "key:a": -1, "key:b": "5", "key:c": True, "key:d": 5}})
    assert (len(rig.uses), rig.lost(), rig.touched) == (1, 4, {"key:d"})


@pytest.mark.parametrize(
    "body", [None, 7, {}, {"names": []}, {"names": dict.fromkeys(range(MAX_USED + 1), 1)}]
)
def test_what_is_no_word_on_uses_is_not_taken(body: Any) -> None:
    rig = Rig(Away())
    rig.uses.answer(1, body)
    assert len(rig.uses) == 0
    rig.uses.gone(1)


def test_a_clock_that_is_ahead_is_now() -> None:
    store = Away()
    rig = Rig(store)
    rig.tell(key_a=NOW_MS * 2)
    store.is_away = False
    rig.uses.bring()
    assert NOW_MS <= store.brought[0]["key:a"] < NOW_MS * 2
