"""Store, node agents and workers of one sliding limit in one thread, with a clock of its own: random histories.

The store is the model of ``limit.lua``; what agents and workers do is the real thing. Times are milliseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from random import Random
from typing import Any

from edge.agent.limits.counters import Me, Sliding
from edge.agent.limits.stock import Cluster, Names, Stock
from edge.limiting.holding import Holding
from edge.limiting.wire import Answer, Item, Terms
from tests.support.limit_models import RingModel
from weir.store.keys import Keys
from weir.store.limits import Back, Wish, window_of
from weir.store.script_calls import ScriptCall

START = 1_764_000_000_000
MOST, PER_MS = 200, 1000
TERMS = Terms("file/gold", "sliding", MOST, PER_MS, 1, "closed", 0)
NODES, WORKERS = 2, 2


class Worker:
    def __init__(self, number: int) -> None:
        self.number = number
        self.holding = Holding(TERMS, 0.0)
        self.returns: list[tuple[int, int]] = []

    def give_back(self, lease: int, tokens: int) -> None:
        self.returns.append((lease, tokens))


class Node:
    def __init__(self, name: str) -> None:
        self.stock = Stock(TERMS, Sliding(Me(Keys("test"), name, name, 1), TERMS, ""), Names(100))
        self.workers = [Worker(number) for number in range(WORKERS)]


class Chain:
    """``spent`` has the moment of each decision."""

    def __init__(self, random: Random) -> None:
        self.random, self.clock = random, 0
        self.window = window_of(PER_MS)
        self.store = RingModel(self.window)
        self.nodes = [Node(f"n{number}") for number in range(NODES)]
        self.cluster = Cluster(NODES, NODES, 0.0)
        self.spent: list[int] = []
        self.doubted = False
        """Whether a node ever took the store for one that has lost something."""
        self._forgets_at = 0

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self._wait()
            node = self.random.choice(self.nodes)
            self._request(node, self.random.choice(node.workers), self.random.choice((1, 1, 20, 200)))
            if self.random.random() < 0.05:
                node.stock.let_go(self._now)
            if self.random.random() < 0.1:
                self._refused_elsewhere(node)

    def busiest(self) -> int:
        """The most that any window holds, closed at both ends."""
        return max((bisect_right(self.spent, at + PER_MS) - n for n, at in enumerate(self.spent)), default=0)

    @property
    def _now(self) -> float:
        return self.clock / 1000

    def _wait(self) -> None:
        """To edges of buckets, to the end of what somebody holds, and for nearly a window."""
        width = self.window.bucket_ms
        to_edge = width - (START + self.clock) % width
        worker = self.random.choice(self.random.choice(self.nodes).workers)
        to_end = max(0, int(worker.holding.ends * 1000) - self.clock)
        near = (0, 1, 3, 10, to_edge - 1, to_edge)
        to_oblivion = max(0, self._forgets_at - START - self.clock)
        far = (
            to_end - 1,
            to_end,
            to_end + 3,
            to_end + width // 2,
            PER_MS - width,
            PER_MS - 5,
            PER_MS,
            to_oblivion,
        )
        self.clock += max(0, self.random.choice(near if self.random.random() < 0.7 else far))

    def _request(self, node: Node, worker: Worker, times: int) -> None:
        """So many requests one after the other, each as ``Limiter.check`` does it."""
        for _ in range(times):
            holding = worker.holding
            holding.asked += 1
            if not holding.has(1, self._now, worker.give_back):
                self._ask(node, worker, 0.0)
            elif holding.tokens - 1 < holding.low or self._now >= holding.renew_at:
                beyond = holding.beyond(self._now)
                if beyond is not None:
                    self._ask(node, worker, beyond)
            if not holding.has(1, self._now, worker.give_back):
                return
            holding.tokens -= 1
            self.spent.append(self.clock)

    def _ask(self, node: Node, worker: Worker, beyond: float) -> None:
        stock, holding = node.stock, worker.holding
        for lease, tokens in worker.returns:
            stock.take_back(lease, tokens, self._now)
        worker.returns.clear()
        demand = self.random.choice((holding.demand(self._now), 20.0, 5000.0))
        item = Item(TERMS, "", 1, 1, False, demand, beyond)
        stock.wants(worker.number, item.demand, self._now)
        answer = stock.hand(worker.number, item, self._now, self.cluster)
        if answer is None:
            self._fetch(stock, item)
            answer = stock.hand(worker.number, item._replace(beyond=0.0), self._now, self.cluster)
        self._delay()
        holding.take(answer or Answer("full", wait_s=0.01), 1, self._now, worker.give_back)

    def _refused_elsewhere(self, node: Node) -> None:
        """Tokens are taken, another limit of the request refuses, and all of them go back."""
        stock = node.stock
        self._fetch(stock, Item(TERMS, "", 1, 1, False, 0.0, 0.0))
        self.clock += self.random.choice((30, 150, 1001))
        stock.touched = 0.0
        stock.let_go(self._now)
        call = stock.counter.call(MOST, Wish(0), "")
        stock.heard(stock.counter.heard(self._reply(call)), 0, self._now, self._now)

    def _fetch(self, stock: Stock, item: Item) -> None:
        wish = stock.wish(item.need, 0, self._now, self.cluster, item.beyond)
        call, sent = stock.counter.call(MOST, wish, ""), self._now
        self._delay()
        reply = self._reply(call)
        self._delay()
        if self.random.random() < 0.05:
            stock.heard(None, item.need, sent, self._now)
        else:
            stock.heard(stock.counter.heard(reply), item.need, sent, self._now)
        self.doubted |= stock.is_in_quarantine(self._now)

    def _reply(self, call: ScriptCall) -> list[Any]:
        said = dict(zip((*call.script.keys, *call.script.arguments), call.command[1:], strict=False))
        wish = Wish(said["want"], said["least"], said["divisor"], said["further"])
        back = Back(said["back_bucket"], said["back_birth"], said["back"], said["back_number"])
        now = START + self.clock
        if now >= self._forgets_at:
            self.store.lose()
        lease = self.store.call(said["most"], wish, said["holder"], back, f"born {now}", now)
        if self.store.life_ms:
            self._forgets_at = now + self.store.life_ms
        return list(lease)

    def _delay(self) -> None:
        self.clock += self.random.choice((0, 0, 1, 1, 4, 30))
