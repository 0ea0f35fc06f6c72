"""forward: the attempt loop. Pick a target, send, await the head; on a failure decide; then relay the answer."""

from __future__ import annotations

import time
from functools import partial

from edge.access_log.attempt import Attempt, Served, milliseconds
from edge.answers import Refusal
from edge.exchange import Exchange
from edge.forwarding.blame import judge_connecting, judge_wait
from edge.forwarding.interim import pass_on
from edge.forwarding.judged_relay import judged_relay
from edge.forwarding.outgoing import Outgoing, head_bytes, outgoing_of, repeated
from edge.forwarding.upload import Upload
from edge.http.head import ResponseHead
from edge.retry.called_off import called_off_by
from edge.retry.kept_answer import KeptAnswer
from edge.retry.kept_body import KeptBody
from edge.retry.policy import RetryPolicy
from edge.retry.spending import Spending
from edge.retry.tries import Tries
from edge.telemetry.telemetry import Telemetry
from edge.transport import NEVER
from edge.upstream.balance.latency import ERROR, OVERLOADED
from edge.upstream.connection import UpstreamConnection
from edge.upstream.decide import IDEMPOTENT, may_be_replaced, speaks_of_target
from edge.upstream.errors import Cause, ClientGone, Sent, Stage, UpstreamError
from edge.upstream.health import NOBODY
from edge.upstream.health_outcomes import is_judged_by_its_end, note_error, with_health
from edge.upstream.health_outcomes import note_answer as note_health
from edge.upstream.target import Target
from edge.upstream.upstreams import Upstream
from edge.versions.plan import Plan, Share


def needed(plan: Plan) -> bool:
    return plan.respond is None and plan.location is None


def run(exchange: Exchange, plan: Plan) -> None:
    """Raises Refusal, ClientGone."""
    share = _held_share(exchange, plan) if plan.sticky_shares else None
    share = share or plan.shares.only or plan.shares.next()
    if share is None:
        raise Refusal("no-target", "no share of this rule has a weight above 0")
    upstream = share.upstream
    exchange.upstream = upstream.name
    outgoing = outgoing_of(exchange, share)
    policy = share.retry
    if policy is not None and not outgoing.whole:
        _keep_body(exchange, policy)
    gate = upstream.gate
    target = _first(exchange, upstream)
    tries: Tries | None = None
    if gate is not None:
        gate.enter(exchange, outgoing.until)
    while True:
        place, is_kept = gate, False
        try:
            if gate is None:
                again = _attempt(exchange, plan, share, target, outgoing, tries)
            else:
                again = gate.run(exchange, partial(_attempt, exchange, plan, share, target, outgoing, tries))
            if again is None:
                return
            tries, is_kept = again, again.fresh
        except UpstreamError as error:
            tries = tries or _tries(exchange, share, outgoing)
            if place is not None and not may_be_replaced(error):
                place.leave()  # it is not held while the budget is asked
                place = None
            if not tries.after_error(error, target):
                raise _refusal(error, upstream) from None
            is_kept = tries.fresh
        finally:
            if place is not None and not is_kept:
                place.leave()
        further = _further(exchange, share, outgoing, tries)
        if further is None:
            _give_what_there_is(exchange, plan, share, outgoing, tries)
            return
        target, outgoing = further


def _refusal(error: UpstreamError, upstream: Upstream) -> Refusal:
    return Refusal(error.cause.value, with_health(error.detail, upstream.health))


def _further(
    exchange: Exchange, share: Share, outgoing: Outgoing, tries: Tries
) -> tuple[Target, Outgoing] | None:
    """Waits until the attempt that was granted may go out, and says where to; None: it never does.

    With a gate, there is a place for it; a connection that is merely replaced has kept its own. Raises ClientGone.
    """
    upstream, lines = share.upstream, exchange.answer_lines
    kept = upstream.gate if tries.fresh else None
    try:
        if not exchange.replayable:
            tries.call_off("body")
            return None
        tries.pause()
        target = tries.choose(partial(_pick, exchange, upstream))
        again = repeated(exchange, share, outgoing)
        if upstream.gate is not None and kept is None:
            upstream.gate.enter(exchange, outgoing.until)
        kept = None
    except Refusal as refusal:
        tries.call_off(called_off_by(refusal.code))
        exchange.answer_lines = lines
        return None
    except BaseException as error:
        if isinstance(error, ClientGone):
            tries.call_off("client-gone")
        tries.let_go()
        raise
    finally:
        if kept is not None:
            kept.leave()
    tries.begin()
    exchange.awaited_s = 0.0
    return target, again


def _give_what_there_is(
    exchange: Exchange, plan: Plan, share: Share, outgoing: Outgoing, tries: Tries
) -> None:
    """The last answer or failure. Raises Refusal, ClientGone."""
    answer, served = tries.answer, exchange.served
    if tries.failure is not None:
        raise _refusal(tries.failure, share.upstream)
    if answer is None or served is None:
        raise AssertionError("there is an answer or a failure")
    try:
        judged_relay(exchange, plan, share, answer.target, answer.connection, answer.upload, outgoing.until)
    except UpstreamError as error:
        _break_off(exchange, share, answer.target, served[2], error)
    finally:
        tries.let_go()


