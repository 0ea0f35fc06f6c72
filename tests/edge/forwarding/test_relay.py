"""Answers of upstreams on their way to clients, against a real edge."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import ClassVar

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Peer, Request, ok
from tests.support.wait import wait_until

GET = b"GET /%b HTTP/1.1\r\nHost: a.test\r\n\r\n"


class TestStreaming:
    def test_an_event_stream_arrives_event_by_event(self, edge: EdgeProcess, upstreams) -> None:
        go_on = threading.Event()

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for number in range(3):
                peer.send(b"9\r\ndata: %d\n\n\r\n" % number)
                go_on.wait(20)
                go_on.clear()
            peer.send(b"0\r\n\r\n")

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(GET % b"")
            client.until(b"\r\n\r\n")
            for number in range(3):
                assert client.until(b"data: %d\n\n\r\n" % number)
                go_on.set()
            assert client.until(b"0\r\n\r\n")

    def test_a_large_body_arrives_whole(self, edge: EdgeProcess, upstreams) -> None:
        body = bytes(range(256)) * 40_000
        upstream = upstreams(answer=lambda _request: ok(body))
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            assert client.get("/").body == body
            assert client.get("/").body == body
        assert len(upstream.peers) == 1

    def test_a_body_cut_off_later_reaches_the_client_cut_off(self, edge: EdgeProcess, upstreams) -> None:
        started = threading.Event()

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            started.wait(20)

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(GET % b"cut")
            client.until(b"2\r\nok\r\n")
            started.set()
            assert client.is_closed()
        wait_until(lambda: any(line["path"] == "/cut" for line in edge.log()), what="the log")
        line = next(line for line in edge.log() if line["path"] == "/cut")
        assert (line["status"], line["code"]) == (200, "upstream-broken")
        assert line["attempts"][0]["error"].startswith("body: ")

    def test_an_answer_that_never_pauses_ends_with_the_time_of_everything(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        """The client is the slower one, so that there is always more to read of the upstream."""

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            with suppress(OSError):
                while True:
                    peer.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")

        edge.publish(f"rule a {{ when any; timeout total 500ms; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(GET % b"endless")
            started = time.monotonic()
            with suppress(ConnectionError):
                while client.sock.recv(65536):
                    time.sleep(0.005)
                    assert time.monotonic() - started < 20, "timeout total does not end it"
        lines = wait_until(
            lambda: [line for line in edge.log() if line["path"] == "/endless"], what="its line in the log"
        )
        assert (lines[0]["status"], lines[0]["code"]) == (200, "upstream-timeout")
        assert lines[0]["duration_ms"] >= 500

    def test_a_chunk_that_is_malformed_later_cuts_the_client_off(self, edge: EdgeProcess, upstreams) -> None:
        started = threading.Event()

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            started.wait(20)
            peer.send(b"zz\r\n")
            peer.read_to_end()

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(GET % b"")
            client.until(b"2\r\nok\r\n")
            started.set()
            assert client.is_closed()


class TestOldClients:
    def test_http_1_0_gets_a_chunked_body_until_close(self, edge: EdgeProcess, upstreams) -> None:
        answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        edge.publish(f"rule a {{ when any; proxy {upstreams(answer=lambda _: answer).url} }}")
        with edge.client() as client:
            client.send(b"GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n")
            response = client.response()
        assert (response.body, response.header("connection")) == (b"ok", "close")
        assert response.header("transfer-encoding") is None

    def test_http_1_0_gets_a_reset_where_the_body_is_cut_off(self, edge: EdgeProcess, upstreams) -> None:
        started = threading.Event()

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            started.wait(20)

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(b"GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
            client.until(b"ok")
            started.set()
            with pytest.raises(ConnectionResetError):
                client.sock.recv(1)


class TestHeaders:
    def test_response_headers_are_edited(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(answer=lambda _: ok(b"", b"Server: x", b"X-A: 1", b"X-A: 2"))
        edge.publish(
            f"""rule a {{
                when path like "/u/{{id}}"
                remove response header "Server"
                set response header "X-A" = "3"
                add response header "X-B" = "{{id}} {{rule}} {{method}}"
                proxy {upstream.url}
            }}"""
        )
        with edge.client() as client:
            response = client.get("/u/7")
        assert response.header("server") is None
        assert (response.all("x-a"), response.header("x-b")) == (["3"], "7 a GET")


class TestDates:
    """RFC 9110 §6.6.1."""

    ANSWERS: ClassVar = {
        "/whole": b"Content-Length: 2\r\n\r\nok",
        "/chunked": b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    }

    def publish(self, edge: EdgeProcess, upstreams, own: bytes, clause: str = "") -> None:
        def answer(request: Request) -> bytes:
            return b"HTTP/1.1 200 OK\r\n" + own + self.ANSWERS[request.line.split()[1].decode()]

        edge.publish(f"rule a {{ when any; proxy {upstreams(answer=answer).url}; {clause} }}")

    @pytest.mark.parametrize("path", ANSWERS)
    def test_an_answer_without_one_gets_one(self, edge: EdgeProcess, upstreams, path: str) -> None:
        self.publish(edge, upstreams, b"")
        with edge.client() as client:
            for _ in range(2):
                [date] = client.get(path).all("Date")
                assert abs(parsedate_to_datetime(date).timestamp() - time.time()) < 20

    @pytest.mark.parametrize("path", ANSWERS)
    @pytest.mark.parametrize("name", [b"Date", b"date"])
    def test_one_that_has_one_keeps_it(self, edge: EdgeProcess, upstreams, path: str, name: bytes) -> None:
        then = "Sun, 06 Nov 1994 08:49:37 GMT"
        self.publish(edge, upstreams, name + b": " + then.encode() + b"\r\n")
        with edge.client() as client:
            assert client.get(path).all("Date") == [then]

    def test_a_rule_has_the_last_word(self, edge: EdgeProcess, upstreams) -> None:
        self.publish(edge, upstreams, b"", 'remove response header "Date"')
        with edge.client() as client:
            assert client.get("/whole").all("Date") == []
