"""The attempts of one exchange together: whether there is another one, when, and where to.

Made at the first failure, or at the first answer that may not be the last word; what goes well has none. The
order is: decide, spend, wait, find a place, and only then let go of what there is (an answer, a failure): whoever is
refused before gets what there is, at once and unchanged, and what was spent goes back. What is granted counts from the
moment of the decision, in the budget; in the metrics, once the attempt goes out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import random
from typing import TYPE_CHECKING

import msgspec

from edge.access_log.attempt import Attempt, Served, attempt_of
from edge.exchange import Exchange
from edge.http.head import ResponseHead
from edge.retry.kept_answer import KeptAnswer
from edge.retry.pause import Pause
from edge.retry.policy import RetryPolicy
from edge.retry.pushback import SILENT, Pushback, pushback_of
from edge.retry.spending import Granted, Spending
from edge.transport import NEVER
from edge.upstream.decide import Again, GiveUp, Outcome, Situation, decide, event_of, event_of_answer
from edge.upstream.errors import ClientGone, UpstreamError
from weir.routing.repeats import Event

if TYPE_CHECKING:
    from edge.upstream.target import Target

TAKE_WAIT_S = 0.05
"""How long the budget may ask the node agent; the pause that follows is so much shorter."""
IDEMPOTENCY_KEY = b"idempotency-key"
ENVOYS_COUNT = b"x-envoy-attempt-count"


class Tries:
    """``after_error`` and ``after_answer`` say whether there is another attempt. If so, ``pause`` and ``choose`` come
    before it; then ``begin``, or ``call_off`` and ``let_go``.
    """

    __slots__ = (
        "_before", "_budget", "_exchange", "_granted", "_last", "_policy", "_replaced", "_retries", "_tried", "_try_s",
        "_until", "_wait_s", "answer", "failure", "fresh", "paid",
    )  # fmt: skip

    def __init__(
        self,
        exchange: Exchange,
        policy: RetryPolicy | None,
        budget: Spending | None,
        until: float,
        try_s: float,
    ) -> None:
        """``until``: monotonic seconds, the end of all attempts; without one, nothing waits longer than ``try_s``."""
        self._exchange = exchange
        self._policy = policy
        self._budget = budget
        self._until = until
        self._try_s = try_s
        self._tried: frozenset[Target] = frozenset()
        self._last: Target | None = None
        self._retries = 0
        """Those that the rule asked for."""
        self._replaced = False
        self._wait_s = 0.0
        self._granted: tuple[Again, Granted | None] | None = None
        """What did not go out yet."""
        self._before: tuple[tuple[Attempt, ...], Served | None] = ((), None)
        """What was noted of attempts before that one was granted."""
        self.fresh = False
        """The next attempt goes to the same target, on a new connection."""
        self.paid = False
        """The attempt that was granted last cost units, of which a success gives some back."""
        self.answer: KeptAnswer | None = None
        """Of the last attempt, until another one goes out."""
        self.failure: UpstreamError | None = None
        """In place of an answer."""

    def after_error(self, error: UpstreamError, target: Target) -> bool:
        """Raises ClientGone."""
        self.failure = error
        return self._ask(event_of(error), target, SILENT)

    def after_answer(self, head: ResponseHead, reused: bool, target: Target) -> bool:
        """False: the answer goes to the client as it is; True: it is kept in ``answer``. Raises ClientGone."""
        self.failure = None
        return self._ask(event_of_answer(head.status, reused), target, pushback_of(head.fields))

    def pause(self) -> None:
        """Waits as long as was decided. Raises ClientGone."""
        downstream = self._exchange.downstream
        self._check_client()
        pause = Pause()
        downstream.awaiting = pause
        downstream.transport.arm()
        try:
            pause.wait(self._wait_s)
        finally:
            downstream.awaiting = None

    def choose(self, pick: Callable[[frozenset[Target]], Target]) -> Target:
        """Another target than those that were tried, as long as there is one; ``pick`` gets who was tried.

        A connection that was merely replaced says nothing against its target.
        """
        if self.fresh and self._last is not None:
            return self._last
        found = pick(self._tried)
        if found in self._tried and self._last is not None:
            self._tried = frozenset([self._last])
            found = pick(self._tried)
        return found

    def begin(self) -> None:
        """What was granted goes out: there is no way back to what there was."""
        if self._granted is not None:
            _count(self._exchange, self._granted[0].outcome)
            self._granted = None
        self.let_go()

    def call_off(self, why: Outcome) -> None:
        """What was granted never goes out: all is as if it had been refused."""
        exchange = self._exchange
        if self._granted is None:
            raise AssertionError("nothing was granted")
        (decision, verdict), self._granted = self._granted, None
        if self._budget is not None and verdict is not None:
            self._budget.put_back(decision.cost, verdict.bucket)
        exchange.attempts, exchange.served = self._before
        self._refused(why)

    def let_go(self) -> None:
        """Of the answer that was kept."""
        answer, self.answer = self.answer, None
        if answer is not None:
            answer.let_go()

    def _ask(self, event: Event | None, target: Target, pushback: Pushback) -> bool:
        decision = decide(event, self._policy, self._situation(event, pushback), random())  # noqa: S311 - jitter
        if isinstance(decision, GiveUp):
            if decision.outcome is not None:
                self._refused(decision.outcome)
            return False
        try:
            self._check_client()
        except ClientGone:
            self._refused("client-gone")
            raise
        verdict: Granted | None = None
        asked_s = 0.0
        if self._budget is not None:
            began = time.monotonic()
            verdict = self._budget.take(decision.cost, max(0.0, min(TAKE_WAIT_S, self._left_s())))
            asked_s = time.monotonic() - began
            if not verdict.granted:
                if not self._is_free(decision):
                    self._refused(verdict.why)
                    return False
                verdict = None
        self._grant(decision, target, verdict)
        self._wait_s = max(0.0, decision.wait_s - asked_s)
        return True

    def _is_free(self, decision: Again) -> bool:
        """Where no unit is left: a closed connection is replaced without any rule, and a rule asks for no less.

        There is at most one of these for each answer before, on the connection that was closed.
        """
        return decision.fresh and self.failure is not None

    def _situation(self, event: Event | None, pushback: Pushback) -> Situation:
        exchange, policy = self._exchange, self._policy
        unsent = event in ("connect", "unsent")
        fits = policy is None or unsent or exchange.message.took <= policy.body
        return Situation(
            method=exchange.method,
            replayable=exchange.replayable and fits,
            keyed=policy is not None and policy.keyed and _has(exchange, IDEMPOTENCY_KEY),
            repeated_before=_repeated_before(exchange),
            retries=self._retries,
            replaced=self._replaced,
            left_s=self._left_s(),
            pushback=pushback,
        )

    def _left_s(self) -> float:
        return self._try_s if self._until == NEVER else self._until - time.monotonic()

    def _grant(self, decision: Again, target: Target, verdict: Granted | None) -> None:
        exchange = self._exchange
        self.fresh, self.paid = decision.fresh, verdict is not None
        if decision.fresh:
            self._replaced = True
        else:
            self._retries += 1
        self._last = target
        self._tried |= {target}
        if exchange.kept is not None:
            exchange.kept.hold()
        self._granted, self._before = (decision, verdict), (exchange.attempts, exchange.served)
        _note_attempt(exchange, decision, verdict)
        exchange.detail = ""

    def _refused(self, why: str) -> None:
        exchange = self._exchange
        if exchange.served is None:
            *before, last = exchange.attempts
            exchange.attempts = (*before, msgspec.structs.replace(last, retry=why))
        else:
            exchange.detail = f"not retried: {why}"
        _count(exchange, why)

    def _check_client(self) -> None:
        if self._exchange.downstream.transport.peek() == b"":
            raise ClientGone("the client closed before it was answered")


def _count(exchange: Exchange, outcome: str) -> None:
    """A connection that was merely replaced is no retry of the rule's."""
    telemetry, plan = exchange.downstream.engine.telemetry, exchange.plan
    telemetry.retry(exchange.upstream, outcome)
    if plan is not None and outcome != "replaced":
        telemetry.usage.retry(plan.counted_as, granted=outcome == "granted")


def _note_attempt(exchange: Exchange, decision: Again, verdict: Granted | None) -> None:
    """The attempt that is given up, with what follows it."""
    served, noted = exchange.served, exchange.attempts
    last: Attempt = noted[-1] if served is None else attempt_of(served)
    before = noted[:-1] if served is None else noted
    exchange.served = None
    told = msgspec.structs.replace(
        last,
        retry=decision.outcome,
        wait_ms=round(decision.wait_s * 1000, 3),
        decided_at=time.clock_gettime(time.CLOCK_BOOTTIME) if verdict is None else verdict.at,
    )
    exchange.attempts = (*before, told)


def _has(exchange: Exchange, name: bytes) -> bool:
    return any(lower == name and value for lower, _, value in exchange.fields)


def _repeated_before(exchange: Exchange) -> bool:
    """A Weir or an Envoy in front of this one says that this is not its first attempt."""
    if exchange.head.attempt > 1:
        return True
    return any(
        lower == ENVOYS_COUNT and value.isdigit() and value.lstrip(b"0") not in (b"", b"1")
        for lower, _, value in exchange.fields
    )
