"""Rules, upstreams and requests that ask for more than the fast path has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.exchange import Exchange
from tests.support.served import (
    KNOWN,
    Served,
    get,
    proxy,
)
from tests.support.upstream import Upstream

Serve = Callable[..., Served]
Upstreams = Callable[..., Upstream]
Piped = list[Exchange]
NOT_FOR_IT = {
    "cors": 'cors { origins ["https://x.test"] }',
    "compress": "compress gzip",
    "an edit of the answer": 'set response header "X-A" = "b"',
    "a header that differs": 'set request header "X-A" = "{request_id}"',
    "a path that differs": 'rewrite path "/{ip}"',
    "a time for everything": "timeout total 5s",
}


@pytest.mark.parametrize("clauses", NOT_FOR_IT.values(), ids=NOT_FOR_IT)
def test_a_rule_that_asks_for_more_is_served_by_the_pipeline(
    serve: Serve, upstreams: Upstreams, piped: Piped, clauses: str
) -> None:
    client = serve(proxy(upstreams(), clauses)).client()
    for _ in range(KNOWN + 2):
        assert b" 200 " in client.ask(get())
    assert len(piped) == KNOWN + 2


def test_a_rule_whose_credential_may_be_in_a_query_is_served_by_the_pipeline(
    serve: Serve, upstreams: Upstreams
) -> None:
    rules = proxy(upstreams(), 'require key(header: "X-Key", query: "k")')
    plans = [plan for several in serve(rules).engine.snapshot.plans.values() for plan in several]
    assert [plan.fast_share for plan in plans] == [None]
    rules = proxy(upstreams(), 'require key(header: "X-Key")')
    plans = [plan for several in serve(rules).engine.snapshot.plans.values() for plan in several]
    assert all(plan.fast_share for plan in plans)


OF_UPSTREAM = {
    "sticky": 'sticky cookie "sid"',
    "hash": "balance hash(ip)",
    "bound in flight": "concurrency 5 queue 5",
}


@pytest.mark.parametrize("clauses", OF_UPSTREAM.values(), ids=OF_UPSTREAM)
def test_an_upstream_that_asks_for_more_is_served_by_the_pipeline(
    serve: Serve, upstreams: Upstreams, piped: Piped, clauses: str
) -> None:
    client = serve(proxy(upstreams(), of_upstream=clauses)).client()
    for _ in range(KNOWN + 2):
        assert b" 200 " in client.ask(get())
    assert len(piped) == KNOWN + 2


@pytest.mark.parametrize("data", [get(method="HEAD"), get(method="POST")])
def test_a_request_that_is_not_the_usual_one_is_served_by_the_pipeline(
    serve: Serve, upstreams: Upstreams, piped: Piped, data: bytes
) -> None:
    edge = serve(proxy(upstreams(answer=lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")))
    client = edge.client()
    for _ in range(KNOWN + 2):
        assert b" 200 " in client.ask(data)
    assert len(piped) == KNOWN + 2
