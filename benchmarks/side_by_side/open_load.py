"""Requests at a fixed rate, whether answers come or not. ``… open_load PORT RATE SECONDS CONNECTIONS``

wrk sends when an answer came, so a gateway that stalls is asked less. Here every request has a time at which it is due,
and its latency counts from then: a stall is seen in every request that had to wait for it ("coordinated omission").
It ends after SECONDS, or when its standard input ends, and prints JSON: when each request was due (seconds of the
machine's monotonic clock), its latency in seconds, and what failed.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time
from collections import deque

from benchmarks.side_by_side.work import BODY

REQUEST = b"GET / HTTP/1.1\r\nHost: bench.example\r\n\r\n"
END = BODY.encode()
PATIENCE_S = 10.0
DRAIN_S = 5.0


def main() -> int:
    port, rate, seconds, connections = (float(argument) for argument in sys.argv[1:5])
    load = OpenLoad(int(port), int(connections))
    gc.disable()
    load.run(rate, time.monotonic() + seconds)
    print(json.dumps({"due": load.due, "latency": load.latency, "failed": load.failed}))
    return 0


class Lane:
    """One connection, and the request on it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.due = 0.0
        self.got = b""
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        return connection

    def again(self) -> None:
        self.socket.close()
        self.socket = self._connect()

    def send(self, due: float) -> None:
        self.due, self.got = due, b""
        self.socket.send(REQUEST)

    def receive(self) -> str | None:
        """None: more is to come; "": the whole answer is there; else why it failed."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return None
        except OSError as error:
            return str(error)
        self.got += data
        if not data:
            return "closed before the whole answer" if self.got else "closed without an answer"
        return outcome(self.got)


def outcome(got: bytes) -> str | None:
    """None: not yet the whole answer; "": it is there and is 200; else its first line."""
    if not b"HTTP/1.1 200".startswith(got[:12]):
        return got.partition(b"\r\n")[0].decode("latin-1")
    return "" if got.endswith(END) else None


class OpenLoad:
    def __init__(self, port: int, connections: int) -> None:
        self.due: list[float] = []
        self.latency: list[float] = []
        self.failed: list[tuple[float, str]] = []
        self._idle = deque(Lane(port) for _ in range(connections))
        self._busy: dict[socket.socket, Lane] = {}
        self._is_told_to_stop = False

    def run(self, rate: float, until: float) -> None:
        """What was due before the end is still sent and waited for, ``DRAIN_S`` at most."""
        interval, next_due = 1 / rate, time.monotonic()
        while (now := time.monotonic()) < until + DRAIN_S and (self._busy or next_due < until):
            while next_due <= min(now, until) and self._idle:
                self._send(self._idle.popleft(), next_due)
                next_due += interval
            # With no connection free, the next thing that can happen is an answer.
            has_next = bool(self._idle) and next_due < until
            self._wait((next_due if has_next else until + DRAIN_S) - now)
            if self._is_told_to_stop:
                until = min(until, time.monotonic())
        for lane in self._busy.values():
            self._note(lane.due, f"no answer within {DRAIN_S:g} s of the end")
        for _ in range(int((until - next_due) * rate)):
            self._note(next_due, f"not sent within {DRAIN_S:g} s of the end")

    def _send(self, lane: Lane, due: float) -> None:
        try:
            lane.send(due)
        except OSError as error:
            self._note(due, str(error))
            self._reconnect(lane)
            self._idle.append(lane)
        else:
            self._busy[lane.socket] = lane

    def _wait(self, seconds: float) -> None:
        # select, since epoll counts in whole milliseconds.
        idle = {lane.socket: lane for lane in self._idle}
        told = () if self._is_told_to_stop else (sys.stdin,)
        ready, _, _ = select.select([*self._busy, *idle, *told], (), (), max(0.0, seconds))
        for each in ready:
            if each is sys.stdin:
                self._is_told_to_stop = True
            elif lane := self._busy.get(each):
                self._receive(lane)
            else:
                self._reconnect(idle[each])  # closed while nothing was asked: nobody's failure

    def _receive(self, lane: Lane) -> None:
        failure = lane.receive()
        if failure is None:
            return
        del self._busy[lane.socket]
        if failure:
            self._note(lane.due, failure)
            self._reconnect(lane)
        else:
            self.due.append(lane.due)
            self.latency.append(time.monotonic() - lane.due)
        self._idle.append(lane)

    def _reconnect(self, lane: Lane) -> None:
        try:
            lane.again()
        except OSError as error:
            raise SystemExit(f"no connection any more: {error}") from error

    def _note(self, due: float, failure: str) -> None:
        self.failed.append((due, failure))


if __name__ == "__main__":
    raise SystemExit(main())
