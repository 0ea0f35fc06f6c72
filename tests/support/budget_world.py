"""Nodes, workers and a store with one retry budget, all real but for time and the wires between them.

The store's script runs on a real server. Answers come late or never, agents and workers end and begin again, the store
loses data, is away, or has another clock. What is asked afterwards: what was granted, and when.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import redis

from edge.agent.budgets import ANSWER_S, Budgets
from edge.retry.budget import RetryBudget
from edge.retry.budgets import RetryBudgets
from weir.models.upstream_clauses import Budget
from weir.store.errors import StoreAway
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall

START_S = 1_700_000_000.0


class Wire:
    """A node's pipe to the store: slow, and at times cut."""

    def __init__(self, world: World) -> None:
        self.world = world

    def ask(self, call: ScriptCall, timeout_s: float = 0.05) -> Any:
        world = self.world
        if world.away or world.chance() < 0.05:
            world.pass_time(ANSWER_S)
            raise StoreAway("cut before the call arrived", sent=False)
        world.pass_time(world.chance() * world.trip_s)
        reply = world.run(call)
        world.pass_time(world.chance() * world.trip_s)
        if world.chance() < 0.05:
            raise StoreAway("cut before the answer arrived")
        return reply

    def later(
        self, call: ScriptCall, done: Callable[[Any | None], None], unsent: Callable[[], None] | None = None
    ) -> None:
        try:
            done(self.ask(call))
        except StoreAway as away:
            if away.sent or unsent is None:
                done(None)
            else:
                unsent()


