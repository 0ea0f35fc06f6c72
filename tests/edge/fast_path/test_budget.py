"""Attempts and answers on the fast path earn credit, and are counted, exactly as in the pipeline."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.exchange import Exchange
from tests.support.fake_budget import FakeBudget, give, retries
from tests.support.misbehaving import says
from tests.support.served import KNOWN, Served, get, known, proxy, settled, slow
from tests.support.upstream import Peer, Upstream, ok

Serve = Callable[..., Served]
Upstreams = Callable[..., Upstream]
Piped = list[Exchange]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


def warmed(serve: Serve, upstream: Upstream, clauses: str) -> tuple[Served, FakeBudget]:
    """``/`` is known there; what came of that is told to no budget."""
    edge = serve(proxy(upstream, clauses))
    known(edge.client(), get())
    budget = FakeBudget()
    give(edge, budget)
    return edge, budget


@pytest.mark.parametrize("status", [200, 404, 429, 500, 504])
def test_an_answer_earns_the_same_on_either_path(
    serve: Serve, upstreams: Upstreams, piped: Piped, status: int
) -> None:
    upstream = upstreams()
    edge, budget = warmed(serve, upstream, "retry 1 on 503")
    quick, patient = edge.client(), slow(edge.client())
    upstream.answer = lambda _: says(status)
    for _ in range(3):
        quick.ask(get())
    assert len(piped) == KNOWN, "these went fast"
    on_fast_path, budget.noted = budget.noted, []
    for _ in range(3):
        patient.ask(get())
    assert len(piped) == KNOWN + 3
    earned = [] if status in (429, 500, 504) else ["succeeded"]
    assert on_fast_path == budget.noted == ["attempted", *earned] * 3
    assert settled(edge)


def test_the_usual_time_of_an_answer_is_learnt_from_both(serve: Serve, upstreams: Upstreams) -> None:
    edge, _ = warmed(serve, upstreams(), "retry 1 on 503")
    (share,) = [plan.shares.only for plans in edge.engine.snapshot.plans.values() for plan in plans]
    assert share is not None
    assert share.retry is not None
    seen = share.retry._seen
    for client in (edge.client(), slow(edge.client())):
        client.ask(get())
        seen += 1
        assert share.retry._seen == seen


def test_where_no_rule_asks_for_retries_no_budget_hears_of_it(serve: Serve, upstreams: Upstreams) -> None:
    edge, budget = warmed(serve, upstreams(), "")
    for client in (edge.client(), slow(edge.client())):
        client.ask(get())
    assert budget.noted == []


@pytest.mark.parametrize(
    ("answer", "earned"),
    [(CHUNKED, ["succeeded"]), (CHUNKED.replace(b"200 OK", b"500 Oh"), [])],
    ids=["good", "bad"],
)
def test_an_attempt_that_is_handed_over_counts_once(
    serve: Serve, upstreams: Upstreams, piped: Piped, answer: bytes, earned: list[str]
) -> None:
    upstream = upstreams()
    edge, budget = warmed(serve, upstream, "retry 1 on 503")
    upstream.answer = lambda _: answer
    client = edge.client()
    for number in (1, 2):
        client.ask(get())
        assert len(piped) == KNOWN + number, "its answer went through the pipeline"
    assert piped[-1].attempts == ()
    assert budget.noted == ["attempted", *earned] * 2
    assert settled(edge)


def test_a_retry_after_the_fast_path_is_paid_once_and_earns_as_one(
    serve: Serve, upstreams: Upstreams, piped: Piped
) -> None:
    upstream = upstreams()
    edge, budget = warmed(serve, upstream, "retry 1 on 502")
    upstream.answer = lambda _: says(502) if len(upstream.requests) == KNOWN + 1 else ok()
    retries(edge)
    assert b" 200 " in edge.client().ask(get())
    assert len(piped) == KNOWN + 1
    assert budget.noted == ["attempted", 1, "retry succeeded"]
    assert retries(edge) == {"granted": 1}
    assert [attempt.retry for attempt in edge.log.kept[-1].attempts] == ["granted", ""]


def test_who_is_refused_after_the_fast_path_gets_the_upstream_s_own_answer(
    serve: Serve, upstreams: Upstreams, piped: Piped
) -> None:
    upstream = upstreams()
    edge, budget = warmed(serve, upstream, "retry 1 on 503")
    budget.why = "cap"
    upstream.answer = lambda _: says(503, b"X-Mine: 1", body=b"own words")
    answer = edge.client().ask(get())
    assert b"X-Mine: 1\r\n" in answer
    assert answer.endswith(b"own words")
    assert len(piped) == KNOWN + 1
    assert budget.noted == ["attempted", 1]
    assert retries(edge) == {"cap": 1}


def test_a_connection_that_was_closed_is_replaced_and_its_attempt_counts_once(
    serve: Serve, upstreams: Upstreams, piped: Piped
) -> None:
    def closes(peer: Peer) -> None:
        for _ in range(KNOWN):
            peer.read_request()
            peer.send(ok())
        peer.read_request()

    edge, budget = warmed(serve, upstreams(script=closes), "retry 1 on 503")
    assert b" 200 " in edge.client().ask(get())
    assert len(piped) == KNOWN + 1
    assert budget.noted == ["attempted", 1, "retry succeeded"]
    assert settled(edge)
