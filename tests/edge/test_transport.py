"""Bytes on real sockets, deadlines and interrupts."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from gevent import socket

from edge.deadlines import Sweeper
from edge.transport import ConnectionLost, TimedOut, Transport

Pair = tuple[Transport, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    sweeper = Sweeper(every_s=0.01)
    sweeper.start()
    transport = Transport(ours)
    sweeper.add(transport)
    yield transport, theirs
    sweeper.stop()
    transport.close()
    theirs.close()


def test_what_is_sent_is_received_and_then_the_end(pair: Pair) -> None:
    transport, theirs = pair
    theirs.sendall(b"abc")
    assert transport.recv(100) == b"abc"
    waiting = gevent.spawn(transport.recv, 100)
    gevent.sleep(0)
    theirs.sendall(b"later")
    assert waiting.get(timeout=10) == b"later"
    theirs.close()
    assert transport.recv(100) == b""


def test_a_large_write_waits_for_the_reader(pair: Pair) -> None:
    transport, theirs = pair
    data = bytes(range(256)) * 20_000
    writing = gevent.spawn(transport.send, data)
    got = bytearray()
    while len(got) < len(data):
        got += theirs.recv(65536)
    writing.get(timeout=10)
    assert got == data


def test_a_read_ends_at_its_deadline(pair: Pair) -> None:
    transport, _ = pair
    transport.read_deadline = 0.0
    with pytest.raises(TimedOut) as caught:
        transport.recv(1)
    assert not caught.value.writing


def test_a_write_that_nobody_takes_ends_at_its_deadline(pair: Pair) -> None:
    transport, _ = pair
    transport.write_timeout = 0.0
    with pytest.raises(TimedOut) as caught:
        transport.send(b"x" * 10_000_000)
    assert caught.value.writing


def test_an_interrupt_ends_a_read_that_waits_and_else_the_next(pair: Pair) -> None:
    transport, _ = pair
    waiting = gevent.spawn(transport.recv, 1)
    gevent.sleep(0)
    transport.interrupt(RuntimeError("now"))
    with pytest.raises(RuntimeError, match="now"):
        waiting.get(timeout=10)
    transport.interrupt(RuntimeError("next"))
    gevent.sleep(0)
    with pytest.raises(RuntimeError, match="next"):
        transport.recv(1)


def test_closing_wakes_who_waits(pair: Pair) -> None:
    transport, _ = pair
    waiting = gevent.spawn(transport.recv, 1)
    gevent.sleep(0)
    transport.close()
    with pytest.raises(ConnectionLost):
        waiting.get(timeout=10)
    with pytest.raises(ConnectionLost):
        transport.recv(1)


def test_a_reset_says_how_much_of_a_write_had_gone_out(pair: Pair) -> None:
    transport, theirs = pair
    theirs.close()
    with pytest.raises(ConnectionLost) as caught:
        transport.send(b"x")
    assert caught.value.sent == 0


def test_unread_bytes_and_the_end_are_told_once(pair: Pair) -> None:
    transport, theirs = pair
    told: list[bytes | None] = []
    transport.on_unread = lambda: told.append(transport.peek())
    transport.arm()
    gevent.sleep(0.01)
    assert told == []
    theirs.sendall(b"abc")
    gevent.sleep(0.05)
    assert told == [b"a"]
    assert transport.recv(10) == b"abc"
    transport.arm()
    theirs.close()
    gevent.sleep(0.05)
    assert told == [b"a", b""]


def test_a_second_write_comes_behind_the_first_that_waits(pair: Pair) -> None:
    transport, theirs = pair
    first, second = b"a" * 5_000_000, b"b" * 100
    writing = [gevent.spawn(transport.send, first), gevent.spawn(transport.send, second)]
    gevent.sleep(0)
    got = bytearray()
    while len(got) < len(first) + len(second):
        got += theirs.recv(65536)
    gevent.joinall(writing, timeout=10)
    assert got == first + second
