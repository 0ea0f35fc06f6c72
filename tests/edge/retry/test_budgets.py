"""A worker's budgets together: how they are told, and what a publish does to them."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest

from edge.agent.budgets import Budgets
from edge.retry.budget import RetryBudget
from edge.retry.budgets import REPORTS, RetryBudgets
from tests.support.budget_worker import CLAUSE, Worker, lends, refuses
from weir.models.upstream_clauses import Budget
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall


class Grants:
    """In place of the agent's pipe: a store that grants ten units to whoever asks, for a bucket of a second."""

    def __init__(self, now: list[float]) -> None:
        self._now = now

    def ask(self, call: ScriptCall, timeout_s: float = 0.0) -> list[Any]:
        at = int(self._now[0] * 1000)
        left = 1000 - at % 1000
        return [10, at // 1000, left, 90, b"ok", left, 100, at, 1000]

    def later(
        self, call: ScriptCall, done: Callable[[Any | None], None], unsent: Callable[[], None] | None = None
    ) -> None:
        done([0, *self.ask(call)[1:]])


class Direct:
    """In place of the link: the agent answers at once."""

    connected = True

    def __init__(self, agent: Budgets) -> None:
        self._agent = agent

    def later(self, topic: str, body: Any, done: Callable[[Any | None], None]) -> None:
        done(self._agent.answer(1, body))


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_many_budgets_are_reported_in_several_messages(worker: Worker) -> None:
    for number in range(REPORTS):
        worker.budgets.of("file", f"u{number}", CLAUSE)
    worker.budgets.report()
    assert [len(body["reports"]) for body in worker.agent.asked] == [REPORTS, 1]


class TestOtherTerms:
    LOWER = Budget(percent=10.0, max=0, per_ms=10_000)
    LONGER = Budget(percent=10.0, max=100, per_ms=20_000)

    def test_what_is_held_under_the_same_cap_is_kept(self, worker: Worker) -> None:
        worker.agent.answers = [lends(3)]
        worker.take()
        assert worker.budgets.of("file", "u", Budget(percent=20.0, max=100, per_ms=10_000)) is worker.budget
        assert worker.take() == ""

    def test_what_is_held_under_another_cap_goes_back(self, worker: Worker) -> None:
        """A bucket may last hours, and ``max 0`` holds at once."""
        worker.agent.answers = [lends(9, until=8_000.0), refuses("cap", 101.0)]
        worker.take()
        worker.budgets.of("file", "u", self.LOWER)
        assert worker.take() == "cap"
        assert worker.agent.asked[-1]["report"][1:] == [worker.budget.terms.spoken(), [0, 0, 0], [[7, 8]]]

    def test_what_is_held_of_another_window_is_given_up(self, worker: Worker) -> None:
        worker.agent.answers = [lends(9), refuses("cap", 101.0)]
        worker.take()
        worker.budgets.of("file", "u", self.LONGER)
        assert worker.take() == "cap", "units of another ring are not spent"
        assert worker.agent.asked[-1]["report"][3] == []

    @pytest.mark.parametrize(("clause", "back"), [(LOWER, [[7, 5]]), (LONGER, [])])
    def test_so_is_what_was_asked_for_before_and_is_lent_after(
        self, worker: Worker, clause: Budget, back: list[list[int]]
    ) -> None:
        assert worker.budget.take(1, 0.0).why == "busy"
        worker.budgets.of("file", "u", clause)
        worker.agent.waiting.pop()(lends(5))
        worker.agent.answers = [refuses("cap", 101.0)]
        assert worker.take() == "cap"
        assert worker.agent.asked[-1]["report"][3] == back

    def test_the_reserve_that_was_lent_under_another_cap_is_not_spent(self, worker: Worker) -> None:
        worker.agent.answers = [lends(2, bucket=-1), refuses("cap", 101.0)]
        worker.take()
        worker.budgets.of("file", "u", self.LOWER)
        assert worker.take() == "cap"
        assert worker.agent.asked[-1]["report"][3] == []


class TestABudgetThatIsNamedNoMore:
    def rolled_back(self, worker: Worker) -> RetryBudget:
        """No version names it, and the next one does."""
        worker.budgets.retain([])
        return worker.budgets.of("file", "u", CLAUSE)

    def forget(self, worker: Worker) -> weakref.ref[RetryBudget]:
        """Nobody but the budgets may have it from now on."""
        left = weakref.ref(worker.budget)
        del worker.budget
        worker.agent.waiting.clear()
        return left

    def test_it_is_forgotten_once_nothing_counts(self, worker: Worker) -> None:
        worker.agent.answers = [lends(1)]
        worker.take()
        left = self.forget(worker)
        assert self.rolled_back(worker) is left()
        worker.now += 10.1
        assert self.rolled_back(worker) is not left()
        assert left() is None

    def test_what_it_holds_or_has_to_give_back_is_waited_for(self, worker: Worker) -> None:
        worker.agent.answers = [lends(9, until=200.0)]
        worker.take()
        worker.now += 10.1
        left = self.forget(worker)
        worker.budgets.retain([])
        worker.agent.answers = [{"share": 0, "until": 0.0}]
        worker.budgets.report()
        assert worker.agent.asked[-1]["reports"][0][3] == [[7, 8]]
        worker.budgets.retain([])
        assert left() is None

    def test_who_has_it_still_shares_it_with_the_next_version(self, worker: Worker) -> None:
        """Else two would tell the agent sums of their own under one name, each of which it would book anew."""
        worker.budget.attempted()
        worker.now += 10.1
        assert self.rolled_back(worker) is worker.budget
        worker.budgets.retain([])
        worker.budgets.report()
        assert [report[2] for report in worker.agent.asked[-1]["reports"]] == [[1, 0, 0]]

    def test_units_are_not_asked_for_ahead_any_more(self, worker: Worker) -> None:
        worker.budgets.of("file", "u", Budget(percent=10.0, max=100, per_ms=1000))
        worker.agent.answers = [lends(9, until=101.5), *[refuses("", 0.0)] * 9]
        worker.take()
        worker.now = 101.2
        assert [worker.take() for _ in range(8)] == [""] * 8
        assert worker.budgets.look_ahead() is not None
        worker.budgets.retain([])
        asked = len(worker.agent.asked)
        worker.now = 101.6
        assert worker.budgets.look_ahead() is None
        assert len(worker.agent.asked) == asked

    def test_its_attempts_are_booked_once_whatever_is_published(self) -> None:
        """With the node agent's own part. Retries are paid with what was lent ahead, so nobody looks further."""
        now = [1000.0]
        agent = Budgets(
            Grants(now), Keys("t"), workers=1, max_nodes=1, nodes=lambda: 1,
            clock=lambda: now[0], sleep=lambda seconds: None,
        )  # fmt: skip
        budgets = RetryBudgets(Direct(agent), lambda: now[0])

        def pass_time(budget: RetryBudget, steps: int) -> None:
            for step in range(steps):
                now[0] += 0.1
                for _ in range(100):
                    budget.attempted()
                if step % 5 == 3:
                    budget.take(1, 0.0)
                budgets.look_ahead()
                if step % 10 == 5:
                    budgets.report()

        first = budgets.of("file", "u", CLAUSE)
        budgets.report()
        pass_time(first, 200)
        budgets.retain([])
        budgets.look_ahead()
        budgets.report()
        second = budgets.of("file", "u", CLAUSE)
        pass_time(second, 40)
        budgets.report()
        assert agent.state()[0]["attempts"] == 24_000
