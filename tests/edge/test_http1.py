"""HTTP/1.0 and 1.1 on both sides of a real edge: who keeps a connection, and where a message ends."""

from __future__ import annotations

import threading

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Peer, Request, ok
from tests.support.wait import wait_until

OLD = b"GET / HTTP/1.0\r\nHost: a.test\r\n"
NEW = b"GET / HTTP/1.1\r\nHost: a.test\r\n"


class TestConnectionOfTheClient:
    @pytest.mark.parametrize(
        ("head", "line", "stays"),
        [
            (OLD, "close", False),
            (OLD + b"Connection: keep-alive\r\n", "keep-alive", True),
            (NEW, None, True),
            (NEW + b"Connection: keep-alive\r\n", None, True),
            (NEW + b"Connection: close\r\n", "close", False),
        ],
    )
    def test_it_stays_as_its_version_and_word_say(
        self, edge: EdgeProcess, upstreams, head: bytes, line: str | None, stays: bool
    ) -> None:
        edge.publish(f"rule a {{ when any; proxy {upstreams().url} }}")
        with edge.client() as client:
            response = client.send(head + b"\r\n").response()
            assert (response.status, response.header("connection")) == (200, line)
            if stays:
                assert client.get("/").status == 200
            else:
                assert client.is_closed()

    def test_an_old_client_s_body_until_close_cannot_keep_it(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(
            answer=lambda _: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
        )
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            response = client.send(OLD + b"Connection: keep-alive\r\n\r\n").response()
            assert (response.header("connection"), response.body) == ("close", b"a")


class TestConnectionOfTheUpstream:
    @pytest.mark.parametrize(
        ("answer", "kept"),
        [
            (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
            (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", True),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", True),
            (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", False),
            (b"HTTP/1.1 204 No Content\r\n\r\n", True),
            (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", True),
        ],
    )
    def test_it_is_kept_as_its_version_and_word_say(
        self, edge: EdgeProcess, upstreams, answer: bytes, kept: bool
    ) -> None:
        upstream = upstreams(answer=lambda _: answer)
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            first, second = client.get("/"), client.get("/")
        assert first.status == second.status
        assert first.header("connection") is None
        assert len(upstream.peers) == (1 if kept else 2)

    def test_a_body_until_close_becomes_chunks(self, edge: EdgeProcess, upstreams) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.0 200 OK\r\n\r\nall of it")

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            for _ in range(2):
                response = client.get("/")
                assert (response.header("transfer-encoding"), response.body) == ("chunked", b"all of it")


def answer_by_method(request: Request) -> bytes:
    if request.line.startswith(b"HEAD"):
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    return ok(request.line)


class TestMessages:
    def test_an_answer_to_head_says_a_length_and_has_no_body(self, edge: EdgeProcess, upstreams) -> None:
        edge.publish(f"rule a {{ when any; proxy {upstreams(answer=answer_by_method).url} }}")
        with edge.client() as client:
            client.send(b"HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n" + NEW + b"\r\n")
            assert client.response("HEAD").header("content-length") == "1000"
            assert client.response().body == b"GET / HTTP/1.1"

    def test_options_of_the_server_reach_it_as_they_are(self, edge: EdgeProcess, upstreams) -> None:
        edge.publish(f"rule a {{ when any; proxy {upstreams(answer=answer_by_method).url} }}")
        with edge.client() as client:
            client.send(b"OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n")
            assert client.response().body == b"OPTIONS * HTTP/1.1"

    def test_a_whole_address_is_routed_by_its_own_host(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(answer=answer_by_method)
        edge.publish(f'rule a {{ when host == "b.test"; proxy {upstream.url} }}')
        with edge.client() as client:
            client.send(b"GET http://b.test:81/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n")
            assert client.response().body == b"GET /x?y HTTP/1.1"
        assert upstream.requests[0].header("host") == b"b.test:81"

    def test_an_early_answer_ends_an_upload_and_the_connection(self, edge: EdgeProcess, upstreams) -> None:
        closed = threading.Event()

        def script(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
            peer.read_to_end()
            closed.set()

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
            response = client.response()
            assert (response.status, response.body, response.header("connection")) == (403, b"no", "close")
        wait_until(closed.is_set, what="the connection to the upstream is closed")
