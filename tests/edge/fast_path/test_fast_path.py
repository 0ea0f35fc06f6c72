"""What goes fast goes the same way, is counted the same and limited the same as by the pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.auth import passed
from edge.downstream.connection import Downstream
from edge.exchange import Exchange
from edge.fast_path.fast_path import LONGEST_LINE
from edge.http.known_heads import MAX_LINES
from edge.limiting.verdict import Verdict
from tests.support.credentials import Credentials, name_of
from tests.support.served import (
    KNOWN,
    Served,
    get,
    known,
    proxy,
    sent,
    settled,
    slow,
    without_ids,
)
from tests.support.upstream import Upstream, ok

Serve = Callable[..., Served]
Upstreams = Callable[..., Upstream]
Piped = list[Exchange]
CLAUSES = {
    "plain": "",
    "header edit": 'set request header "X-A" = "b"',
    "prefix": 'strip prefix "/v1"',
    "rewritten by a capture": 'when path like "/v1/{name}"; rewrite path "/{name}/x"',
    "host of the target": "host upstream",
    "retries": "retry 2 on connect, 502, 503",
}


@pytest.mark.parametrize("clauses", CLAUSES.values(), ids=CLAUSES)
def test_it_goes_the_same_way_without_its_greenlet(
    serve: Serve, upstreams: Upstreams, piped: Piped, clauses: str
) -> None:
    upstream = upstreams(answer=lambda _: ok(b"body", b"X-Of: upstream"))
    edge = serve(proxy(upstream, clauses))
    client, data = edge.client(), get("/v1/c?d=e", "Cookie: f=g")
    answers = {tuple(without_ids(client.ask(data))) for _ in range(KNOWN + 4)}
    assert len(piped) == KNOWN
    assert len(answers) == 1
    assert len({repr(sent(request)) for request in upstream.requests}) == 1
    assert len({request.header("x-request-id") for request in upstream.requests}) == KNOWN + 4
    assert len({request.header("traceparent") for request in upstream.requests}) == KNOWN + 4
    lines = [(line.method, line.path, line.rule, line.status, line.bytes_out) for line in edge.log.kept]
    assert len(set(lines)) == 1
    assert [line.request_id.encode() for line in edge.log.kept] == [
        request.header("x-request-id") for request in upstream.requests
    ]
    assert settled(edge)


VARIED = """
upstream u {{ target {url} }}
rule one  {{ when path like "/one/{{name}}"; set request header "X-One" = "{{name}}"; proxy u }}
rule two  {{ when path under "/two"; strip prefix "/two"; proxy u }}
rule ip   {{ when path == "/ip" and ip in ["192.0.2.0/28"]; proxy u }}
rule text {{ when path == "/text"; respond 200 "{{path}}" }}
rule all  {{ when path under "/a" or query("b") == "1"; proxy u }}
"""
PATHS = (
    "/one/x", "/one/y%20z", "/two", "/two/x?a=b", "/two/..%2f", "/two//c/../d", "/ip", "/text", "/a/1", "/a/2?b",
    "/x?b=1", "/none", "/bad%zz", "/a/%41", "*",
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PATHS), min_size=10, max_size=40), st.sampled_from(["GET", "PUT", "DELETE"]))
def test_paths_that_differ_go_their_ways(
    serve: Serve, upstreams: Upstreams, paths: list[str], method: str
) -> None:
    upstream = upstreams(answer=lambda request: ok(request.line))
    edge = serve(VARIED.format(url=upstream.url))
    quick, patient = edge.client(), slow(edge.client())
    for path in paths:
        data = get(path, method=method)
        answers = [client.ask(data) for client in (quick, patient)]
        assert without_ids(answers[0]) == without_ids(answers[1])
        if quick.over.is_set() or b"Connection: close" in answers[0]:
            quick, patient = edge.client(), slow(edge.client())
    proxied = upstream.requests
    assert [sent(request) for request in proxied[::2]] == [sent(request) for request in proxied[1::2]]
    assert settled(edge)


def test_a_path_that_nobody_asked_for_goes_fast_if_the_head_is_known(
    serve: Serve, upstreams: Upstreams, piped: Piped
) -> None:
    client = serve(proxy(upstreams())).client()
    for number in range(KNOWN + 5):
        assert b" 200 " in client.ask(get(f"/{number}"))
    assert len(piped) == KNOWN


def test_a_head_goes_several_ways(serve: Serve, upstreams: Upstreams, piped: Piped) -> None:
    """With the edits of its rule each time."""
    upstream = upstreams()
    rules = [
        f'rule r{number} {{ when path == "/{number}"; set request header "X-Of" = "{number}"; proxy {upstream.url} }}'
        for number in range(MAX_LINES + 1)
    ]
    client = serve("\n".join(rules)).client()
    for number in [0, 0, 0, 1, 0, 1, 1, 0, 0, 1]:
        assert b" 200 " in client.ask(get(f"/{number}"))
    assert len(piped) == KNOWN + 1
    for number in range(MAX_LINES + 1):
        client.ask(get(f"/{number}"))
    told = [(request.line.split(b" ")[1], request.header("x-of")) for request in upstream.requests]
    assert all(path == b"/%b" % of for path, of in told)
    [head] = client.downstream.engine.names.heads.known.values()
    assert len(head._lines) == MAX_LINES


def test_what_is_counted_is_the_same(serve: Serve, upstreams: Upstreams) -> None:
    edge = serve(proxy(upstreams()))
    edge.engine.access_log.on = False
    client, data = edge.client(), get()
    for _ in range(10):
        client.ask(data)
    telemetry = edge.engine.telemetry
    telemetry.fold()
    assert telemetry.requests == Counter({("all", 200): 10})
    assert telemetry.attempts == Counter({("u", 200): 10})
    [[[_, numbers], *_]] = list(telemetry.usage.take())
    assert sum(numbers) > 10


def test_targets_take_their_turns(serve: Serve, upstreams: Upstreams, piped: Piped) -> None:
    one, other = upstreams(), upstreams()
    edge = serve(
        f"rule all {{ proxy u }}\nupstream u {{ target {one.url} weight 3; target {other.url} weight 1 }}"
    )
    clients = [edge.client() for _ in range(4)]
    for _ in range(25):
        for client in clients:
            assert b" 200 " in client.ask(get())
    assert len(piped) < 20
    assert len(one.requests) == 75
    assert len(other.requests) == 25


class Counting:
    """A limiter with so many tokens for each key."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.held: dict[str, SimpleNamespace] = {}

    @property
    def spent(self) -> dict[str, int]:
        return {key: self.tokens - held.tokens for key, held in self.held.items()}

    def clock(self) -> float:
        return 0.0

    def limit_of(self, counted: Any) -> Any:
        return counted

    def holding(self, _limit: Any, key: str) -> Any:
        held = SimpleNamespace(left=0, tokens=self.tokens, low=0, renew_at=1.0, asked=0, reset_at=1.0)
        return self.held.setdefault(key, held)

    def renewed(self, *_: object) -> bool:
        return False

    def check(self, demands: Any) -> Verdict:
        return Verdict(False, demands[0].limit, retry_after_s=1.0)


