"""The node's part in the cluster-wide retry budgets: books what workers saw, and lends them units of the store.

What they say to each other: ``edge.agent.budgets_wire``. A question is answered within ``ANSWER_S``, whatever the store
does; without it the node's share of the reserve is lent. Times are seconds of CLOCK_BOOTTIME.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import gevent
from gevent.event import Event

from edge.agent.budgets_holder import Holder
from edge.agent.budgets_share import NO_PART, Part, Shares, of_agent, share_divisor
from edge.agent.budgets_wire import Report, lent_answer, read_report, refused_answer, said_at
from edge.retry.budget_terms import BUCKETS, FLOOR, LEAST_CAP, Terms
from weir.store.budget import Allowance, Heard, Ring, budget_call, granted
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall

FLUSH_S = 1.0
ANSWER_S = 0.03
"""A question of a worker is answered so soon: with the ways there and back, and whoever else wants the processor, a
request waits for at most 50 ms. What the store grants later is lent to the next one who asks."""
PATIENCE_S = 0.05
"""A worker does not wait longer (``TAKE_WAIT_S``): units of the reserve would be lent to nobody."""
MOST_ASKS = 2
"""Calls for units of one question: what came may have been for others."""
STOP_S = 0.05
LEND_RESERVE_S = 0.05
"""How long units of the reserve may be spent after they were lent."""
TRY_STORE_S = 0.25
"""A worker that was refused without a store asks again after this."""
MAX_HOLDERS = 10_000
STRIDE = 16
"""Budgets that are looked after at once; then others have their turn, in the agent and in the queue to the store."""
STRIDE_PAUSE_S = 0.008
FORGET_S = 120.0
"""A budget of which no worker spoke for so long (and two windows) is forgotten."""

log = logging.getLogger("weir.agent.budgets")


class Pipe(Protocol):
    """What is used of ``StorePipe``."""

    def ask(self, call: ScriptCall, timeout_s: float = ...) -> Any: ...

    def later(
        self, call: ScriptCall, done: Callable[[Any | None], None], unsent: Callable[[], None] | None = None
    ) -> None: ...


class Known(NamedTuple):
    """One budget on this node."""

    upstream: str
    name: str
    """As the store knows the holder: one that was forgotten counts anew, and is another to the store."""
    holder: Holder
    ready: Event
    """Set while no call for units is on its way."""


def boot_time() -> float:
    """Seconds; the same in all processes of a machine, and it does not stop in suspend."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Budgets:
    """Of one node. ``nodes`` says how many live now."""

    def __init__(
        self,
        pipe: Pipe,
        keys: Keys,
        *,
        workers: int,
        max_nodes: int,
        nodes: Callable[[], int],
        clock: Callable[[], float] = boot_time,
        sleep: Callable[[float], None] = gevent.sleep,
    ) -> None:
        self._pipe = pipe
        self._keys = keys
        self._workers = workers
        self._max_nodes = max_nodes
        self._nodes = nodes
        self._clock = clock
        self._sleep = sleep
        self.refused: Counter[tuple[str, str]] = Counter()
        """Asks by upstream and why nothing was lent."""
        self._known: dict[tuple[str, int], Known] = {}
        self._terms: dict[tuple[str, int], Terms] = {}
        self._widths: dict[str, tuple[int, float]] = {}
        """By upstream: of which budget a worker spoke last, and since when of no other. What an agent before this one,
        or another budget of the upstream, lent of the reserve counts for a window from then."""
        self._seen: dict[int, dict[str, tuple[tuple[int, int, int], float]]] = {}
        """By connection and upstream: the counts that were said last, and when."""
        self._spoke: dict[int, tuple[float, float]] = {}
        """By connection: when the worker reported for the last time but one, and for the last, by its own clock."""
        self._shares = Shares(workers, clock())

    def answer(self, connection: int, body: Any) -> Any:
        """To a report: this worker's share. To an ask: what is lent. None for what cannot be understood."""
        if not isinstance(body, dict):
            return None
        if "reports" in body:
            return self._reports(connection, body)
        report = read_report(body.get("report"))
        need, want = body.get("need"), body.get("want")
        if report is None or not isinstance(need, int) or not isinstance(want, int) or need < 0:
            return None
        at, since = self._heard_at(connection, body, reports=False)
        known = self._book(connection, report, at, since)
        if known is None:
            return None
        answer = self._grant(known, report.terms, need, max(need, want))
        if answer["why"]:
            self.refused[known.upstream, answer["why"]] += 1
        return answer

    def gone(self, connection: int) -> None:
        """What the worker held stays counted until its bucket leaves the window."""
        self._seen.pop(connection, None)
        self._spoke.pop(connection, None)

    def run(self) -> None:
        """Tells the store once a second, or as often as it can, what the workers saw; for ever."""
        took_s = 0.0
        while True:
            pause_s = FLUSH_S * random.uniform(0.9, 1.1)  # noqa: S311 - spreads nodes, hides nothing
            gevent.sleep(max(STRIDE_PAUSE_S, pause_s - took_s))
            began = self._clock()
            self.flush()
            took_s = self._clock() - began

    def flush(self) -> None:
        """One call for each budget of which the store has not heard everything; pauses between many."""
        forgotten = set[str]()
        for number, (identity, known) in enumerate(list(self._known.items()), start=1):
            now, terms = self._clock(), self._terms[identity]
            if known.holder.has_news(now):
                self._send(known, terms)
            elif now - known.holder.touched > FORGET_S + 2 * terms.window_s:
                del self._known[identity], self._terms[identity]
                forgotten.add(known.upstream)
            if number % STRIDE == 0:
                self._sleep(STRIDE_PAUSE_S)
        if forgotten:
            self._forget(forgotten.difference(known.upstream for known in self._known.values()))

    def stop(self) -> None:
        """Everything that is held goes back, if the store answers at once."""
        now = self._clock()
        for identity, known in self._known.items():
            heard = known.holder.leave(now)
            if heard is not None:
                with suppress(StoreError):
                    self._pipe.ask(self._call(known, self._terms[identity], heard, want=0), STOP_S)

    def page(self) -> dict[str, Any]:
        """For the status listener."""
        budgets, refused = self.state(), dict[str, dict[str, int]]()
        for (upstream, why), count in self.refused.items():
            refused.setdefault(upstream, {})[why] = count
        for entry in budgets:
            entry["refused"] = refused.get(entry["upstream"], {})
        return {"nodes": self._nodes(), "max_nodes": self._max_nodes, "budgets": budgets}

    def state(self) -> list[dict[str, Any]]:
        """One entry for each budget."""
        now = self._clock()
        return [self._state_of(known, self._terms[identity], now) for identity, known in self._known.items()]

    def _state_of(self, known: Known, terms: Terms, now: float) -> dict[str, Any]:
        holder, last = known.holder, known.holder.last
        return {
            "upstream": known.upstream,
            "window_ms": terms.per_ms,
            "width_ms": terms.width_ms,
            "cap": last.cap if last else terms.cap,
            "reserve": terms.reserve,
            "reserve_of_node": self._reserve_units(terms),
            "available": last.available if last else None,
            "credit": last.credit if last else None,
            "state": holder.state(now),
            "held": holder.held,
            "lent": holder.lent,
            "attempts": holder.attempts,
        }

    def _reports(self, connection: int, body: dict[str, Any]) -> dict[str, Any]:
        reports = body["reports"] if isinstance(body["reports"], list) else []
        at, since = self._heard_at(connection, body, reports=True)
        for report in filter(None, map(read_report, reports)):
            self._book(connection, report, at, since)
        part = self._part(str(body.get("worker", ""))[:32], body)
        divisor = share_divisor(self._max_nodes, self._workers) if part.until else 0
        return {"share": divisor, "since": part.since, "until": part.until}

    def _part(self, worker: str, body: dict[str, Any]) -> Part:
        if body.get("leaves") is True:
            self._shares.leave(self._clock(), worker)
            return NO_PART
        if not self._is_one_of_few():
            return NO_PART
        held = [body.get(field, 0.0) for field in ("share_since", "share_until")]
        known = all(isinstance(moment, int | float) for moment in held)
        return self._shares.renew(self._clock(), worker, Part(*map(float, held)) if known else NO_PART)

    def _heard_at(self, connection: int, body: dict[str, Any], *, reports: bool) -> tuple[float, float]:
        """When the worker said this, and since when it has gathered what it did not say before: its reports leave out
        what has nothing new. By its own clock, as words wait while this process stands still."""
        at = said_at(body, self._clock())
        before, last = self._spoke.get(connection, (at, at))
        if not reports:
            return at, last
        if at > last:
            before, last = last, at
        self._spoke[connection] = before, last
        return at, before

    def _book(self, connection: int, report: Report, at: float, since: float) -> Known | None:
        """The first word of a connection is where counting begins. None: there are too many budgets."""
        identity = (report.upstream, report.terms.width_ms)
        now = self._clock()
        known = self._known.get(identity)
        if known is None:
            if len(self._known) >= MAX_HOLDERS:
                return None
            name = secrets.token_hex(8)
            known = self._known[identity] = Known(report.upstream, name, Holder(), Event())
            known.ready.set()
        if self._widths.get(report.upstream, (0, 0.0))[0] != report.terms.width_ms:
            self._widths[report.upstream] = report.terms.width_ms, now
        if _falls(self._terms.get(identity, report.terms), report.terms):
            known.holder.let_go()
        self._terms[identity] = report.terms
        seen = self._seen.setdefault(connection, {})
        before, before_at = seen.get(report.upstream, (report.counts, at))
        seen[report.upstream] = report.counts, at
        more = [max(0, count - earlier) for count, earlier in zip(report.counts, before, strict=True)]
        known.holder.book(now, report.terms, *more, worker=connection, gathered_s=at - max(before_at, since))
        for bucket, units in report.back:
            known.holder.give_back(bucket, units)
        return known

    def _forget(self, upstreams: set[str]) -> None:
        """What else is kept of them; when a worker speaks of one again, counting begins anew."""
        for upstream, why in list(self.refused):
            if upstream in upstreams:
                del self.refused[upstream, why]
        for upstream in upstreams:
            del self._widths[upstream]
        for seen in self._seen.values():
            for upstream in upstreams.intersection(seen):
                del seen[upstream]

    def _grant(self, known: Known, terms: Terms, need: int, want: int) -> dict[str, Any]:
        """``need`` 0: nobody waits."""
        holder, least, asked_at = known.holder, max(1, need), self._clock()
        holder.demanded(asked_at, want)
        away, asks, until = False, 0, asked_at + ANSWER_S
        while not away and (lent := holder.lend(self._clock(), least, want)) is None:
            now = self._clock()
            wait_s = holder.bucket_begins_in(now)
            if now + wait_s >= until:
                break
            if wait_s > 0:
                self._sleep(wait_s)
            if not holder.asking:
                if asks == MOST_ASKS or not holder.may_ask(self._clock(), ahead=need == 0):
                    break
                self._send(known, terms, need=least)
                asks += 1
            # Others may have taken what came, and one of them has asked again: then there is more to wait for.
            away = not known.ready.wait(max(0.0, until - self._clock())) or holder.failed_last
        if lent is None:
            lent = holder.lend(self._clock(), least, want)
        if lent is not None:
            return lent_answer(lent)
        return self._without(known, terms, need, asked_at, away=away) if need else refused_answer("", 0.0)

    def _without(
        self, known: Known, terms: Terms, need: int, asked_at: float, *, away: bool
    ) -> dict[str, Any]:
        """Nothing is lent of the store's units: the reserve, where the store cannot say or must not yet."""
        holder, now = known.holder, self._clock()
        if now > asked_at + PATIENCE_S or (not away and now >= holder.deny_until):
            return refused_answer("busy", holder.busy_until(now))
        if not away and holder.why != "quarantine":
            return refused_answer(holder.why, holder.deny_until)
        lent = None
        width_ms, since = self._widths[known.upstream]
        if width_ms == terms.width_ms and now > since + terms.window_s + LEND_RESERVE_S:
            least = FLOOR // self._max_nodes
            lent = holder.lend_reserve(now, need, self._reserve_units(terms), least, terms, LEND_RESERVE_S)
        if lent is not None:
            return lent_answer(lent)
        return refused_answer("reserve" if away else "quarantine", now + TRY_STORE_S)

    def _send(self, known: Known, terms: Terms, *, need: int = 0) -> None:
        """One word to the store; with a ``need`` it asks for units, and whoever waits for them is woken."""
        holder, sent_at, wanted = known.holder, self._clock(), need > 0
        want = holder.wanted(sent_at, need, terms) if wanted else 0
        heard = holder.call(sent_at, wants=wanted)
        if wanted:
            known.ready.clear()

        def done(reply: Any | None) -> None:
            try:
                read = None if reply is None else granted(reply)
            except StoreError as error:
                log.warning("the budget of %s: %s", known.upstream, error)
                read = None
            if read is None:
                holder.failed(wanted=wanted)
            else:
                holder.answered(sent_at, self._clock(), read, wanted=wanted)
                if _falls(terms, self._terms.get((known.upstream, terms.width_ms), terms)):
                    holder.let_go()
            if wanted:
                known.ready.set()

        def unsent() -> None:
            holder.failed(wanted=wanted, unsent=heard)
            if wanted:
                known.ready.set()

        self._pipe.later(self._call(known, terms, heard, want), done, unsent)

    def _call(self, known: Known, terms: Terms, heard: Heard, want: int) -> ScriptCall:
        ring = Ring(known.upstream, terms.width_ms, BUCKETS)
        allowance = Allowance(terms.cap, LEAST_CAP, terms.reserve, FLOOR)
        return budget_call(
            self._keys, ring, known.name, allowance, heard, want=want, divisor=divisor_of(self._nodes())
        )

    def _reserve_units(self, terms: Terms) -> int:
        return of_agent(terms.reserve, self._max_nodes, self._workers) if self._is_one_of_few() else 0

    def _is_one_of_few(self) -> bool:
        """More nodes than there may be: then nobody's part is known to be free."""
        return self._nodes() <= self._max_nodes


def divisor_of(nodes: int) -> int:
    """Which part of what is left one call may take: a lone node all, else the last units go out one by one."""
    return 1 if nodes < 2 else max(2, -(-nodes // 2))


def _falls(before: Terms, after: Terms) -> bool:
    """Whether fewer units may be spent now; a cap that follows the traffic is above any other."""
    return after.cap is not None and (before.cap is None or after.cap < before.cap)
