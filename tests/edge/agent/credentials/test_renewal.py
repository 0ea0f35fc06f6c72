"""Suspects are read anew, and a store that went back is noticed."""

from __future__ import annotations

import pytest

from edge.agent.credentials.renewal import AT_ONCE, HISTORY_S, IDLE_S, PAUSE_S, RETRY_S, Renewal
from tests.support.keeper_rig import KeeperRig
from weir.store.errors import StoreAway


class Rig(KeeperRig):
    """With a history that is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.reads.history = self.history  # type: ignore[attr-defined]
        self.renewal = Renewal(self.keeper, self.reads, clock=lambda: self.now)  # type: ignore[arg-type]

    def history(self) -> str:
        if not self.world.is_up:
            raise StoreAway("gone")
        self.asked += 1
        return str(self.world.history)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_what_is_suspect_is_read_few_at_a_time_and_then_everything_is_sure(rig: Rig) -> None:
    rig.renewal.step()
    names = [f"key:{number}" for number in range(AT_ONCE + 1)]
    for name in names:
        rig.world.states[-1][name] = 0
        rig.ask(name)
    rig.keeper.distrust()
    assert rig.renewal.step() == PAUSE_S
    assert rig.keeper.cache.suspects == 1
    assert rig.renewal.step() == PAUSE_S
    assert (rig.renewal.step(), rig.keeper.is_sure) == (IDLE_S, True)


def test_nothing_is_asked_of_a_store_that_is_away_or_foreign(rig: Rig) -> None:
    rig.ask()
    rig.keeper.distrust()
    rig.away()
    assert (rig.renewal.step(), rig.reads.number, rig.asked) == (IDLE_S, 1, 0)


def test_a_store_that_goes_away_meanwhile_is_waited_for(rig: Rig) -> None:
    rig.renewal.step()
    rig.ask()
    rig.keeper.distrust()
    rig.world.is_up = False
    assert (rig.renewal.step(), rig.keeper.cache.suspects) == (RETRY_S, 1)
    rig.now += HISTORY_S
    assert rig.renewal.step() == RETRY_S
    rig.world.is_up = True
    assert (rig.renewal.step(), rig.keeper.is_sure) == (PAUSE_S, True)


def test_a_store_that_went_back_and_on_by_the_same_numbers_is_noticed(rig: Rig) -> None:
    rig.world.change("key:c")
    rig.look()
    rig.renewal.step()
    rig.ask()
    rig.world.lose(1)
    rig.world.change("key:a", gone=True)
    rig.look()
    assert rig.ask() == 0, "the feed alone says nothing"
    rig.renewal.step()
    assert rig.ask() == 0, "the history is not asked all the time"
    rig.now += HISTORY_S
    rig.renewal.step()
    assert rig.worker.words[-1]["drop"] == ["key:a"]
    assert rig.ask() == "absent"


def test_what_was_read_before_the_history_was_known_is_read_anew(rig: Rig) -> None:
    words = len(rig.worker.words)
    rig.renewal.step()
    assert rig.worker.words[words:] == [], "there was nothing"
    late = Rig()
    late.ask()
    late.renewal.step()
    assert late.worker.words[-1]["all"]
    assert late.keeper.is_sure


def test_a_history_of_an_earlier_life_counts(rig: Rig) -> None:
    rig.ask()
    rig.renewal.history = "another one"
    rig.renewal.step()
    assert any(word["all"] for word in rig.worker.words[1:])
    assert (rig.renewal.history, rig.keeper.is_sure) == ("1", True)
