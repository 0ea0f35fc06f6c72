"""Clients that send at the times of a Poisson process, whether answers come or not. ``… load RECORD``

On standard input, as JSON: ``ports`` of the gateways (each request goes to one by chance), ``rate``, ``seed``,
``begin`` (monotonic seconds), and how many ``seconds``; a client waits ``patience`` seconds for its answer. RECORD
gets, for every request: when it was due (monotonic), how long it took, its status (0: none in time), how late it was
sent. The same seed sends the same requests at the same times.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from pathlib import Path
from random import Random
from typing import Any, cast

from benchmarks.avalanche.http_answer import status_of


def main() -> int:
    order = json.load(sys.stdin)
    gc.disable()
    load = Load(order["ports"], Random(f"{order['seed']} load"), order["patience"])
    asyncio.run(load.run(order["rate"], order["begin"], order["seconds"]))
    Path(sys.argv[1]).write_text(json.dumps(load.done))
    return 0


class Load:
    def __init__(self, ports: list[int], random: Random, patience_s: float) -> None:
        self.done: list[tuple[float, float, int, float]] = []
        self._ports = ports
        self._random = random
        self._patience_s = patience_s
        self._idle: dict[int, list[Client]] = {port: [] for port in ports}
        self._on_the_way: set[asyncio.Task[None]] = set()

    async def run(self, rate: float, begin: float, seconds: float) -> None:
        """Everything that was sent is waited for."""
        due, number = begin, 0
        while (due := due + self._random.expovariate(rate)) < begin + seconds:
            port = self._random.choice(self._ports)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(self._request(port, due, number))
            self._on_the_way.add(task)
            task.add_done_callback(self._on_the_way.discard)
            number += 1
        if self._on_the_way:
            await asyncio.wait(self._on_the_way)

    async def _request(self, port: int, due: float, number: int) -> None:
        status, sent = 0, time.monotonic()
        try:
            async with asyncio.timeout(self._patience_s):
                client = self._idle[port].pop() if self._idle[port] else await self._connect(port)
                status = await client.ask(number)
        except (OSError, TimeoutError):
            pass  # no answer in time is what status 0 says
        self.done.append((due, time.monotonic() - due, status, sent - due))

    async def _connect(self, port: int) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: Client(self._idle[port]), "127.0.0.1", port)
        return client


class Client(asyncio.Protocol):
    """One connection to a gateway; it goes back to ``idle`` when its answer is there."""

    def __init__(self, idle: list[Client]) -> None:
        self._idle = idle
        self._got = b""
        self._answered: asyncio.Future[int] | None = None
        self._transport: Any = None

    async def ask(self, number: int) -> int:
        """The status. Raises OSError. Given up by cancelling, it closes."""
        self._got, self._answered = b"", asyncio.get_running_loop().create_future()
        self._transport.write(b"GET / HTTP/1.1\r\nHost: a.example\r\nX-Request-Number: %d\r\n\r\n" % number)
        try:
            return await self._answered
        except asyncio.CancelledError:
            self._transport.abort()
            raise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._got += data
        status = status_of(self._got)
        if status is not None and self._answered is not None and not self._answered.done():
            self._answered.set_result(status)
            if b"\r\nconnection: close" in self._got.lower():
                self._transport.close()
            else:
                self._idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self._idle:
            self._idle.remove(self)
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("closed without an answer"))


if __name__ == "__main__":
    raise SystemExit(main())
