"""A worker without HTTP, as ``limiter.py`` and tests start it: checks one limit, and says what was allowed when.

    python -m benchmarks.limiter_worker SOCKET

It prints ``ready`` and reads jobs, one a line: JSON ``[clause, per_second, seconds, greenlets, keys]``. ``clause`` is a
limit of the rule language, such as ``1000 per 1s``. With ``per_second`` 0 every greenlet checks until it was refused as
often as ``seconds`` says. At the end of each job it prints one JSON object: the clock of each decision that allowed,
how many were refused, and how long checks took.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402

from edge.limiting.clock import boot_s  # noqa: E402
from edge.limiting.limiter import Limiter  # noqa: E402
from edge.limiting.verdict import Demand, Verdict  # noqa: E402
from edge.link import frames  # noqa: E402
from edge.link.asks import Asks  # noqa: E402
from weir.models.effective import Counted  # noqa: E402
from weir.rules.parser import parse  # noqa: E402

RACE_S = 60.0
"""A race that has not ended by then is stopped."""


class Clock:
    """Remembers what it said last: the moment of a decision."""

    last = 0.0

    def __call__(self) -> float:
        self.last = boot_s()
        return self.last


def connect(path: str, asks: Asks) -> None:
    """Speaks with the agent for ever; connects again when it goes away."""
    while True:
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(path)
            frames.send(sock, {"kind": "hello", "pid": os.getpid(), "worker": 1})
            asks.attach()
            writing = gevent.spawn(_write, sock, asks)
            while (message := frames.read(sock)) is not None:
                if message["kind"] == "replies":
                    asks.replies(message["items"])
                elif message["kind"] == "news":
                    asks.news(message["topic"], message["body"])
            writing.kill()
        except (OSError, frames.FrameError):
            pass
        asks.detach()
        gevent.sleep(0.05)


def _write(sock: socket.socket, asks: Asks) -> None:
    while True:
        sock.sendall(asks.next_frame())


class Run:
    """What happened."""

    def __init__(self, limiter: Limiter, clock: Clock, clause: str, keys: int) -> None:
        self.limiter, self.clock, self.keys = limiter, clock, keys
        definition: Any = parse(f"limit bench {{ {clause} }}\n").document.definitions[0]
        self.limit = limiter.limit_of(Counted("bench/limit", definition.rates[0].rate))
        self.allowed: list[tuple[float, str]] = []
        self.refused = 0
        self.slowest = 0.0

    def check(self) -> Verdict:
        key = f"k{random.randrange(self.keys)}" if self.keys > 1 else ""
        started = time.perf_counter()
        verdict = self.limiter.check((Demand(self.limit, key, 1),))
        if verdict.allowed:
            self.allowed.append((self.clock.last, key))
        else:
            self.refused += 1
        self.slowest = max(self.slowest, time.perf_counter() - started)
        return verdict

    def open_loop(self, per_second: float, seconds: float, greenlets: int) -> None:
        """Due times are fixed beforehand; a greenlet that is late checks at once."""

        def one() -> None:
            start = boot_s() + random.random() / per_second * greenlets
            count = int(per_second * seconds / greenlets)
            for turn in range(count):
                due = start + turn * greenlets / per_second
                gevent.sleep(max(0.0, due - boot_s()))
                self.check()

        gevent.joinall([gevent.spawn(one) for _ in range(greenlets)])

    def race(self, times: int, greenlets: int) -> None:
        """Each tries until it was refused so often because the limit is used up; on a slow machine too."""

        def one() -> None:
            refusals = 0
            until = boot_s() + RACE_S
            while refusals < times and boot_s() < until:
                verdict = self.check()
                full = not verdict.allowed and not verdict.store_needed
                refusals += full
                gevent.sleep(0.1 if full else 0.001)

        gevent.joinall([gevent.spawn(one) for _ in range(greenlets)])


def main(path: str) -> None:
    asks, clock = Asks(), Clock()
    limiter = Limiter(asks, clock=clock)
    limiter.start()
    gevent.spawn(connect, path, asks)
    while not asks.connected:
        gevent.sleep(0.01)
    print("ready", flush=True)
    while line := sys.stdin.readline():
        clause, per_second, seconds, greenlets, keys = json.loads(line)
        run = Run(limiter, clock, clause, keys)
        if per_second:
            run.open_loop(per_second, seconds, greenlets)
        else:
            run.race(int(seconds), greenlets)
        result: dict[str, Any] = {"allowed": run.allowed, "refused": run.refused, "slowest_s": run.slowest}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
