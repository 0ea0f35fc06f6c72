"""Interim answers (RFC 9110 §15.2) through a real edge."""

from __future__ import annotations

from tests.support.edge_process import EdgeProcess
from tests.support.upstream import ok

HINTS = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Gone: 1\r\nKeep-Alive: 5\r\n"
    b"Connection: X-Hop\r\nX-Hop: 1\r\n\r\n"
)
ASK = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


def test_they_reach_the_client_in_order_without_what_belongs_to_the_connection(
    edge: EdgeProcess, upstreams
) -> None:
    upstream = upstreams(answer=lambda _: b"HTTP/1.1 102 Processing\r\n\r\n" + HINTS + ok())
    edge.publish(f'rule a {{ when any; remove response header "X-Gone"; proxy {upstream.url} }}')
    with edge.client() as client:
        client.send(ASK)
        assert client.until(b"\r\n\r\n") == b"HTTP/1.1 102 Processing\r\n\r\n"
        hints = client.until(b"\r\n\r\n")
        assert hints == b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
        assert client.response().body == b"ok"
        assert client.send(ASK).response().status == 102
    assert len(upstream.peers) == 1


def test_a_client_of_http_1_0_gets_none(edge: EdgeProcess, upstreams) -> None:
    upstream = upstreams(answer=lambda _: HINTS + ok())
    edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
    with edge.client() as client:
        assert client.send(ASK.replace(b"1.1", b"1.0")).response().status == 200


def test_an_upstream_s_100_is_not_said_twice(edge: EdgeProcess, upstreams) -> None:
    upstream = upstreams(answer=lambda _: b"HTTP/1.1 100 Continue\r\n\r\n" + ok())
    edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
    with edge.client() as client:
        assert client.send(ASK).response().status == 200
        client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert client.response().status == 100
        assert client.send(b"abc").response().status == 200
    assert b"Expect" not in upstream.received


def test_one_before_a_failure_is_followed_by_the_edge_s_own_answer(edge: EdgeProcess, upstreams) -> None:
    upstream = upstreams(script=lambda peer: (peer.read_request(), peer.send(HINTS)))
    edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
    with edge.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n")
        assert client.response().status == 103
        assert client.response().status == 502
        assert client.get("/").status == 103