class Link:
    """A worker's questions to its agent."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.number = node.world.number()
        self.cut = False

    @property
    def connected(self) -> bool:
        return not self.cut and not self.node.stopped

    @connected.setter
    def connected(self, _: bool) -> None:
        raise AssertionError("read only")

    def later(self, _topic: str, body: Any, done: Callable[[Any | None], None]) -> None:
        world = self.node.world
        if not self.connected or world.chance() < 0.03:
            done(None)
            return
        world.pass_time(world.chance() * 0.002)
        answer = self.node.agent.answer(self.number, body)
        world.pass_time(world.chance() * 0.002)
        done(None if world.chance() < 0.03 else answer)

    def again(self) -> None:
        """Another connection."""
        self.node.agent.gone(self.number)
        self.number = self.node.world.number()


class Node:
    def __init__(self, world: World) -> None:
        self.world = world
        self.stopped = False
        self.agent = self.new_agent()
        self.workers = [self.new_worker() for _ in range(world.workers)]

    def new_agent(self) -> Budgets:
        world = self.world
        return Budgets(
            Wire(world), Keys("world"), workers=world.workers, max_nodes=world.max_nodes,
            nodes=lambda: len(world.nodes), clock=lambda: world.now,
            sleep=world.pass_time,
        )  # fmt: skip

    def new_worker(self) -> tuple[Link, RetryBudgets, RetryBudget]:
        link = Link(self)
        budgets = RetryBudgets(link, lambda: self.world.now)
        return link, budgets, budgets.of("file", self.world.upstream, self.world.budget)


class World:
    """``play`` it; ``worst`` is what the busiest window holds."""

    def __init__(self, admin: redis.Redis, seed: int) -> None:
        self.random = random.Random(seed)
        self.chance = self.random.random
        self.admin = admin
        self.upstream = f"u{seed}"
        self.now = START_S + self.chance()
        self.skew = 0.0
        self.history = "h0"
        self.away = False
        self.trip_s = 0.02
        """To the store, or back, at most."""
        self.granted: list[tuple[float, int]] = []
        self.budget = Budget(percent=50.0, max=self.random.choice([12, 24, 60]), per_ms=1000)
        self.max_nodes = self.random.randint(1, 3)
        self.workers = self.random.randint(1, 2)
        self._numbers = 0
        self._copies: dict[bytes, bytes] = {}
        self._calm = self.random.choice([0.0, 0.1, 0.3, 1.0])
        self.nodes: list[Node] = []
        self.nodes = [Node(self) for _ in range(self.random.randint(1, self.max_nodes))]

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def run(self, call: ScriptCall) -> Any:
        command = [*call.command[:-2], int((self.now + self.skew) * 1000), self.history]
        return self.admin.eval(call.script.source, *command)

    def play(self, steps: int) -> World:
        calm = self._calm
        actions: list[tuple[float, Callable[[], None]]] = [
            (6, self._take), (6, self._all_take), (6, self._traffic), (6, self._edge), (4, self._wait),
            (3, self._flush), (4, self._look_ahead), (4, self._report), (3, self._report_all),
            (4, self._wait_to_the_last_moment), (0.4, self._long_wait), (2 * calm, self._store_dies),
            (calm, self._toggle_store), (calm, self._lose_data), (calm, self._back_in_time), (calm, self._agent_again),
            (calm, self._worker_again), (calm, self._link_again), (calm, self._toggle_agent),
        ]  # fmt: skip
        self._report_all()
        self.now += 2.0 if self.chance() < 0.7 else 70.0
        self._report_all()
        weights = [weight * self.random.choice([0.3, 1, 3]) for weight, _ in actions]
        for _ in range(steps):
            self.random.choices([action for _, action in actions], weights)[0]()
        return self

    def worst(self) -> int:
        """Units of the busiest closed interval of one window."""
        events, window = sorted(self.granted), self.budget.per_ms / 1000
        return max(
            (sum(units for at, units in events if begin <= at <= begin + window) for begin, _ in events),
            default=0,
        )

    def _worker(self) -> tuple[Link, RetryBudgets, RetryBudget]:
        return self.random.choice(self.random.choice(self.nodes).workers)

    def _take(self) -> None:
        """One or two, or as many as there are."""
        _, _, budget = self._worker()
        for _ in range(self.random.choice([1, 2, 60])):
            cost = self.random.choice([1, 1, 1, 2])
            verdict = budget.take(cost, 0.02)
            assert verdict.granted == (verdict.why == "")
            if not verdict.granted:
                return
            self.granted.append((verdict.at, cost))

    def _all_take(self) -> None:
        for _ in range(3 * len(self.nodes)):
            self._take()

    def _traffic(self) -> None:
        budget = self._worker()[2]
        for _ in range(self.random.choice([3, 40, 100])):
            budget.attempted()
            budget.succeeded(retry=self.chance() < 0.1)

    def _edge(self) -> None:
        """Around the edge of a bucket of the store's clock."""
        shown = int((self.now + self.skew) * 1000)
        edge = (shown // 100 + self.random.choice([1, 1, 2, 10, 11])) * 100 + self.random.choice(
            [-3, -1, 0, 1]
        )
        self.now = max(self.now, edge / 1000 - self.skew)

    def _wait(self) -> None:
        self.now += self.chance() * 0.3

    def _long_wait(self) -> None:
        self.now += self.random.choice([1.2, 61.5])
        self._report_all()

    def _flush(self) -> None:
        self.random.choice(self.nodes).agent.flush()

    def _look_ahead(self) -> None:
        for node in self.nodes:
            for _, budgets, _ in node.workers:
                budgets.look_ahead()

    def _report(self) -> None:
        self._worker()[1].report()

    def _report_all(self) -> None:
        for node in self.nodes:
            for _, budgets, _ in node.workers:
                budgets.report()
            node.agent.flush()

    def _wait_to_the_last_moment(self) -> None:
        """A worker spends what it holds as late as it may; when its bucket has just left, all take what there is."""
        self.now += self.random.choice([0.0, 1.3])
        _, _, budget = self._worker()
        budget._demand.note(self.now, self.random.choice([4, 16]))
        self._spend(budget, 1)
        bucket = budget._bucket
        self.now = max(self.now, budget._until + self.random.choice([-0.001, -0.0001, 0.001]))
        if self.chance() < 0.3:
            self._report_all()
        self._spend(budget)
        gone = (bucket + 11) / 10 - self.skew + self.random.choice([-0.001, 0.0005, 0.001])
        if bucket > 0 and gone < self.now + 2:
            self.now = max(self.now, gone)
        self._all_take()

    def _spend(self, budget: RetryBudget, most: int = 100) -> None:
        for _ in range(most):
            verdict = budget.take(1, 0.02)
            if not verdict.granted:
                return
            self.granted.append((verdict.at, 1))

    def _store_dies(self) -> None:
        """In the middle, and an agent or a worker with it."""
        self._all_take()
        self.away = True
        self._all_take()
        self.random.choice([self._agent_again, self._worker_again, self._toggle_agent, self._link_again])()
        self.now += self.random.choice([0.0, 0.3])
        self._all_take()
        self.away = self.chance() < 0.3

    def _toggle_store(self) -> None:
        self.away = not self.away

    def _toggle_agent(self) -> None:
        node = self.random.choice(self.nodes)
        node.stopped = not node.stopped

    def _lose_data(self) -> None:
        names = self.admin.keys("weir:world:*")
        kind = self.random.choice(["flush", "copy", "copy", "older"])
        if kind == "flush":
            self.admin.flushall()
        elif kind == "copy":
            self._copies = {name: data for name in names if (data := self.admin.dump(name))}
        elif self._copies:
            self.admin.flushall()
            for name, data in self._copies.items():
                self.admin.restore(name, 0, data)
            self.history = f"h{self.chance()}"

    def _back_in_time(self) -> None:
        self.skew -= self.random.choice([0.001, 0.1, 3.0])

    def _agent_again(self) -> None:
        node = self.random.choice(self.nodes)
        if self.chance() < 0.5:
            node.agent.stop()
        node.agent = node.new_agent()
        for link, _, _ in node.workers:
            link.again()

    def _worker_again(self) -> None:
        node = self.random.choice(self.nodes)
        at = self.random.randrange(len(node.workers))
        link, budgets, _ = node.workers[at]
        if self.chance() < 0.5:
            budgets.leave()
            budgets.finish()
        node.agent.gone(link.number)
        node.workers[at] = node.new_worker()

    def _link_again(self) -> None:
        self._worker()[0].again()
