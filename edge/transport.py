"""The one file that knows how bytes move under gevent: a connected socket, non-blocking, with one read watcher.

gevent's own socket API costs most of what a small request costs: ``sendall`` asks for a socket option each time, every
wait registers and removes a watcher, and a ``recv`` that finds nothing is a system call and an exception. So: the
non-blocking socket under gevent's is used directly; its read watcher is started once and stays; a read waits first
unless more is surely there; a write tries first. Time limits are plain numbers that one sweeper looks at. Whoever
writes something small and reads next may ``post`` it: it goes out with others (``edge/postbox.py``).

Rules: at most one greenlet reads at a time; writes of several greenlets come one behind the other. A wait ends by data,
by ``interrupt`` or by a deadline. Only the hub switches to a waiting greenlet. Who needs no greenlet says with ``take``
that what comes is brought to a function in the hub; with ``expect`` there may be no greenlet at all.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from gevent import get_hub
from gevent.event import Event
from gevent.hub import Hub
from greenlet import getcurrent, greenlet

from edge.postbox import Postbox

NEVER = float("inf")
READ, WRITE = 1, 2
FULL_READ = 64 * 1024
"""Bytes of one read of a body, and so the bound of what is held between the two sides of an exchange."""
HEAD_READ = 16 * 1024
"""Bytes of one read where a head is expected."""
MAX_POSTED = 16 * 1024
"""Bytes that wait for the end of a turn; more is sent at once."""


class ConnectionLost(Exception):
    """The other end reset the connection, or it was closed here; ``sent`` bytes of this call had gone out."""

    posted = False
    """It was a ``post`` that failed, not the read that raises this."""

    def __init__(self, reason: str, sent: int = 0) -> None:
        super().__init__(reason)
        self.sent = sent


class TimedOut(Exception):
    """A deadline passed while waiting to read (or write, ``writing``)."""

    posted = False
    """As for ``ConnectionLost``."""

    def __init__(self, writing: bool = False) -> None:
        super().__init__("the other end did not read in time" if writing else "nothing came in time")
        self.writing = writing


Then = Callable[[ConnectionLost | TimedOut | None], None]
Take = Callable[[bytes | Exception], bool]
"""Of what one read brought, or of why it brings nothing; False: it is for whoever reads. Must not block, nor raise."""


class Reader(Protocol):
    """Who waits for what comes, as a greenlet does."""

    def switch(self, came: bytes | Exception | None, /) -> object: ...


class Transport:
    """One connected socket. Deadlines are monotonic seconds, watched by ``deadlines.Sweeper``."""

    __slots__ = (
        "_full", "_hub", "_interrupt", "_out", "_posted", "_raw", "_reader", "_recv", "_room", "_send",
        "_then", "_watcher", "_watching", "_write_watcher", "_writer", "closed", "on_unread", "read_deadline",
        "sock", "take", "write_deadline", "write_timeout",
    )  # fmt: skip

    def __init__(self, sock: Any) -> None:
        """Takes a socket of gevent, or a non-blocking one, over; it must be connected, and nobody else uses it."""
        self.sock = sock
        raw = getattr(sock, "_sock", sock)  # gevent keeps the non-blocking socket there
        self._raw: socket.socket = raw
        self._recv: Callable[[int], bytes] = raw.recv
        self._send: Callable[[bytes | memoryview], int] = raw.send
        self._hub: Hub = get_hub()
        self._watcher: Any = self._hub.loop.io(raw.fileno(), READ)
        self._watching = False
        self._write_watcher: Any = None
        self._reader: Reader | None = None
        self._writer: greenlet | None = None
        self._room: Event | None = None
        """Set when the write that waits now is over."""
        self._full = False
        self._posted = b""
        """What waits for the end of the turn; empty: nothing does."""
        self._out = 0
        """How many bytes of it are out, once a part is."""
        self._then: Then | None = None
        self._interrupt: Exception | None = None
        self.closed = False
        self.read_deadline = NEVER
        self.write_deadline = NEVER
        self.write_timeout = 10.0
        """Seconds that one blocked write may take."""
        self.on_unread: Callable[[], None] | None = None
        """Called in the hub when bytes or the end came, or the deadline passed, and nobody reads; must not block."""
        self.take: Take | None = None
        """Called in the hub with up to ``HEAD_READ`` bytes; where nobody reads, it must take them."""

    def recv(self, size: int, take: Take | None = None) -> bytes:
        """Up to ``size`` bytes; ``b""`` at the end of the stream. Raises ConnectionLost, TimedOut, an interrupt.

        ``take`` gets what comes while this waits, and what it takes is not returned here.
        """
        wait = not self._full
        while True:
            if wait:
                if self._interrupt is not None or self.closed:
                    self._fail_to_read()
                if not self._watching:
                    self._watcher.start(self._readable)
                    self._watching = True
                self._reader, self.take = getcurrent(), take
                try:
                    came = self._hub.switch()
                finally:
                    self._reader = self.take = None
                if came.__class__ is bytes:
                    return came
                if came is not None:
                    raise came
            elif self._posted:
                self._write_posted()
            try:
                data = self._recv(size)
            except BlockingIOError:
                wait = True
                continue
            except OSError as error:
                raise ConnectionLost(error.strerror or str(error)) from None
            self._full = len(data) == size
            return data

    def expect(self, reader: Reader, take: Take) -> None:
        """In the hub: from now on ``reader``, which is no greenlet, waits as ``recv`` with ``take`` does.

        It waits until ``leave_unread``, which must come first where it is switched to. What is here already is brought
        at once.
        """
        self._reader, self.take = reader, take
        self._readable()
        if self._reader is not None:
            self.arm()

    def leave_unread(self) -> None:
        """Nobody reads any more."""
        self._reader = self.take = None

    def send(self, data: bytes) -> None:
        """All of ``data``, behind what another greenlet still writes; raises ConnectionLost, TimedOut."""
        if self._posted:
            self._write_posted()
        while self._writer is not None:
            self._room = self._room or Event()
            self._room.wait()
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ConnectionLost(error.strerror or str(error)) from None
        if sent < len(data):
            self._send_rest(memoryview(data), sent)

    def post(self, data: bytes, box: Postbox, then: Then | None = None) -> None:
        """As ``send``, but when ``box`` is emptied, and so for those who read next: it never raises.

        What ``send`` would raise is raised by the read that waits then, or by the next one, as ``posted``. ``then`` is
        called once with that failure, or with None when everything is out; maybe in the hub, so it must not block.
        """
        if self._posted:
            self._write_posted()
        self._posted, self._then = data, then
        if self._writer is not None or len(data) > MAX_POSTED:
            self._write_posted()
        else:
            box.add(self)

    def send_posted(self) -> None:
        """What was posted, as far as it goes without a wait; a greenlet writes the rest."""
        data = self._posted
        if not data or self._out:  # a part is out: a greenlet writes the rest
            return
        try:
            out = self._send(data)
        except BlockingIOError:
            out = 0
        except OSError as error:
            self._post_failed(ConnectionLost(error.strerror or str(error)))
            return
        if out < len(data):
            self._out = out
            gevent.spawn(self._write_posted)
            return
        then, self._then = self._then, None
        self._posted = b""
        if then is not None:
            then(None)

    def arm(self) -> None:
        """Starts to watch for bytes although nobody reads, so that ``on_unread`` tells of the other end's close."""
        if not self._watching and not self.closed:
            self._watcher.start(self._readable)
            self._watching = True

    def peek(self) -> bytes | None:
        """What a read would find at once: None for nothing yet, ``b""`` for the end or a reset, else one byte."""
        try:
            return self._raw.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def interrupt(self, error: Exception) -> None:
        """The read that waits now, else the next one, raises ``error``. May be called from any greenlet."""
        self._interrupt = error
        self._hub.loop.run_callback(self._wake_reader)

    def withdraw(self, kind: type[Exception]) -> None:
        """An interrupt of this kind that nobody has got is none."""
        if isinstance(self._interrupt, kind):
            self._interrupt = None

    def fit_for_another(self) -> bool:
        """Whether nothing of the last exchange is left: an interrupt that came late was meant for that one."""
        return self._interrupt is None and not self._posted and self._writer is None

    def expire(self, now: float) -> None:
        """Called by the sweeper, in the hub: ends the waits whose deadline is over."""
        if self.read_deadline <= now:
            self.read_deadline = NEVER
            is_taken = self.take is not None and self.take(TimedOut())
            if is_taken:
                pass
            elif self._reader is not None:
                self._reader.switch(TimedOut())
            elif self.on_unread is not None:
                self.on_unread()
        if self.write_deadline <= now and self._writer is not None:
            self.write_deadline = NEVER
            self._writer.switch(TimedOut(writing=True))

    def shutdown(self, how: int) -> None:
        """Half of the connection (``socket.SHUT_*``); a peer that is gone already is no error."""
        try:
            self.sock.shutdown(how)
        except OSError:
            return

    def abort(self) -> None:
        """Closes with a reset, so that the other end cannot take what came for a whole."""
        if not self.closed:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close()

    def close(self) -> None:
        """At once and for good; whoever waits gets ConnectionLost."""
        if self.closed:
            return
        if self._posted:
            self.send_posted()
        self.closed = True
        if self._posted:
            self._post_failed(ConnectionLost("the connection was closed", self._out))
        for watcher in (self._watcher, self._write_watcher):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self.on_unread = None
        self.sock.close()
        if self._reader is not None or self._writer is not None:
            self._hub.loop.run_callback(self._wake_closed)

    def _write_posted(self) -> None:
        """Waits as ``send`` does. Whoever writes next comes here first, so nothing changes places."""
        data, out, then = self._posted, self._out, self._then
        if not data:
            return
        self._posted, self._out, self._then = b"", 0, None
        try:
            self.send(data[out:])
        except (ConnectionLost, TimedOut) as error:
            if isinstance(error, ConnectionLost):
                error.sent += out
            self._then = then
            self._post_failed(error)
        else:
            if then is not None:
                then(None)

    def _post_failed(self, failure: ConnectionLost | TimedOut) -> None:
        then = self._then
        self._posted, self._out, self._then = b"", 0, None
        failure.posted = True
        self.interrupt(failure)
        if then is not None:
            then(failure)

    def _fail_to_read(self) -> None:
        if self._interrupt is None:
            raise ConnectionLost("the connection was closed")
        error, self._interrupt = self._interrupt, None
        raise error

    def _readable(self) -> None:
        """Runs in the hub. Level-triggered: with nobody waiting it must stop watching or it would spin."""
        take = self.take
        if take is not None:
            came: bytes | Exception
            try:
                came = self._recv(HEAD_READ)
            except BlockingIOError:
                return
            except OSError as error:
                came = ConnectionLost(error.strerror or str(error))
            else:
                self._full = len(came) == HEAD_READ
            if not take(came) and self._reader is not None:
                self._reader.switch(came)
        elif self._reader is not None:
            self._reader.switch(None)
        else:
            self._watcher.stop()
            self._watching = False
            if self.on_unread is not None:
                self.on_unread()

    def _wake_reader(self) -> None:
        error, reader = self._interrupt, self._reader
        if error is None:
            return
        if reader is not None:
            self._interrupt = None
            reader.switch(error)
        elif self.take is not None:
            self._interrupt = None
            self.take(error)

    def _wake_closed(self) -> None:
        for waiting in (self._reader, self._writer):
            if waiting is not None:
                waiting.switch(ConnectionLost("the connection was closed"))

    def _send_rest(self, data: memoryview, sent: int) -> None:
        if self._write_watcher is None:
            self._write_watcher = self._hub.loop.io(self.sock.fileno(), WRITE)
        self.write_deadline = time.monotonic() + self.write_timeout
        try:
            while sent < len(data):
                self._wait_to_write(sent)
                try:
                    more = self._send(data[sent:])
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise ConnectionLost(error.strerror or str(error), sent) from None
                sent += more
                self.write_deadline = time.monotonic() + self.write_timeout
        finally:
            self.write_deadline = NEVER
            if self._room is not None:
                self._room.set()
                self._room = None

    def _wait_to_write(self, sent: int) -> None:
        if self.closed:
            raise ConnectionLost("the connection was closed", sent)
        self._writer = getcurrent()
        self._write_watcher.start(self._writable)
        try:
            failure = self._hub.switch()
        finally:
            self._writer = None
            if not self.closed:
                self._write_watcher.stop()
        if failure is not None:
            if isinstance(failure, ConnectionLost):
                failure.sent = sent
            raise failure

    def _writable(self) -> None:
        if self._writer is not None:
            self._writer.switch(None)
