"""What the end of an answer says about its target, against a real edge."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.raw_client import RawClient
from tests.support.upstream import Peer, Upstream, ok

Make = Callable[..., Upstream]
Script = Callable[[Peer], None]
GET = b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabc"
PART = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc"
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nxyz"
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nContent-Type: text/event-stream\r\n\r\nxyz"


def publish(edge: EdgeProcess, *targets: str, more: str = "") -> None:
    lines = "; ".join(f"target {target}" for target in targets)
    edge.publish(f"upstream u {{ {lines}; {more} }}\nrule a {{ when any; proxy u }}")


def breaks_off(peer: Peer) -> None:
    peer.send(PART)


class Ill:
    """A target whose first answer breaks off, the second one is ``other``'s, and so on."""

    def __init__(self, other: Script = breaks_off) -> None:
        self.served = 0
        self._other = other

    def __call__(self, peer: Peer) -> None:
        peer.read_until(b"\r\n\r\n")
        self.served += 1
        (self._other if self.served % 2 == 0 else breaks_off)(peer)


def part_of(client: RawClient) -> bytes:
    """The first three bytes of the answer to a request."""
    client.send(GET).until(b"\r\n\r\n")
    while len(client.buffer) < 3:
        assert client._more()
    return client.buffer[:3]


def ask(edge: EdgeProcess, count: int, on_part: Callable[[bytes], bool] = lambda _: True) -> None:
    """So many requests, one behind the other; ``on_part`` says whether to read on behind the first three bytes."""
    for _ in range(count):
        with edge.client() as client:
            if on_part(part_of(client)):
                client.rest()


def test_bodies_that_break_off_eject(edge: EdgeProcess, upstreams: Make) -> None:
    ill = Ill()
    publish(edge, upstreams(script=ill).url, upstreams(answer=lambda _: ok(b"well")).url)
    ask(edge, 30)
    assert ill.served == 5


def test_an_answer_that_came_whole_in_parts_is_good(edge: EdgeProcess, upstreams: Make) -> None:
    came = threading.Event()

    def in_parts(peer: Peer) -> None:
        peer.send(PART)
        assert came.wait(20)
        came.clear()
        peer.send(b"def")

    def on_part(part: bytes) -> bool:
        if part == b"abc" and ill.served % 2 == 0:
            came.set()
        return True

    ill = Ill(in_parts)
    well = upstreams(answer=lambda _: ok(b"well"))
    publish(edge, upstreams(script=ill).url, well.url, more="eject after 2")
    ask(edge, 16, on_part)
    assert ill.served == 8


def test_one_that_its_client_left_is_good(edge: EdgeProcess, upstreams: Make) -> None:
    left = threading.Event()

    def endless(peer: Peer) -> None:
        peer.send(ENDLESS)
        with suppress(OSError):
            while True:
                peer.send(b"x" * 65536)
        left.set()

    ill = Ill(endless)
    well = upstreams(answer=lambda _: ok(b"well"))
    publish(edge, upstreams(script=ill).url, well.url, more="eject after 2")
    for _ in range(16):
        with edge.client() as client:
            is_endless = part_of(client) == b"xyz"
            if not is_endless:
                client.rest()
        if is_endless:
            assert left.wait(20)
            left.clear()
    assert ill.served == 8


def test_one_that_the_rule_s_time_ended_is_good(edge: EdgeProcess, upstreams: Make) -> None:
    def slow(peer: Peer) -> None:
        peer.send(ENDLESS)
        with suppress(OSError):
            while True:
                time.sleep(0.15)
                peer.send(b"x")

    ill = Ill(slow)
    well = upstreams(answer=lambda _: ok(b"well"))
    publish(edge, upstreams(script=ill).url, well.url, more="eject after 2; timeout total 500ms")
    ask(edge, 12)
    assert ill.served == 6


def test_a_stream_of_events_is_good_when_it_begins(edge: EdgeProcess, upstreams: Make) -> None:
    over = threading.Event()

    def events(peer: Peer) -> None:
        peer.send(EVENTS)
        over.wait(20)

    ill = Ill(events)
    well = upstreams(answer=lambda _: ok(b"well"))
    publish(edge, upstreams(script=ill).url, well.url, more="eject after 2")
    with ExitStack() as open_streams:
        for _ in range(16):
            client = open_streams.enter_context(edge.client())
            if part_of(client) != b"xyz":
                client.rest()
        over.set()
    assert ill.served == 8


@pytest.mark.parametrize(("total", "status"), [("", 408), (", total 300ms", 504)])
def test_a_client_that_stalls_says_nothing_about_the_target(
    edge: EdgeProcess, upstreams: Make, total: str, status: int
) -> None:
    targets = [upstreams(script=lambda peer: peer.read_to_end()) for _ in range(2)]
    publish(edge, *(each.url for each in targets), more=f"eject after 2; timeout try 100ms{total}")
    for _ in range(2):
        clients = [edge.client().send(POST) for _ in range(8)]
        assert [client.response().status for client in clients] == [status] * 8
        for client in clients:
            client.sock.close()
    assert [len(each.peers) for each in targets] == [8, 8]
