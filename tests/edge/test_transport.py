"""Bytes on real sockets, deadlines and interrupts."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from gevent import socket

from edge.deadlines import Sweeper
from edge.postbox import Postbox
from edge.transport import MAX_POSTED, ConnectionLost, TimedOut, Transport

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


class Outcome:
    """What became of a post."""

    def __init__(self) -> None:
        self.told: list[Exception | None] = []

    def __call__(self, failure: Exception | None) -> None:
        self.told.append(failure)


class TestPost:
    def test_it_goes_out_when_the_greenlet_waits(self, pair: Pair) -> None:
        transport, theirs = pair
        then = Outcome()
        transport.post(b"abc", Postbox(), then)
        assert then.told == []
        assert theirs.recv(10) == b"abc"
        assert then.told == [None]

    def test_more_than_may_wait_goes_out_at_once(self, pair: Pair) -> None:
        transport, theirs = pair
        then = Outcome()
        transport.post(b"x" * (MAX_POSTED + 1), Postbox(), then)
        assert then.told == [None]
        assert theirs.recv(MAX_POSTED) == b"x" * MAX_POSTED

    def test_writes_stay_in_order(self, pair: Pair) -> None:
        transport, theirs = pair
        box, then = Postbox(), Outcome()
        transport.post(b"a", box, then)
        transport.send(b"b")
        transport.post(b"c", box, then)
        transport.post(b"d", box, then)
        assert then.told == [None, None]
        transport.close()
        assert then.told == [None, None, None]
        assert theirs.recv(10) == b"abcd"

    def test_the_read_that_follows_raises_what_went_wrong(self, pair: Pair) -> None:
        transport, theirs = pair
        then = Outcome()
        theirs.close()
        transport.post(b"abc", Postbox(), then)
        with pytest.raises(ConnectionLost) as caught:
            transport.recv(1)
        assert (caught.value.posted, caught.value.sent) == (True, 0)
        assert then.told == [caught.value]

    def test_the_rest_of_what_does_not_fit_waits_for_the_reader(self, pair: Pair) -> None:
        transport, theirs = pair
        filled = fill(transport)
        then = Outcome()
        transport.post(b"y" * MAX_POSTED, Postbox(), then)
        gevent.sleep(0.01)
        assert then.told == []
        assert not transport.fit_for_another()
        got = bytearray()
        while len(got) < filled + MAX_POSTED:
            got += theirs.recv(65536)
        gevent.sleep(0.01)
        assert bytes(got) == b"x" * filled + b"y" * MAX_POSTED
        assert then.told == [None]
        assert transport.fit_for_another()

    def test_a_post_that_nobody_takes_ends_at_its_deadline(self, pair: Pair) -> None:
        transport, _theirs = pair
        fill(transport)
        then = Outcome()
        transport.write_timeout = 0.0
        transport.post(b"y" * MAX_POSTED, Postbox(), then)
        with pytest.raises(TimedOut) as caught:
            transport.recv(1)
        assert (caught.value.posted, caught.value.writing) == (True, True)
        assert then.told == [caught.value]

    def test_closing_tells_whose_post_is_not_out(self, pair: Pair) -> None:
        transport, _theirs = pair
        fill(transport)
        then = Outcome()
        transport.post(b"y" * MAX_POSTED, Postbox(), then)
        transport.close()
        assert [type(failure) for failure in then.told] == [ConnectionLost]


def fill(transport: Transport) -> int:
    """So many bytes go out without anybody reading them."""
    sock, filled = transport.sock._sock, 0  # type: ignore[attr-defined]
    try:
        while True:
            filled += sock.send(b"x" * 65536)
    except BlockingIOError:
        return filled


def test_what_is_left_of_a_post_is_not_begun_again_by_a_close(pair: Pair) -> None:
    """A part is out, and the greenlet that writes the rest has not run."""
    transport, _ = pair
    box, told = Postbox(), []
    data = bytes(range(256)) * 64
    transport._send = lambda piece: len(piece) // 2
    transport.post(data, box, told.append)
    box.empty()
    transport._send = lambda _: pytest.fail("sent again")
    transport.close()
    assert [failure.sent for failure in told] == [len(data) // 2]
    gevent.sleep(0)


def test_an_interrupt_that_nobody_got_can_be_withdrawn(pair: Pair) -> None:
    transport, theirs = pair
    transport.interrupt(TimedOut())
    transport.withdraw(ConnectionLost)
    assert not transport.fit_for_another()
    transport.withdraw(TimedOut)
    gevent.sleep(0)
    theirs.sendall(b"a")
    assert transport.recv(1) == b"a"


class Expecting:
    """Takes what begins with an A; the rest is kept, in the order in which it came."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.taken: list[bytes | Exception] = []
        self.kept: list[bytes | Exception | None] = []

    def take(self, came: bytes | Exception) -> bool:
        is_mine = isinstance(came, bytes) and came.startswith(b"A")
        if is_mine:
            self.taken.append(came)
        return is_mine

    def switch(self, came: bytes | Exception | None) -> None:
        self.transport.leave_unread()
        self.kept.append(came)

    def begin(self) -> Expecting:
        gevent.get_hub().loop.run_callback(self.transport.expect, self, self.take)
        gevent.sleep(0)
        return self

    def until(self, number: int) -> None:
        """So many things came."""
        with gevent.Timeout(20):
            while len(self.taken) + len(self.kept) < number:
                gevent.sleep(0.002)


class TestExpect:
    def test_what_is_here_and_what_comes_is_brought_until_somebody_else_is_to_read(self, pair: Pair) -> None:
        transport, theirs = pair
        theirs.sendall(b"A1")
        expecting = Expecting(transport).begin()
        assert expecting.taken == [b"A1"]
        for number, data in enumerate((b"A2", b"B1")):
            theirs.sendall(data)
            expecting.until(number + 2)
        theirs.sendall(b"A3")
        assert transport.recv(100) == b"A3"
        assert (expecting.taken, expecting.kept) == ([b"A1", b"A2"], [b"B1"])

    def test_what_is_not_for_the_one_who_takes_is_brought_at_once(self, pair: Pair) -> None:
        transport, theirs = pair
        theirs.sendall(b"B")
        assert Expecting(transport).begin().kept == [b"B"]

    def test_an_interrupt_a_deadline_and_the_end_are_brought_too(self, pair: Pair) -> None:
        transport, theirs = pair
        expecting = Expecting(transport).begin()
        transport.interrupt(KeyError("a"))
        expecting.until(1)
        expecting.begin()
        transport.read_deadline = 0.0
        expecting.until(2)
        expecting.begin()
        theirs.close()
        expecting.until(3)
        assert [type(each) for each in expecting.kept] == [KeyError, TimedOut, bytes]

    def test_while_nothing_is_taken_it_is_told_that_something_came(self, pair: Pair) -> None:
        transport, theirs = pair
        expecting = Expecting(transport).begin()
        transport.take = None
        theirs.sendall(b"A")
        expecting.until(1)
        assert expecting.kept == [None]
        assert transport.recv(100) == b"A"
