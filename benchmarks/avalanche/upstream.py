"""A service of fixed capacity in a process of its own. ``python -m benchmarks.avalanche.upstream SEED RECORD``

Serving is waiting: it costs a timer, not processor time. It never notices that a gateway has given up. It listens on
three ports, the targets of one upstream, which share slots and queue. The ports come as one line of JSON; then every
line of standard input is an order: ``speed 0.2``, ``errors 0.05``, ``refuse 2`` (the last port breaks its connections
and takes no new ones) and ``accept 2``. When the input ends, every arrival is written to RECORD: time (monotonic),
number of the request, number of the attempt.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sys
import time
from pathlib import Path
from random import Random
from typing import cast

from benchmarks.avalanche.setting import REAL
from benchmarks.avalanche.upstream_queue import Full, Service, UpstreamQueue

PORTS = 3
BACKLOG = 4096
END = b"\r\n\r\n"
NUMBER = re.compile(rb"\r\nX-Request-Number: *(\d+)", re.IGNORECASE)
ATTEMPT = re.compile(rb"\r\nX-Weir-Attempt: *(\d+)", re.IGNORECASE)


def answer(status: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n" % status


FINE, ERROR, FULL = answer(b"200 OK"), answer(b"502 Bad Gateway"), answer(b"503 Service Unavailable")


def main() -> int:
    seed, path = sys.argv[1:3]
    gc.disable()
    asyncio.run(UpstreamProcess(int(seed), Path(path)).run())
    return 0


class UpstreamProcess:
    def __init__(self, seed: int, path: Path) -> None:
        self._path = path
        self._random = Random(f"{seed} errors")
        self._queue: UpstreamQueue[Connection] = UpstreamQueue(
            REAL.slots, REAL.service_s, REAL.queue, Random(f"{seed} service")
        )
        self._error_rate = 0.0
        self._servers: list[asyncio.Server] = []
        self.open: set[Connection] = set()
        self.arrivals: list[tuple[float, int, int]] = []

    async def run(self) -> None:
        self._servers = [await self._listen(0, door) for door in range(PORTS)]
        ports = [server.sockets[0].getsockname()[1] for server in self._servers]
        print(json.dumps(ports), flush=True)
        orders = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        while line := await orders.readline():
            verb, value = line.split()
            await self._order(verb.decode(), value.decode(), ports)
        self._path.write_text(json.dumps(self.arrivals))

    async def _listen(self, port: int, door: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(self, door), "127.0.0.1", port, backlog=BACKLOG)

    async def _order(self, verb: str, value: str, ports: list[int]) -> None:
        if verb == "speed":
            self._queue.speed = float(value)
        elif verb == "errors":
            self._error_rate = float(value)
        elif verb == "refuse":
            self._servers[int(value)].close()
            for connection in [each for each in self.open if each.door == int(value)]:
                connection.cut()
        elif verb == "accept":
            self._servers[int(value)] = await self._listen(ports[int(value)], int(value))
        else:
            raise ValueError(f"no such order: {verb}")

    def arrived(self, connection: Connection, head: bytes) -> None:
        now = time.monotonic()
        number, attempt = NUMBER.search(head), ATTEMPT.search(head)
        self.arrivals.append((now, int(number[1]) if number else -1, int(attempt[1]) if attempt else 1))
        try:
            self._follow(self._queue.arrive(now, connection))
        except Full:
            connection.say(FULL)

    def _follow(self, service: Service[Connection] | None) -> None:
        if service is not None:
            asyncio.get_running_loop().call_at(service.ends_at, self._ended, service)

    def _ended(self, service: Service[Connection]) -> None:
        self._follow(self._queue.ended(service.ends_at))
        service.item.say(ERROR if self._random.random() < self._error_rate else FINE)


class Connection(asyncio.Protocol):
    """Of a gateway. Closed or not, what it asked for is served."""

    def __init__(self, upstream: UpstreamProcess, door: int) -> None:
        self.door = door
        self._upstream = upstream
        self._got = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._upstream.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        self._upstream.open.discard(self)

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._got += data
        while END in self._got:
            head, _, self._got = self._got.partition(END)
            self._upstream.arrived(self, head)

    def say(self, text: bytes) -> None:
        if self._transport is not None:
            self._transport.write(text)


if __name__ == "__main__":
    raise SystemExit(main())
