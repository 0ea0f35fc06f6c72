"""Trailers through a real edge, in both directions."""

from __future__ import annotations

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Peer

POST = b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n"
TAKES = b"GET / HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nConnection: TE\r\n\r\n"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Set-Cookie\r\n\r\n2\r\nok\r\n0\r\n"
)


def taking(upstreams, edge: EdgeProcess, rule: str = ""):
    """An upstream that keeps what comes until the end of a chunked body, then says ok."""

    def script(peer: Peer) -> None:
        while True:
            peer.read_until(b"\r\n\r\n")
            peer.read_until(b"0\r\n")
            peer.read_until(b"\r\n\r\n" if not peer.received.endswith(b"0\r\n\r\n") else b"\r\n")
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    upstream = upstreams(script=script)
    edge.publish(f"rule a {{ when any; {rule} proxy {upstream.url} }}")
    return upstream


class TestOfRequests:
    @pytest.mark.parametrize("late", [False, True])
    def test_announced_ones_go_on_behind_the_last_chunk(
        self, edge: EdgeProcess, upstreams, late: bool
    ) -> None:
        upstream = taking(upstreams, edge)
        with edge.client() as client:
            client.send(
                POST + b"Trailer: X-Sum\r\n\r\n3\r\nabc\r\n" + (b"" if late else b"0\r\nX-Sum: 7\r\n\r\n")
            )
            if late:
                client.send(b"0\r\n").send(b"X-Sum: 7\r\n\r\n")
            assert client.response().status == 200
        assert b"Trailer: x-sum\r\n" in upstream.received
        assert upstream.received.endswith(b"3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n")

    def test_others_are_dropped(self, edge: EdgeProcess, upstreams) -> None:
        upstream = taking(upstreams, edge, 'set request header "X-User" = "nobody";')
        with edge.client() as client:
            client.send(
                POST
                + b"Trailer: X-User, Host, Authorization, X_Forwarded_For, Content_Length, X-Weir-Consumer\r\n\r\n"
                + b"3\r\nabc\r\n0\r\nX-User: root\r\nHost: root\r\nAuthorization: root\r\nX_Forwarded_For: root\r\n"
                + b"X-Not-Announced: root\r\nX-Weir-Consumer: root\r\n\r\n"
            )
            assert client.response().status == 200
        assert b"root" not in upstream.received
        assert b"Trailer:" not in upstream.received


class TestOfAnswers:
    def test_a_client_that_takes_them_gets_them_and_the_upstream_is_told(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        upstream = upstreams(answer=lambda _: ANSWER + b"X-Sum: 7\r\nSet-Cookie: a=b\r\nX-Gone: 1\r\n\r\n")
        edge.publish(f'rule a {{ when any; remove response header "X-Gone"; proxy {upstream.url} }}')
        with edge.client() as client:
            client.send(TAKES)
            head = client.until(b"\r\n\r\n")
            assert b"Trailer: x-sum\r\n" in head
            assert client.until(b"\r\n\r\n") == b"2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"
        assert b"TE: trailers\r\nConnection: TE\r\n" in upstream.received

    @pytest.mark.parametrize(
        "asks",
        [
            b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: TE\r\nTE: gzip\r\n\r\n",
        ],
    )
    def test_others_do_not(self, edge: EdgeProcess, upstreams, asks: bytes) -> None:
        upstream = upstreams(answer=lambda _: ANSWER + b"X-Sum: 7\r\n\r\n")
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            assert b"Trailer" not in client.send(asks).until(b"\r\n\r\n")
            assert client.until(b"\r\n\r\n") == b"2\r\nok\r\n0\r\n\r\n"
            assert client.get("/").status == 200
        assert b"TE:" not in upstream.received