def _tries(exchange: Exchange, share: Share, outgoing: Outgoing) -> Tries:
    budget = None if share.retry is None else share.upstream.budget
    return Tries(exchange, share.retry, budget, outgoing.until, share.try_s)


def _first(exchange: Exchange, upstream: Upstream) -> Target:
    """Raises Refusal."""
    if exchange.sent is not None:
        return exchange.sent.target
    picked = exchange.picked
    if picked is not None and upstream.takes(picked):
        return picked
    return upstream.only or _pick(exchange, upstream, NOBODY)


def _held_share(exchange: Exchange, plan: Plan) -> Share | None:
    """A client that sticks to a target stays with its upstream too, before weights are looked at."""
    for share in plan.sticky_shares:
        if share.upstream.sticky is not None and share.upstream.sticky.held(exchange) is not None:
            return share
    return None


def _pick(exchange: Exchange, upstream: Upstream, tried: frozenset[Target]) -> Target:
    """Raises Refusal. A client that sticks to a target that failed gets another one, and sticks to that."""
    sticky = upstream.sticky
    if sticky is not None and (held := upstream.held(exchange)) is not None and held not in tried:
        exchange.answer_lines = b""
        return held
    target = upstream.choose("" if upstream.key is None else upstream.key(exchange), tried)
    if target is None:
        raise Refusal("no-target", upstream.nobody())
    if sticky is not None:
        exchange.answer_lines = sticky.line(target, exchange.scheme)
    return target


def _keep_body(exchange: Exchange, policy: RetryPolicy) -> None:
    """What of the body is still to come is kept as it goes by, if all of it fits."""
    length, took = exchange.head.length, exchange.message.took
    if (took if length is None else length) <= policy.body:
        exchange.kept = KeptBody(policy.body - took)


def _attempt(
    exchange: Exchange, plan: Plan, share: Share, target: Target, outgoing: Outgoing, tries: Tries | None
) -> Tries | None:
    """One try, with its line in ``attempts``. Gives the tries if another one is to replace its answer.

    Raises UpstreamError while nothing of an answer went out.
    """
    sent, exchange.sent = exchange.sent, None
    started = time.monotonic() if sent is None else sent.at
    if sent is None:
        connection = _connection(exchange, share, target, outgoing, tries)
    else:
        connection = sent.connection
        connection.transport.read_deadline = sent.at + share.try_s
    upload = None if outgoing.whole else Upload(exchange, connection, share.try_s, outgoing.until)
    reusable = False
    again: Tries | None = None
    try:
        if sent is None:
            _send(exchange, plan, share, target, outgoing, connection, upload)
        _await_head(exchange, plan, connection)
        if upload is not None:
            exchange.awaited_s = upload.awaited_s
        _note_success(exchange, share, target, started, connection)
        if share.retry is not None:
            again = _given_up(exchange, share, target, outgoing, connection, tries)
        if again is None:
            judged_relay(exchange, plan, share, target, connection, upload, outgoing.until)
            reusable = upload is None or upload.done
    except UpstreamError as error:
        judge_wait(exchange, share, upload, (started, outgoing.until), error)
        _break_off(exchange, share, target, started, error)
    finally:
        exchange.downstream.awaiting = None
        if upload is not None:
            upload.stop()
        if again is not None:
            again.answer = KeptAnswer(target, connection, upload)
        elif reusable:
            target.release(connection)
        else:
            target.discard(connection)
    return again


def _break_off(
    exchange: Exchange, share: Share, target: Target, started: float, error: UpstreamError
) -> None:
    """Raises ``error`` while nothing of an answer went out."""
    _note_failure(exchange, share, target, started, error)
    if not exchange.answering:
        raise error
    exchange.keep_alive = False
    exchange.code, exchange.detail = error.cause.value, error.detail


def _connection(
    exchange: Exchange, share: Share, target: Target, outgoing: Outgoing, tries: Tries | None
) -> UpstreamConnection:
    """For an attempt that begins. Raises UpstreamError."""
    started, connect_s = time.monotonic(), share.connect_s
    if share.retry is not None and tries is None and share.upstream.budget is not None:
        share.upstream.budget.attempted()
    try:
        if outgoing.until != NEVER:
            connect_s = _time_to_connect(share, outgoing)
        connection = target.acquire(
            connect_s, fresh=tries is not None and tries.fresh, careful=exchange.method not in IDEMPOTENT
        )
    except UpstreamError as error:
        judge_connecting(share, connect_s, error)
        _note_failure(exchange, share, target, started, error)
        raise
    if not connection.reused:
        exchange.downstream.engine.telemetry.phase("connect", time.monotonic() - started)
    return connection


