"""A node's part in the retry budgets with a clock to turn, and a store that answers what the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge.agent.budgets import Budgets
from edge.retry.budget_terms import terms_of
from weir.models.upstream_clauses import Budget
from weir.store.errors import StoreAway
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall


class Store:
    """In place of a pipe: answers what the test says, and notes the calls."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []
        self.reply: Any = None
        self.left_alone = False
        """Nothing is sent."""
        self.hangs = False
        self.waiting: list[Callable[[Any | None], None]] = []
        """Who waits for an answer of a store that hangs."""

    def ask(self, call: ScriptCall, timeout_s: float = 0.05) -> Any:
        if self.left_alone:
            raise StoreAway("of the test", sent=False)
        self.calls.append(call.command)
        if self.reply is None:
            raise StoreAway("of the test")
        return self.reply

    def later(
        self, call: ScriptCall, done: Callable[[Any | None], None], unsent: Callable[[], None] | None = None
    ) -> None:
        if self.left_alone:
            assert unsent is not None
            unsent()
            return
        self.calls.append(call.command)
        if self.hangs:
            self.waiting.append(done)
        else:
            done(self.reply)


class Node:
    """A node's budgets and a clock to turn."""

    def __init__(self, *, workers: int = 1, max_nodes: int = 1, nodes: int = 1) -> None:
        self.now = 1000.0
        self.store = Store()
        self.nodes = nodes
        self.pauses: list[int] = []
        """How many calls were made before each."""
        self.budgets = Budgets(
            self.store, Keys("test"), workers=workers, max_nodes=max_nodes, nodes=lambda: self.nodes,
            clock=lambda: self.now, sleep=lambda _: self.pauses.append(len(self.store.calls)),
        )  # fmt: skip

    def ask(
        self,
        need: int = 1,
        want: int = 1,
        upstream: str = "file/u",
        connection: int = 1,
        per_ms: int = 10_000,
        most: int | None = 100,
    ) -> dict[str, Any]:
        terms = terms_of(Budget(percent=10.0, max=most, per_ms=per_ms))
        report = [upstream, terms.spoken(), [0, 0, 0], []]
        answer = self.budgets.answer(connection, {"report": report, "need": need, "want": want})
        assert isinstance(answer, dict)
        return answer

    def report(
        self, *counts: int, connection: int = 1, back: Any = (), upstream: str = "file/u", **said: Any
    ) -> Any:
        terms = terms_of(Budget(percent=10.0, max=100)).spoken()
        reports = [[upstream, terms, list(counts), list(back)]]
        return self.budgets.answer(connection, {"reports": reports, **said})


def reply(units: int, why: str = "ok", left_ms: int = 600, again_ms: int = 300) -> list[Any]:
    return [units, 7, left_ms, 5, why.encode(), again_ms, 100, 1, 9]
