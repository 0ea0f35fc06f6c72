"""The topic ``limit``: answers workers from the node's tokens, and asks the store for what is missing.

One call for a key is under way at a time; who comes meanwhile waits for it. Several limits of one request are asked for
in one round trip, and if one of them refuses, what the others gave stays with the node.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

import gevent
import msgspec
from gevent.event import Event

from edge.agent.limits.counters import Me
from edge.agent.limits.histories import Histories
from edge.agent.limits.metrics import LimitMetrics
from edge.agent.limits.stock import Cluster, Names, Stock
from edge.agent.limits.table import Table
from edge.agent.limits.watch import Watch
from edge.agent.store_pipe import StorePipe
from edge.limiting.clock import boot_s
from edge.limiting.wire import ANSWER_S, GRANTED, OPEN, TOPIC, Answer, Item, read_question
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.limits import Wish
from weir.store.script_calls import ScriptCall

FLUSH_S = 1.0
AT_ONCE, PAUSE_S = 64, 0.002
"""So many keys give back in one turn, and so long others have theirs."""

log = logging.getLogger("weir.agent.limits")


class LimitHolder:
    """``answer`` and ``gone`` are called by the worker link, each question in a greenlet of its own."""

    def __init__(
        self,
        pipe: StorePipe,
        keys: Keys,
        node: str,
        *,
        nodes: Callable[[], int],
        workers: Callable[[], int],
        max_nodes: int,
        announce: Callable[[str, Any], None],
        metrics: LimitMetrics,
        watch: Watch | None = None,
        clock: Callable[[], float] = boot_s,
    ) -> None:
        self._pipe, self._nodes, self._workers, self._max_nodes = pipe, nodes, workers, max_nodes
        self._announce, self._metrics, self._clock = announce, metrics, clock
        self._watch = watch or Watch()
        self._began = clock()
        self._names = Names(secrets.randbits(31) << 20)
        me = Me(keys, node, secrets.token_hex(8), time.time_ns() // 1000)
        self._table = Table(me, self._names)
        self._active: dict[Stock, None] = {}
        """Those that hold or owe something."""
        self._histories = Histories()
        self._told: list[int] = []
        self._flusher: gevent.Greenlet[..., None] | None = None
        metrics.watch(keys=lambda: self._table.size, nodes=self._sharing)

    def start(self) -> None:
        self._flusher = gevent.spawn(self._flush_for_ever)

    def stop(self) -> None:
        """Gives back what is left, as far as the store takes it at once."""
        if self._flusher is not None:
            self._flusher.kill()
        now = self._clock()
        for stock in list(self._active):
            stock.touched = 0.0
            self._give_back(stock, now)
        deadline = time.monotonic() + ANSWER_S
        while any(stock.fetching for stock in self._active) and time.monotonic() < deadline:
            gevent.sleep(0.002)

    def answer(self, connection: int, body: Any) -> Any:
        """A list of answers; nil for a question that is none. Blocks up to 30 ms."""
        try:
            items, returns = read_question(body)
        except ValueError as error:
            log.warning("a worker asked for tokens in a way that is not understood: %s", error)
            return None
        now = self._clock()
        for number, tokens in returns:
            stock = self._names.stocks.get(number)
            if stock is not None:
                stock.take_back(number, tokens, now)
                self._active[stock] = None
        return [list(each) for each in self._answers(connection, items, now)]

    def gone(self, connection: int) -> None:
        """What the worker held is taken for spent."""

    def page(self) -> dict[str, Any]:
        """For the status listener: how many keys of which limits this node has, and what is nearly used up or over."""
        near = self._watch.near(self._clock())
        return {
            "nodes": self._sharing(),
            "max_nodes": self._max_nodes,
            "keys": self._table.size,
            "limits": self._table.counts(),
            "near": [msgspec.structs.asdict(one) for one in near],
        }

    def _answers(self, connection: int, items: list[Item], now: float) -> list[Answer]:
        stocks = [self._table.stock(item.terms, item.key, now) for item in items]
        cluster = self._cluster()
        pairs = list(zip(stocks, items, strict=True))
        for stock, item in pairs:
            stock.wants(connection, item.demand, now)
            self._active[stock] = None
        at_once = [stock.hand(connection, item, now, cluster) for stock, item in pairs]
        for (stock, item), answer in zip(pairs, at_once, strict=True):
            if answer is None and stock.fetching is None and self._pipe.available:
                self._ask(stock, item, cluster)
        answers = [
            answer or self._wait(connection, stock, item, now + ANSWER_S, cluster)
            for (stock, item), answer in zip(pairs, at_once, strict=True)
        ]
        if any(_refuses(item, answer) for item, answer in zip(items, answers, strict=True)):
            answers = [self._undo(answer) for answer in answers]
        for answer in answers:
            self._metrics.answered(answer)
        self._watch.note(items, answers, now)
        return answers

    def _undo(self, answer: Answer) -> Answer:
        """Another limit of the request refused: tokens of this one stay here, but the worker may use what is left."""
        if answer.why == GRANTED and answer.granted:
            stock = self._names.stocks.get(answer.lease)
            if stock is not None:
                stock.take_back(answer.lease, answer.granted, self._clock())
            return answer._replace(granted=0)
        return answer

    def _wait(self, connection: int, stock: Stock, item: Item, until: float, cluster: Cluster) -> Answer:
        """Until the tokens are there, or it is clear that they are not."""
        while True:
            now = self._clock()
            answer = stock.hand(connection, item, now, cluster)
            if answer is not None:
                return answer
            if now >= until or not self._pipe.available:
                at_hand = stock.hand(connection, item._replace(beyond=0.0), now, cluster)
                return at_hand or stock.without_store(item.need, now, cluster)
            if stock.fetching is None:
                self._ask(stock, item, cluster)
                item = item._replace(beyond=0.0)  # what comes is as good as can be had now
            if stock.fetching is not None:
                stock.waiting += item.want
                stock.fetching.wait(until - now)
                stock.waiting -= item.want

    def _ask(self, stock: Stock, item: Item, cluster: Cluster) -> None:
        """One call for an item; its reply is taken in the pipe's greenlet."""
        wish = stock.wish(item.need, item.want - item.need, self._clock(), cluster, item.beyond)
        self._send(stock, wish, item.need, stock.most(cluster))

    def _send(self, stock: Stock, wish: Wish, need: int, most: int) -> None:
        call = stock.counter.call(most, wish, secrets.token_hex(6))
        event = stock.fetching = Event()
        sent = self._clock()
        self._metrics.asked()

        def heard(reply: Any | None) -> None:
            stock.fetching = None
            try:
                self._heard(stock, call, reply, need, sent)
            finally:
                event.set()

        self._pipe.later(call, heard)

    def _heard(self, stock: Stock, call: ScriptCall, reply: Any | None, need: int, sent: float) -> None:
        now = self._clock()
        try:
            grant = None if reply is None else stock.counter.heard(reply)
        except StoreError as error:
            log.warning("the store's word on a limit is not understood: %s", error)
            grant = None
        if grant is not None and self._is_new(call.key, now, stock):
            grant = grant._replace(lost=True)
        was_in_quarantine = stock.is_in_quarantine(now)
        stock.heard(grant, need, sent, now)
        if stock.is_in_quarantine(now) and not was_in_quarantine:
            self._metrics.lost()

    def _is_new(self, key: str, now: float, stock: Stock) -> bool:
        """Whether the server has become another one within the limit's window; said once of each time."""
        history = self._pipe.history(key)
        if not history:
            return False
        before = stock.served
        stock.served = self._histories.heard(self._pipe.place(key), history, before, now)
        changed = stock.served.changed
        return changed != before.changed and now - changed < stock.terms.window_s

    def _cluster(self) -> Cluster:
        return Cluster(self._sharing(), self._max_nodes, self._began)

    def _sharing(self) -> int:
        """By how many nodes a limit is divided: where the store has not said it yet, by the most that there may be."""
        return self._nodes() or self._max_nodes

    def _flush_for_ever(self) -> None:
        while True:
            self._tell()
            gevent.sleep(FLUSH_S)
            self._give_back_all()
            self._table.sweep(self._clock())
            self._metrics.overflowed(self._table.overflowed)

    def _give_back_all(self) -> None:
        """Some at a time: workers wait for answers that go the same way."""
        for place, stock in enumerate(list(self._active), 1):
            self._give_back(stock, self._clock())
            if place % AT_ONCE == 0:
                gevent.sleep(PAUSE_S)

    def _tell(self) -> None:
        """How many share a limit while the agent is away; workers that connect later hear it too."""
        shape = [self._sharing(), max(1, self._workers())]
        if shape != self._told:
            self._told = shape
            self._announce(TOPIC, shape)

    def _give_back(self, stock: Stock, now: float) -> None:
        stock.let_go(now)
        if stock.counter.owes:
            if stock.fetching is None and self._pipe.available:
                self._send(stock, Wish(0), 0, stock.most(self._cluster()))
        elif not stock.tokens and stock.is_idle(now):
            self._active.pop(stock, None)


def _refuses(item: Item, answer: Answer) -> bool:
    return not answer.granted and answer.why != OPEN and not item.optional
