"""All nodes, workers and a store at once, by chance and by courses: the cap holds, and every wrong part is caught."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from edge.agent import budgets as module
from edge.agent.budgets import Budgets
from edge.agent.budgets_holder import MARGIN_S, Holder
from edge.retry.budget import RetryBudget
from tests.support.budget_courses import COURSES
from tests.support.budget_world import World
from tests.support.servers import server_folder, start_server
from weir.store.budget import Granted, Heard

WORLDS = 150
STEPS = 120


@pytest.fixture(scope="module")
def admin() -> Iterator[redis.Redis]:
    with server_folder() as folder:
        server = start_server(folder)
        yield server.admin()
        server.stop()


def played(admin: redis.Redis, seed: int) -> World:
    """Steps by chance, and then every other time one of the courses, twice."""
    admin.flushall()
    world = World(admin, seed).play(STEPS if seed % 2 else STEPS // 4)
    if seed % 2 == 0:
        for _ in range(2):
            COURSES[seed // 2 % len(COURSES)](world)
    return world


def broken(admin: redis.Redis, seed: int) -> bool:
    world = played(admin, seed)
    return world.worst() > (world.budget.max or 0)


def test_no_window_of_all_nodes_and_workers_holds_more_than_the_cap_whatever_fails(
    admin: redis.Redis,
) -> None:
    spent = 0
    for seed in range(WORLDS):
        world = played(admin, seed)
        assert world.worst() <= (world.budget.max or 0), f"seed {seed}"
        spent += sum(units for _, units in world.granted)
    assert spent > 20 * WORLDS, "the worlds spend too little to prove anything"


def gives_back_what_it_lends(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Holder.lend

    def wrong(self: Holder, now: float, need: int, want: int) -> Any:
        lent = right(self, now, need, want)
        if lent is not None:
            self.give_back(lent.bucket, lent.units)
        return lent

    monkeypatch.setattr(Holder, "lend", wrong)


def every_node_has_the_whole_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "of_agent", lambda reserve, _nodes, _workers: reserve)


def counts_the_end_from_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Holder.answered

    def wrong(self: Holder, sent_at: float, now: float, reply: Granted, *, wanted: bool) -> None:
        right(self, now + MARGIN_S, now, reply, wanted=wanted)

    monkeypatch.setattr(Holder, "answered", wrong)


def lends_the_reserve_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Budgets._book

    def wrong(self: Budgets, *said: Any) -> Any:
        known = right(self, *said)
        self._widths = {name: (width, float("-inf")) for name, (width, _) in self._widths.items()}
        return known

    monkeypatch.setattr(Budgets, "_book", wrong)


def gives_back_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Holder.call

    def wrong(self: Holder, now: float, *, wants: bool) -> Heard:
        self.give_back(self._lease.bucket, self._lease.units)
        return right(self, now, wants=wants)

    monkeypatch.setattr(Holder, "call", wrong)


def spends_a_little_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    right = RetryBudget._hold

    def wrong(self: RetryBudget, units: int, bucket: int, until: float) -> None:
        right(self, units, bucket, until + 0.2)

    monkeypatch.setattr(RetryBudget, "_hold", wrong)


@pytest.mark.parametrize(
    "mutant",
    [
        gives_back_what_it_lends, every_node_has_the_whole_reserve, counts_the_end_from_the_answer,
        lends_the_reserve_at_once, gives_back_what_it_holds, spends_a_little_longer,
    ],
)  # fmt: skip
def test_a_wrong_holder_is_caught(
    admin: redis.Redis, monkeypatch: pytest.MonkeyPatch, mutant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutant(monkeypatch)
    assert any(broken(admin, seed) for seed in range(600)), "no world shows what is wrong"
