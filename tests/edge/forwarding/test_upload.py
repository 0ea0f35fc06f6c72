"""Request bodies on their way to upstreams, against a real edge."""

from __future__ import annotations

import socket
import threading
import time
from types import SimpleNamespace

import pytest

from edge.forwarding.upload import Upload
from edge.transport import NEVER
from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Peer, ok
from tests.support.wait import wait_until

POST = b"POST / HTTP/1.1\r\nHost: a.test\r\n"


class TestUpload:
    def test_a_large_body_arrives_whole(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(answer=lambda request: ok(b"%d" % len(request.body)))
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        body = bytes(range(256)) * 20_000
        with edge.client() as client:
            client.send(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            assert client.response().body == b"%d" % len(body)
        assert upstream.requests[0].body == body

    def test_chunks_are_passed_on_as_they_come(self, edge: EdgeProcess, upstreams) -> None:
        got: list[bytes] = []

        def script(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            for _ in range(3):
                got.append(peer.read_until(b"\n\r\n"))
            peer.read_until(b"0\r\n\r\n")
            peer.send(ok())

        upstream = upstreams(script=script)
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
            for number in range(3):
                client.send(b"2\r\n%d\n\r\n" % number)
                wait_until(lambda number=number: len(got) == number + 1, what="the chunk arrives")
            assert client.send(b"0\r\n\r\n").response().status == 200
        assert got == [b"2\r\n%d\n\r\n" % number for number in range(3)]

    def test_an_early_answer_comes_through_while_the_body_is_still_sent(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        def script(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
            peer.read_to_end()

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(POST + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000)
            response = client.response()
            assert (response.status, response.body, response.header("connection")) == (413, b"big", "close")

    def test_an_upstream_that_does_not_read_stops_the_client(self, edge: EdgeProcess, upstreams) -> None:
        reads = threading.Event()

        def script(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            reads.wait(20)
            peer.discard(50_000_000)
            peer.send(ok())

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(POST + b"Content-Length: 50000000\r\n\r\n")
            client.sock.settimeout(0.5)
            sent = 0
            try:
                while sent < 50_000_000:
                    sent += client.sock.send(b"x" * 65536)
            except TimeoutError:
                pass
            assert sent < 50_000_000, "the edge took more than buffers can hold"
            reads.set()
            client.sock.settimeout(20)
            client.sock.sendall(b"x" * (50_000_000 - sent))
            assert client.response().status == 200

    def test_a_body_that_moves_puts_off_the_end_of_a_try_but_not_that_of_everything(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        upstream = upstreams(script=lambda peer: peer.read_to_end())
        edge.publish(f"rule a {{ when any; timeout try 300ms, total 900ms; proxy {upstream.url} }}")
        with edge.client() as client:
            started = time.monotonic()
            client.send(POST + b"Content-Length: 1000\r\n\r\n")
            client.sock.settimeout(0.05)
            while True:
                client.send(b"x")
                try:
                    if client.sock.recv(1, socket.MSG_PEEK):
                        break
                except TimeoutError:
                    assert time.monotonic() - started < 20, "timeout total does not end it"
            client.sock.settimeout(20)
            assert client.response().status == 504
            assert time.monotonic() - started >= 0.9

    def test_a_client_that_stalls_for_longer_than_a_try_is_told_408(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        upstream = upstreams(script=lambda peer: peer.read_to_end())
        edge.publish(f"rule a {{ when any; timeout try 100ms; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(POST + b"Content-Length: 10\r\n\r\nabc")
            assert client.response().status == 408

    def test_a_try_goes_on_when_the_client_does(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(script=lambda peer: peer.read_to_end())
        edge.publish(f"rule a {{ when any; timeout try 100ms; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(POST + b"Content-Length: 6\r\n\r\nabc")
            wait_until(lambda: upstream.received.endswith(b"abc"), what="the first half arrives")
            assert client.send(b"def").response().status == 504

    def test_nor_is_an_answer_cut_off_that_waits_for_the_rest_of_the_body(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        def script(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfir")
            peer.read_until(b"rest")
            peer.send(b"st!")

        edge.publish(f"rule a {{ when any; timeout try 100ms; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(POST + b"Content-Length: 7\r\n\r\nthe")
            client.until(b"fir")
            time.sleep(0.4)  # longer than a try, shorter than the client may stall
            client.send(b"rest")
            assert client.until(b"st!")

    def test_an_event_stream_that_began_before_the_body_was_out_may_be_silent(
        self, edge: EdgeProcess, upstreams
    ) -> None:
        def script(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 7\r\n\r\none")
            peer.read_until(b"more")
            time.sleep(0.4)  # longer than a try
            peer.send(b" two")

        edge.publish(
            f"rule a {{ when any; timeout try 100ms, idle 20s; proxy {upstreams(script=script).url} }}"
        )
        with edge.client() as client:
            client.send(POST + b"Content-Length: 7\r\n\r\nthe")
            client.until(b"one")
            client.send(b"more")
            assert client.until(b" two")

    def test_a_chunked_body_over_the_bound_is_refused_413(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(script=lambda peer: peer.read_to_end())
        edge.publish(f"rule a {{ when any; max body 1KiB; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n200\r\n" + b"x" * 512 + b"\r\n")
            wait_until(lambda: upstream.received.endswith(b"x\r\n"), what="the first half arrives")
            client.send(b"201\r\n" + b"x" * 513 + b"\r\n0\r\n\r\n")
            assert client.response().status == 413

    def test_exactly_the_bound_passes(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams()
        edge.publish(f"rule a {{ when any; max body 1KiB; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n")
            assert client.response().status == 200
        for length, status in ((1024, 200), (1025, 413)):
            with edge.client() as client:
                client.send(POST + b"Content-Length: %d\r\n\r\n" % length + b"x" * length)
                assert client.response().status == status

    def test_a_body_that_turns_out_malformed_is_refused_400(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(script=lambda peer: peer.read_to_end())
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
            wait_until(lambda: upstream.received.endswith(b"ab\r\n"), what="the first chunk arrives")
            client.send(b"zz\r\n")
            assert client.response().status == 400
            assert client.is_closed()
        assert not upstream.received.endswith(b"0\r\n\r\n")


def test_a_wait_for_the_client_counts_while_it_goes_on_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, seen = [100.0], []
    monkeypatch.setattr("edge.forwarding.upload.time.monotonic", lambda: clock[0])

    def read_body(_exchange: object) -> bytes:
        clock[0] += 9.0
        seen.append((upload.awaits_client, upload.awaited_s))
        return b"x"

    exchange = SimpleNamespace(downstream=SimpleNamespace(read_body=read_body))
    connection = SimpleNamespace(transport=SimpleNamespace(read_deadline=0.0))
    upload = Upload(exchange, connection, 1.0, NEVER)  # type: ignore[arg-type]
    for _ in range(2):
        upload._next()
        clock[0] += 1.0
    assert seen == [(True, 9.0), (True, 18.0)]
    assert (upload.awaits_client, upload.awaited_s) == (False, 18.0)
    assert connection.transport.read_deadline == 119.0 + 1.0
