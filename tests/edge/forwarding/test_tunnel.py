"""Upgraded connections through a real edge."""

from __future__ import annotations

from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Peer, ok
from tests.support.wait import wait_until

ASK = b"GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-A: b\r\n\r\n"


def echo(peer: Peer) -> None:
    peer.read_until(b"\r\n\r\n")
    peer.send(SWITCH + b"hello ")
    while True:
        peer.send(peer.read_until(b"\n").upper())


class TestTunnel:
    def test_bytes_go_both_ways_also_those_right_behind_the_heads(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(script=echo)
        edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(ASK + b"early\n")
            response = client.response()
            assert (response.status, response.header("upgrade"), response.header("x-a")) == (
                101,
                "websocket",
                "b",
            )
            assert client.until(b"\n") == b"hello EARLY\n"
            assert client.send(b"later\n").until(b"\n") == b"LATER\n"
        assert b"Connection: upgrade\r\nUpgrade: websocket\r\n" in upstream.received
        assert b"Sec-WebSocket-Key: k" in upstream.received
        wait_until(lambda: any(line["path"] == "/ws" for line in edge.log()), what="the log")
        line = [line for line in edge.log() if line["path"] == "/ws"][-1]
        assert (line["status"], line["bytes_in"]) == (101, len(b"early\nlater\n"))

    def test_a_publish_does_not_disturb_it(self, edge: EdgeProcess, upstreams) -> None:
        edge.publish(f"rule a {{ when any; proxy {upstreams(script=echo).url} }}")
        with edge.client() as client:
            client.send(ASK)
            client.until(b"hello ")
            edge.publish('rule b { when any; respond 404 "" }')
            edge.publish('rule c { when any; respond 410 "" }')
            assert client.send(b"still\n").until(b"\n") == b"STILL\n"

    def test_an_end_in_one_direction_leaves_the_other_open(self, edge: EdgeProcess, upstreams) -> None:
        def script(peer: Peer) -> None:
            peer.read_until(b"\r\n\r\n")
            peer.send(SWITCH)
            peer.send(peer.read_to_end().upper())

        edge.publish(f"rule a {{ when any; proxy {upstreams(script=script).url} }}")
        with edge.client() as client:
            client.send(ASK).response()
            client.send(b"all of it")
            client.sock.shutdown(1)
            assert client.rest() == b"ALL OF IT"

    def test_an_upstream_that_does_not_switch_answers_in_http(self, edge: EdgeProcess, upstreams) -> None:
        edge.publish(f"rule a {{ when any; proxy {upstreams(answer=lambda _: ok(b'no')).url} }}")
        with edge.client() as client:
            assert client.send(ASK).response().body == b"no"
            assert client.get("/").body == b"no"

    def test_silence_in_both_directions_ends_it(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams(script=echo)
        edge.publish(f"rule a {{ when any; timeout idle 200ms; proxy {upstream.url} }}")
        with edge.client() as client:
            client.send(ASK)
            client.until(b"hello ")
            assert client.is_closed()
