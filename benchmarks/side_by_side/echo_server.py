"""A WebSocket echo server for short text messages (RFC 6455); plain requests get 200. ``… echo_server PORT``

As little work as possible for each message: what is measured is the gateway in front of it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import sys

from benchmarks.side_by_side.work import HEADER, SEEN

MAX_HEAD = 32 * 1024
CLOSE = 0x88


def main() -> None:
    asyncio.run(_serve(int(sys.argv[1])))


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


class Echo(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open and b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            answer, self._is_open = answer_to(head)
            self._transport.write(answer)
        if self._is_open:
            answers, self._buffer, is_over = echoed(self._buffer)
            self._transport.write(answers)
            if is_over:
                self._transport.close()
        elif len(self._buffer) > MAX_HEAD:
            self._transport.close()


def answer_to(head: bytes) -> tuple[bytes, bool]:
    """The answer, and whether it opens a WebSocket (RFC 6455 §4.2.2)."""
    key = _field(head, "Sec-WebSocket-Key")
    if not key:
        mark = _field(head, HEADER)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n%s: %s\r\n\r\n" % (SEEN.encode(), mark), False
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return upgrade + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n", True


def _field(head: bytes, name: str) -> bytes:
    found = re.search(rb"(?im)^%s: *(.*?) *\r?$" % name.encode(), head)
    return found[1] if found else b""


def echoed(data: bytes) -> tuple[bytes, bytes, bool]:
    """Answers to the whole frames of under 126 bytes; the rest; whether the client said goodbye."""
    answers = []
    while len(data) >= 6 and len(data) >= 6 + (size := data[1] & 0x7F):
        answers.append(data[:1] + bytes([size]) + unmasked(data[6 : 6 + size], data[2:6]))
        if data[0] == CLOSE:
            return b"".join(answers), b"", True
        data = data[6 + size :]
    return b"".join(answers), data, False


def unmasked(payload: bytes, key: bytes) -> bytes:
    """RFC 6455 §5.3; masking is the same."""
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(len(payload), "big")


if __name__ == "__main__":
    main()