LIMITS = {
    "rule": ("", 10),
    'header("X-K")': ("X-K: b", 10),
    "ip": ("", 10),
}


@pytest.mark.parametrize("by", LIMITS)
def test_a_limit_is_spent_once_for_each_request(
    serve: Serve, upstreams: Upstreams, piped: Piped, by: str
) -> None:
    limiter = Counting(10)
    upstream = upstreams()
    edge = serve(proxy(upstream, f"limit 10 per 1m by {by}"), limiter=limiter)
    client, line = edge.client(), LIMITS[by][0]
    data = get("/", line) if line else get()
    answers = [client.ask(data) for _ in range(14)]
    assert [b" 200 " in answer for answer in answers] == [True] * 10 + [False] * 4
    assert b"r=0;t=1" in answers[9]
    assert b" 429 " in answers[10]
    assert len(upstream.requests) == 10
    assert len(piped) == KNOWN + 4
    assert set(limiter.spent.values()) == {10}


def test_what_is_left_of_a_limit_is_told_by_its_own_rule_only(serve: Serve, upstreams: Upstreams) -> None:
    url = upstreams().url
    rules = f'rule a {{ when path == "/a"; limit 90 per 1m by rule; proxy {url} }}\nrule b {{ when any; proxy {url} }}'
    client = serve(rules, limiter=Counting(90)).client()
    for _ in range(KNOWN + 3):
        assert b"RateLimit" in client.ask(get("/a"))
        assert b"RateLimit" not in client.ask(get("/b"))


def test_a_limit_by_address_is_of_who_is_connected(serve: Serve, upstreams: Upstreams) -> None:
    limiter = Counting(100)
    edge = serve(proxy(upstreams(), "limit 10 per 1m by ip"), limiter=limiter)
    for peer in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
        client = edge.client(peer)
        for _ in range(KNOWN + 2):
            client.ask(get())
    times = KNOWN + 2
    assert limiter.spent == {"192.0.2.1": times, "192.0.2.2": times, "2001:0db8:0000:0000::/64": times}


def test_requests_of_one_connection_are_counted_apart_by_what_they_say(
    serve: Serve, upstreams: Upstreams, piped: Piped
) -> None:
    limiter = Counting(100)
    client = serve(proxy(upstreams(), 'limit 90 per 1m by header("X-K")'), limiter=limiter).client()
    for _ in range(KNOWN):
        for key in "ab":
            client.ask(get("/", f"X-K: {key}"))
    piped.clear()
    for key in "abba":
        client.ask(get("/", f"X-K: {key}"))
    assert piped == []
    assert limiter.spent == {"=a": KNOWN + 2, "=b": KNOWN + 2}


