"""WebSocket load: every connection sends a message and waits for its echo. ``… echo_load PORT SECONDS CONNECTIONS``

Prints JSON: messages per second and percentiles of the round trip.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time

from benchmarks.side_by_side.echo_server import unmasked
from benchmarks.side_by_side.latency import summary_ms

TEXT = b"y" * 64
KEY = b"\x12\x34\x56\x78"
MESSAGE = b"\x81" + bytes([0x80 | len(TEXT)]) + KEY + unmasked(TEXT, KEY)
ECHO = b"\x81" + bytes([len(TEXT)]) + TEXT
HANDSHAKE = (
    b"GET /echo HTTP/1.1\r\nHost: bench.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PATIENCE_S = 10.0


def main() -> int:
    port, seconds, connections = (int(argument) for argument in sys.argv[1:4])
    opened = {each.fileno(): each for each in (_open(port) for _ in range(connections))}
    gc.disable()
    started = time.monotonic()
    round_trips = _talk(opened, started + seconds)
    per_second = len(round_trips) / (time.monotonic() - started)
    print(json.dumps({"messages": len(round_trips), "per_second": per_second, **summary_ms(round_trips)}))
    return 0


def _open(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(HANDSHAKE)
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(4096)
        head += data
        if not data or not b"HTTP/1.1 101".startswith(head[:12]):
            raise SystemExit(f"the upgrade was not answered with 101: {head[:200]!r}")
    return connection


def _talk(opened: dict[int, socket.socket], until: float) -> list[float]:
    """Seconds of every round trip."""
    found, sent = [], {}
    poll = select.epoll()
    for number, connection in opened.items():
        poll.register(number, select.EPOLLIN)
        connection.sendall(MESSAGE)
        sent[number] = time.monotonic()
    partial: dict[int, bytes] = {}
    while (now := time.monotonic()) < until:
        ready = poll.poll(PATIENCE_S)
        if not ready:
            raise SystemExit(f"no echo came for {PATIENCE_S:g} s")
        for number, _ in ready:
            data = partial.pop(number, b"") + opened[number].recv(4096)
            if len(data) < len(ECHO) and ECHO.startswith(data) and data:
                partial[number] = data
                continue
            if data != ECHO:
                raise SystemExit(f"not the echo of the message: {data[:100]!r}")
            now = time.monotonic()
            found.append(now - sent[number])
            sent[number] = now
            opened[number].sendall(MESSAGE)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