def _send(
    exchange: Exchange,
    plan: Plan,
    share: Share,
    target: Target,
    outgoing: Outgoing,
    connection: UpstreamConnection,
    upload: Upload | None,
) -> None:
    """Raises UpstreamError."""
    data = head_bytes(exchange, plan, share, target, outgoing.more)
    connection.begin(exchange.head.method == b"HEAD")
    if outgoing.body:
        data += outgoing.body
    if upload is None and exchange.method in IDEMPOTENT:
        connection.post(data, exchange.downstream.engine.postbox)
    else:
        connection.send(data, last=upload is None)
        if upload is not None:
            upload.start()
    deadline = time.monotonic() + share.try_s
    connection.transport.read_deadline = deadline if deadline < outgoing.until else outgoing.until


def _given_up(
    exchange: Exchange,
    share: Share,
    target: Target,
    outgoing: Outgoing,
    connection: UpstreamConnection,
    tries: Tries | None,
) -> Tries | None:
    """Whether another attempt is to replace this answer, of which only what came already is read."""
    policy, budget, head = share.retry, share.upstream.budget, connection.reader.head
    if policy is None or head is None:
        return None
    was_paid = tries is not None and tries.paid
    if head.status in policy.statuses:
        tries = tries or _tries(exchange, share, outgoing)
        if tries.after_answer(head, connection.reused, target):
            return tries
    elif tries is None:
        policy.answered(exchange.served, exchange.awaited_s)
    _earn(budget, head.status, retry=was_paid)
    return None


def _time_to_connect(share: Share, outgoing: Outgoing) -> float:
    """Seconds. Raises UpstreamError."""
    left_s = outgoing.until - time.monotonic()
    if left_s <= 0:
        raise UpstreamError(
            Cause.TIMEOUT, "the time for this request is over", stage=Stage.CONNECT, sent=Sent.NOTHING
        )
    return min(share.connect_s, left_s)


def _await_head(exchange: Exchange, plan: Plan, connection: UpstreamConnection) -> None:
    """While it waits, a client that closes ends the wait."""
    downstream = exchange.downstream
    downstream.awaiting = connection.transport
    downstream.transport.arm()
    connection.read_head(pass_on, exchange, plan)


def _note_success(
    exchange: Exchange, share: Share, target: Target, started: float, connection: UpstreamConnection
) -> None:
    head = connection.reader.head
    if head is not None:
        telemetry, spent = exchange.downstream.engine.telemetry, (started, time.monotonic())
        is_whole = connection.reader.complete or not is_judged_by_its_end(connection.reader)
        awaited_s = exchange.awaited_s
        exchange.served = note_answer(
            telemetry, share, target, head, spent, connection.reused, is_whole, awaited_s
        )


def note_first_answer(share: Share, retry: RetryPolicy, served: Served) -> None:
    """The first attempt brought the last word."""
    _earn(share.upstream.budget, served[1], retry=False)
    retry.answered(served)


def _earn(budget: Spending | None, status: int, *, retry: bool) -> None:
    """An answer that says no failure is what retries are paid with."""
    if budget is not None and status < ERROR and status != OVERLOADED:
        budget.succeeded(retry=retry)


def note_answer(
    telemetry: Telemetry,
    share: Share,
    target: Target,
    head: ResponseHead,
    spent: tuple[float, float],
    reused: bool,
    is_whole: bool = True,
    awaited_s: float = 0.0,
) -> Served:
    """An attempt brought an answer; ``spent``: monotonic seconds of its start and of the head.

    Without ``is_whole`` it is not said yet whether it is a good one. The target did not have ``awaited_s`` of the time.
    """
    upstream, status, (started, now) = share.upstream, head.status, spent
    served = (upstream.name, status, started, now, target.url, reused)
    telemetry.served.append(served)
    if upstream.health is not None:
        note_health(upstream.health, target, head, now, is_whole=is_whole)
    if upstream.measures:
        target.latency.answered(now - started - awaited_s, status, now)
    return served


def _note_failure(
    exchange: Exchange, share: Share, target: Target, started: float, error: UpstreamError
) -> None:
    """A failure after the head belongs to the attempt that is noted, and counted, already."""
    seconds = time.monotonic() - started
    telemetry = exchange.downstream.engine.telemetry
    sentence, status = f"{error.stage.value}: {error.detail}", 0
    if exchange.served is not None:
        status, exchange.served = exchange.served[1], None
        telemetry.broken_off(exchange.upstream)
    else:
        telemetry.attempt_failed(exchange.upstream, error.stage.value, seconds)
    failed = Attempt(target.url, milliseconds(seconds), status=status, error=sentence, reused=error.reused)
    exchange.attempts = (*exchange.attempts, failed)
    if share.upstream.health is not None:
        note_error(share.upstream.health, target, error, started + seconds)
    if share.upstream.measures and speaks_of_target(error):
        target.latency.failed(seconds - exchange.awaited_s, started + seconds)