def test_what_was_taken_for_a_request_that_got_lost_is_not_the_next_ones(
    serve: Serve, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known while it was looked at in the hub, forgotten when its greenlet looked."""
    one, other, limiter = upstreams(), upstreams(), Counting(1000)
    rules = [
        f'rule {name} {{ when path == "/{name}"; limit 900 per 1m by rule; proxy {upstream.url} }}'
        for name, upstream in (("a", one), ("b", other))
    ]
    edge = serve("\n".join(rules), limiter=limiter)
    client = edge.client()
    for _ in range(2):
        known(client, get("/a"))
    assert get("/a") in edge.engine.requests.known
    monkeypatch.setattr("edge.upstream.target.Target.idle_one", lambda _: None)
    monkeypatch.setattr(Downstream, "_recognised", lambda *_: None)
    client.ask(get("/a"))
    spent = limiter.spent.get("b", 0)
    for number in range(3):
        assert b" 200 " in client.ask(get(f"/b?{'x' * LONGEST_LINE}{number}"))
    assert len(other.requests) == 3
    assert limiter.spent["b"] == spent + 3


def test_who_is_refused_by_a_limit_takes_nobody_s_turn(serve: Serve, upstreams: Upstreams) -> None:
    """Allowed and refused in turn: both targets get what is allowed."""
    one, other = upstreams(), upstreams()
    limiter = Counting(1000)
    rules = f"upstream u {{ target {one.url}; target {other.url} }}\nrule all {{ limit 90 per 1m by rule; proxy u }}"
    edge = serve(rules, limiter=limiter)
    client = edge.client()
    for _ in range(20):
        held = limiter.holding(None, "all")
        held.tokens = 5
        assert b" 200 " in client.ask(get())
        held.tokens = 0
        assert b" 429 " in client.ask(get())
    assert abs(len(one.requests) - len(other.requests)) <= 2


def test_another_client_gets_its_own_address_told(serve: Serve, upstreams: Upstreams) -> None:
    upstream = upstreams()
    edge = serve(proxy(upstream))
    for peer in ("192.0.2.1", "192.0.2.2"):
        client = edge.client(peer)
        for _ in range(KNOWN + 1):
            client.ask(get())
    told = [request.header("x-forwarded-for") for request in upstream.requests]
    assert told == [b"192.0.2.1"] * (KNOWN + 1) + [b"192.0.2.2"] * (KNOWN + 1)


def test_idle_clients_are_closed_after_their_time(serve: Serve, upstreams: Upstreams) -> None:
    edge = serve(proxy(upstreams()))
    edge.engine.limits = msgspec.structs.replace(edge.engine.limits, keep_alive_s=0.2)
    client, data = edge.client(), get()
    known(client, data)
    client.ask(data)
    assert client.over.wait(20)


KEYED = """
upstream u {{ target {url} }}
rule q   {{ when path == "/q"; require key(header: "X-API-Key", query: "k"); proxy u }}
rule all {{ require key; proxy u }}
"""


def test_who_was_found_to_call_goes_fast_until_that_changes(
    serve: Serve, upstreams: Upstreams, piped: Piped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passed, "LONGEST_S", 1000.0)
    upstream = upstreams()
    edge = serve(KEYED.format(url=upstream.url))
    credentials = Credentials().serve(edge.engine)
    key, client = credentials.key(), edge.client()
    data = get("/", f"X-API-Key: {key}")
    for _ in range(KNOWN + 4):
        assert b" 200 " in client.ask(data)
    assert len(piped) == KNOWN
    assert {request.header("x-weir-consumer") for request in upstream.requests} == {b"acme"}
    assert key.encode() not in upstream.received
    assert [line.consumer for line in edge.log.kept] == ["acme"] * (KNOWN + 4)
    del credentials.known[name_of(key)]
    credentials.drop("consumer:acme")
    assert b" 401 " in client.ask(data)
    assert len(upstream.requests) == KNOWN + 4


def test_a_second_credential_in_the_query_is_never_passed_over(
    serve: Serve, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its head is one that was found good a moment ago."""
    monkeypatch.setattr(passed, "LONGEST_S", 1000.0)
    upstream = upstreams()
    edge = serve(KEYED.format(url=upstream.url))
    credentials = Credentials().serve(edge.engine)
    key, other, client = credentials.key(), credentials.key("other"), edge.client()
    for _ in range(KNOWN + 2):
        assert b" 200 " in client.ask(get("/q", f"X-API-Key: {key}"))
    assert b" 401 " in client.ask(get(f"/q?k={other}", f"X-API-Key: {key}"))
    client.ask(get(f"/q?k={key}", f"X-API-Key: {key}"))
    assert key.encode() not in upstream.received
    assert other.encode() not in upstream.received
