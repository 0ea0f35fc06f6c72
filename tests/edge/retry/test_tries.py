"""Further attempts, against a real edge and upstreams that misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.misbehaving import hangs, resets, rules, says
from tests.support.ports import free_port
from tests.support.raw_client import Response
from tests.support.upstream import Peer, Upstream, ok
from tests.support.wait import wait_until

Make = Callable[..., Upstream]


def send(edge: EdgeProcess, method: str, path: str = "/", body: bytes = b"", *headers: str) -> Response:
    with edge.client() as client:
        lines = [f"{method} {path} HTTP/1.1", "Host: a.test", *headers]
        if body or method not in ("GET", "HEAD"):
            lines.append(f"Content-Length: {len(body)}")
        client.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        return client.response(method)


def line_of(edge: EdgeProcess, path: str) -> dict[str, Any]:
    wait_until(lambda: any(line["path"] == path for line in edge.log()), what="the log")
    return next(line for line in edge.log() if line["path"] == path)


KEY = "Idempotency-Key: 7"
EVENTS = {
    "connect": None,
    "reset": {"script": resets},
    "timeout": {"script": hangs},
    **{
        str(status): {"answer": lambda _, status=status: says(status)} for status in (500, 502, 503, 504, 429)
    },
}


class AfterAWarmUp:
    """It answers the first request on a connection well if that goes to ``/warm``; then it misbehaves."""

    def __init__(self, event: str) -> None:
        self.event = event

    def __call__(self, peer: Peer) -> None:
        while b"/warm" in peer.read_request().line:
            peer.send(ok())
        if self.event == "timeout":
            peer.read_to_end()
        elif self.event != "reset":
            peer.send(says(int(self.event)))


class TestTheTable:
    @pytest.mark.parametrize("event", EVENTS)
    @pytest.mark.parametrize(
        ("method", "header", "cell"),
        [("GET", "", "safe"), ("PUT", "", "put"), ("POST", "", "post"), ("POST", KEY, "keyed")],
    )
    def test_each_cell(
        self, edge: EdgeProcess, upstreams: Make, event: str, method: str, header: str, cell: str
    ) -> None:
        misbehaves, good = EVENTS[event], upstreams()
        bad = f"http://127.0.0.1:{free_port()}" if misbehaves is None else upstreams(**misbehaves).url
        edge.publish(rules(bad, good, f"retry 1 on {event} with idempotency_key", "timeout try 200ms"))
        response = send(edge, method, "/", b"", *filter(None, [header]))
        allowed = cell in ("safe", "keyed") or event == "connect" or (cell == "put" and event != "timeout")
        assert (response.status == 200) is allowed
        assert len(good.requests) == int(allowed)
        if allowed:
            assert good.requests[0].header("x-weir-attempt") == b"2"
            assert good.requests[0].header("idempotency-key") == (b"7" if header else None)

    @pytest.mark.parametrize("event", [event for event in EVENTS if event != "connect"])
    @pytest.mark.parametrize(
        ("method", "header", "cell"),
        [("GET", "", "safe"), ("PUT", "", "put"), ("POST", "", "post"), ("POST", KEY, "keyed")],
    )
    def test_each_cell_on_a_connection_that_has_served_before(
        self, edge: EdgeProcess, upstreams: Make, event: str, method: str, header: str, cell: str
    ) -> None:
        good, bad = upstreams(), upstreams(script=AfterAWarmUp(event))
        edge.publish(rules(bad.url, good, f"retry 1 on {event} with idempotency_key", "timeout try 200ms"))
        assert send(edge, "GET", "/warm").status == 200
        response = send(edge, method, "/", b"", *filter(None, [header]))
        allowed = cell in ("safe", "keyed") or (cell == "put" and event != "timeout")
        assert (response.status == 200) is allowed
        assert len(bad.peers) == (2 if allowed and event == "reset" else 1), "the connection is replaced"
        assert len(good.requests) == int(allowed)

    def test_a_put_is_repeated_after_a_timeout_where_the_rule_says_so(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        good = upstreams()
        clause = "retry 1 on timeout with put_timeout"
        edge.publish(rules(upstreams(script=hangs).url, good, clause, "timeout try 200ms"))
        assert send(edge, "DELETE").status == 200

    @pytest.mark.parametrize(
        ("clause", "key"),
        [("retry 1 on 503", KEY), ("retry 1 on 503 with idempotency_key", "Idempotency-Key:")],
        ids=["no word", "empty"],
    )
    def test_without_the_word_of_the_rule_a_key_means_nothing_nor_does_an_empty_one(
        self, edge: EdgeProcess, upstreams: Make, clause: str, key: str
    ) -> None:
        bad = upstreams(answer=lambda _: says(503))
        edge.publish(rules(bad.url, upstreams(), clause))
        assert send(edge, "POST", "/", b"", key).status == 503

    def test_what_is_not_asked_for_goes_to_the_client(self, edge: EdgeProcess, upstreams: Make) -> None:
        bad, good = upstreams(answer=lambda _: says(503, b"X-Mine: 1")), upstreams()
        edge.publish(rules(bad.url, good, "retry 3 on connect, 502"))
        response = send(edge, "GET")
        assert (response.status, response.body, response.header("x-mine")) == (503, b"no", "1")
        assert not good.requests

    def test_a_malformed_answer_is_not_repeated(self, edge: EdgeProcess, upstreams: Make) -> None:
        bad, good = upstreams(answer=lambda _: b"HTTP/9 what\r\n\r\n"), upstreams()
        edge.publish(rules(bad.url, good, "retry 3 on connect, reset, timeout, 500, 502, 503, 504"))
        assert send(edge, "GET").status == 502
        assert not good.requests

    def test_an_answer_that_has_begun_is_not_repeated(self, edge: EdgeProcess, upstreams: Make) -> None:
        def breaks_off(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")

        good = upstreams()
        edge.publish(rules(upstreams(script=breaks_off).url, good, "retry 3 on reset, timeout"))
        response = send(edge, "GET")
        assert (response.status, response.clean, response.body) == (200, False, b"abc")
        assert not good.requests

    def test_a_misdirected_request_goes_out_again_on_a_new_connection(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        upstream = upstreams()
        upstream.answer = lambda _: says(421) if len(upstream.requests) == 1 else ok()
        edge.publish(f"rule a {{ when any; retry 1 on connect; proxy {upstream.url} }}")
        assert send(edge, "POST").status == 200
        assert len(upstream.peers) == 2

    def test_a_408_on_a_pooled_connection_means_that_it_waited_too_long(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        upstream = upstreams()
        upstream.answer = lambda _: says(408) if len(upstream.requests) == 2 else ok()
        edge.publish(f"rule a {{ when any; retry 1 on connect; proxy {upstream.url} }}")
        assert [send(edge, "GET").status for _ in range(2)] == [200, 200]
        assert len(upstream.requests) == 3

    def test_a_408_on_a_new_connection_goes_to_the_client(self, edge: EdgeProcess, upstreams: Make) -> None:
        upstream = upstreams(answer=lambda _: says(408))
        edge.publish(f"rule a {{ when any; retry 1 on connect; proxy {upstream.url} }}")
        assert send(edge, "GET").status == 408
        assert len(upstream.requests) == 1


class TestHowOftenAndWhere:
    def test_all_attempts_fail_and_the_client_gets_the_last_answer(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        every = [upstreams(answer=lambda _, n=n: says(502, b"X-From: %d" % n)) for n in range(3)]
        targets = "; ".join(f"target {one.url}" for one in every)
        edge.publish(f"upstream u {{ {targets} }}\nrule a {{ when any; retry 2 on 502; proxy u }}")
        response = send(edge, "GET", "/all-fail")
        assert (response.status, response.header("x-from")) == (502, "2")
        assert [len(one.requests) for one in every] == [1, 1, 1]
        numbers = [one.requests[0].header("x-weir-attempt") for one in every]
        assert numbers == [None, b"2", b"3"]
        line = line_of(edge, "/all-fail")
        assert [attempt.get("retry", "") for attempt in line["attempts"]] == ["granted", "granted", ""]
        assert [attempt["status"] for attempt in line["attempts"]] == [502, 502, 502]
        assert line["detail"] == "not retried: count"
        assert 0 <= time.clock_gettime(time.CLOCK_BOOTTIME) - line["attempts"][0]["decided_at"] < 60

    def test_every_target_once_before_any_twice_and_never_the_same_in_a_row(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        one, two = (upstreams(answer=lambda _: says(502)) for _ in range(2))
        edge.publish(
            f"upstream u {{ target {one.url} weight 1000; target {two.url} }}\n"
            "rule a { when any; retry 3 on 502; proxy u }"
        )
        assert send(edge, "GET").status == 502
        assert (len(one.requests), len(two.requests)) == (2, 2)

    def test_a_single_target_is_asked_again(self, edge: EdgeProcess, upstreams: Make) -> None:
        upstream = upstreams()
        upstream.answer = lambda _: says(502) if len(upstream.requests) == 1 else ok()
        edge.publish(f"rule a {{ when any; retry 1 on 502; proxy {upstream.url} }}")
        assert send(edge, "GET").status == 200

    def test_the_rule_says_off_and_the_upstream_is_not_heard(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        upstream = upstreams(answer=lambda _: says(502))
        edge.publish(
            f"defaults {{ retry 3 on 502 }}\nupstream u {{ target {upstream.url}; retry 1 on 502 }}\n"
            'rule a { when path == "/off"; retry off; proxy u }\nrule b { when any; proxy u }\n'
            f'rule c {{ when path == "/url"; proxy {upstream.url} }}'
        )
        counts = []
        for path in ("/off", "/u", "/url"):
            upstream.forget()
            send(edge, "GET", path)
            counts.append(len(upstream.requests))
        assert counts == [1, 2, 4]

    def test_a_client_that_sticks_to_a_failing_target_moves(self, edge: EdgeProcess, upstreams: Make) -> None:
        bad, good = upstreams(), upstreams()
        edge.publish(
            f'upstream u {{ target {bad.url} weight 1000; target {good.url}; sticky cookie "c" }}\n'
            "rule a { when any; retry 1 on 502; proxy u }"
        )
        first = (send(edge, "GET").header("set-cookie") or "").partition(";")[0]
        bad.answer = lambda _: says(502)
        moved = send(edge, "GET", "/", b"", f"Cookie: {first}")
        assert moved.status == 200
        assert len(good.requests) == 1
        assert len(moved.all("set-cookie")) == 1
        assert (moved.header("set-cookie") or "").partition(";")[0] != first

    def test_a_small_answer_that_is_given_up_leaves_its_connection_in_the_pool(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        bad = upstreams(answer=lambda _: says(502))
        edge.publish(rules(bad.url, upstreams(), "retry 1 on 502"))
        for _ in range(3):
            assert send(edge, "GET").status == 200
        assert len(bad.requests) == 3
        assert len(bad.peers) == 1

    def test_a_long_answer_that_is_given_up_is_not_read(self, edge: EdgeProcess, upstreams: Make) -> None:
        ended = threading.Event()

        def drips(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 502 No\r\nContent-Length: 1000000000\r\n\r\nabc")
            peer.read_to_end()
            ended.set()

        edge.publish(rules(upstreams(script=drips).url, upstreams(), "retry 1 on 502"))
        assert send(edge, "GET").status == 200
        assert ended.wait(20)


class TestBodies:
    def bad(self, upstreams: Make) -> Upstream:
        return upstreams(answer=lambda _: says(502))

    @pytest.mark.parametrize(("size", "status"), [(65_536, 200), (65_537, 502)])
    def test_up_to_64_kib_are_sent_again_to_the_byte(
        self, edge: EdgeProcess, upstreams: Make, size: int, status: int
    ) -> None:
        good, body = upstreams(), (bytes(range(256)) * 300)[:size]
        edge.publish(rules(self.bad(upstreams).url, good, "retry 1 on 502"))
        response = send(edge, "PUT", f"/size-{size}", body)
        assert response.status == status
        assert [request.body for request in good.requests] == ([body] if status == 200 else [])
        line = line_of(edge, f"/size-{size}")
        assert line["detail"] == ("" if status == 200 else "not retried: body")

    @pytest.mark.parametrize(("bound", "status"), [("100B", 200), ("99B", 502), ("0B", 502)])
    def test_the_rule_may_say_another_bound(
        self, edge: EdgeProcess, upstreams: Make, bound: str, status: int
    ) -> None:
        edge.publish(rules(self.bad(upstreams).url, upstreams(), f"retry 1 on 502 with body {bound}"))
        assert send(edge, "PUT", "/", b"x" * 100).status == status
        assert send(edge, "GET").status == 200

    @pytest.mark.parametrize(("last", "status"), [(b"b" * 50, 200), (b"b" * 51, 502)])
    def test_chunks_are_kept_while_they_go_by(
        self, edge: EdgeProcess, upstreams: Make, last: bytes, status: int
    ) -> None:
        came: list[bytes] = []

        def waits(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            came.append(peer.read_until(b"\n\r\n"))
            peer.read_until(b"0\r\n\r\n")
            peer.send(says(502))

        good = upstreams()
        edge.publish(rules(upstreams(script=waits).url, good, "retry 1 on 502 with body 100B"))
        with edge.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send(b"32\r\n" + b"a" * 49 + b"\n\r\n")
            wait_until(lambda: came, what="the first chunk arrives before the body is whole")
            client.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(last), last))
            assert client.response().status == status
        assert [request.body for request in good.requests] == (
            [b"a" * 49 + b"\n" + last] if status == 200 else []
        )

    def test_an_early_refusal_lets_the_rest_follow_to_the_next_target(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        answered = threading.Event()

        def early(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            peer.read_exactly(5)
            peer.send(says(502))
            answered.set()
            peer.read_to_end()

        good = upstreams()
        edge.publish(rules(upstreams(script=early).url, good, "retry 1 on 502"))
        with edge.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabcde")
            assert answered.wait(20)
            wait_until(lambda: good.received.endswith(b"abcde"), what="the first half arrives again")
            assert client.send(b"fghij").response().status == 200
        assert good.requests[0].body == b"abcdefghij"

    def test_where_nothing_was_sent_a_large_body_goes_elsewhere(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        good = upstreams()
        edge.publish(rules(f"http://127.0.0.1:{free_port()}", good, "retry 1 on connect with body 0B"))
        body = bytes(range(256)) * 2_000
        assert send(edge, "POST", "/", body).status == 200
        assert good.requests[0].body == body


class TestTimes:
    def test_retry_after_is_waited_for(self, edge: EdgeProcess, upstreams: Make) -> None:
        bad = upstreams(answer=lambda _: says(503, b"Retry-After: 1"))
        edge.publish(rules(bad.url, upstreams(), "retry 1 on 503"))
        began = time.monotonic()
        assert send(edge, "GET", "/waited").status == 200
        assert time.monotonic() - began >= 1.0
        assert 1000 <= line_of(edge, "/waited")["attempts"][0]["wait_ms"] <= 1300

    @pytest.mark.parametrize(
        ("header", "why"),
        [
            (b"Retry-After: 5", "retry-after"),
            (b"X-Weir-Retry: never", "never"),
            (b"grpc-retry-pushback-ms: -1", "never"),
        ],
    )
    def test_who_says_later_or_never_is_believed_at_once(
        self, edge: EdgeProcess, upstreams: Make, header: bytes, why: str
    ) -> None:
        good = upstreams()
        edge.publish(
            rules(
                upstreams(answer=lambda _: says(503, header)).url, good, "retry 1 on 503", "timeout total 4s"
            )
        )
        began = time.monotonic()
        assert send(edge, "GET", f"/{why}{len(header)}").status == 503
        assert time.monotonic() - began < 2.0
        assert not good.requests
        assert line_of(edge, f"/{why}{len(header)}")["detail"] == f"not retried: {why}"

    def test_the_total_time_ends_all_attempts(self, edge: EdgeProcess, upstreams: Make) -> None:
        every = [upstreams(script=hangs) for _ in range(3)]
        targets = "; ".join(f"target {one.url}" for one in every)
        edge.publish(
            f"upstream u {{ {targets} }}\n"
            "rule a { when any; retry 10 on timeout; timeout try 300ms, total 700ms; proxy u }"
        )
        began = time.monotonic()
        assert send(edge, "GET", "/late").status == 504
        assert time.monotonic() - began < 2.0
        attempts = line_of(edge, "/late")["attempts"]
        assert 2 <= len(attempts) <= 4
        assert attempts[-1].get("retry", "") in ("", "deadline", "busy")

    def test_a_client_that_leaves_in_a_backoff_ends_it(self, edge: EdgeProcess, upstreams: Make) -> None:
        bad, good = upstreams(answer=lambda _: says(503, b"Retry-After: 5")), upstreams()
        edge.publish(rules(bad.url, good, "retry 1 on 503"))
        client = edge.client()
        client.send(b"GET /left HTTP/1.1\r\nHost: a.test\r\n\r\n")
        wait_until(lambda: bad.requests, what="the first attempt")
        time.sleep(0.05)
        client.sock.close()
        began = time.monotonic()
        line = line_of(edge, "/left")
        assert time.monotonic() - began < 4.0
        assert (line["status"], line["code"]) == (499, "client-gone")
        assert not good.requests

    def test_a_client_that_is_gone_before_the_failure_gets_no_second_attempt(
        self, edge: EdgeProcess, upstreams: Make
    ) -> None:
        good = upstreams()
        left = threading.Event()

        def slow(peer: Peer) -> None:
            peer.read_request()
            left.wait(20)

        upstream = upstreams(script=slow)
        edge.publish(rules(upstream.url, good, "retry 1 on reset"))
        client = edge.client()
        client.send(b"GET /early HTTP/1.1\r\nHost: a.test\r\n\r\n")
        wait_until(lambda: upstream.received.endswith(b"\r\n\r\n"), what="the first attempt")
        client.sock.close()
        assert line_of(edge, "/early")["status"] == 499
        left.set()
        assert not good.requests


class TestOtherTiers:
    @pytest.mark.parametrize(
        ("header", "retried"),
        [
            ("X-Weir-Attempt: 2", False),
            ("X-Weir-Attempt: 1", True),
            ("X-Weir-Attempt: many", True),
            ("X-Envoy-Attempt-Count: 3", False),
            ("X-Envoy-Attempt-Count: 1", True),
        ],
    )
    def test_a_request_is_repeated_in_one_tier_only(
        self, edge: EdgeProcess, upstreams: Make, header: str, retried: bool
    ) -> None:
        bad, good = upstreams(answer=lambda _: says(502)), upstreams()
        edge.publish(rules(bad.url, good, "retry 1 on 502"))
        assert (send(edge, "GET", "/", b"", header).status == 200) is retried
        assert len(good.requests) == int(retried)
        number = bad.requests[0].header("x-weir-attempt")
        assert number == (b"2" if header == "X-Weir-Attempt: 2" else None)

    def test_a_rule_without_retry_says_nothing_of_attempts(self, edge: EdgeProcess, upstreams: Make) -> None:
        upstream = upstreams()
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        send(edge, "GET")
        assert upstream.requests[0].header("x-weir-attempt") is None
