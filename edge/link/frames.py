"""Frames between a worker and the node agent: length-prefixed msgpack maps on a unix stream socket.

A frame is four bytes of length (big-endian, of what follows), then one msgpack map with text keys and a
``kind``. Whatever is larger or otherwise odd is a ``FrameError``: the connection is of no use any more.

| kind | direction | fields |
|---|---|---|
| ``hello`` | worker → agent | ``pid``, ``worker`` (its number) |
| ``applied`` | worker → agent | ``incarnation``, ``number``, ``took_ms`` |
| ``refused`` | worker → agent | ``incarnation``, ``number``, ``reason`` |
| ``counters`` | worker → agent | ``counters``, ``histograms``, ``gauges``: lists of [family, labels, …]; ``anew`` |
| ``asks`` | worker → agent | ``items``: lists of [number, topic, body]; number 0 wants no answer |
| ``version`` | agent → worker | ``incarnation``, ``number``: read the version files now |
| ``replies`` | agent → worker | ``items``: lists of [number, body] |
| ``news`` | agent → worker | ``topic``, ``body`` |
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from typing import Any

import msgpack

MAX_FRAME = 1 << 20
"""Bytes of one frame, without its length."""

MAX_ITEMS = 65_536
"""Entries of one map or list."""

MAX_ASKS = 256
"""Items of one frame of questions or answers."""

_LENGTH = struct.Struct(">I")


class FrameError(Exception):
    """The other end sent something that is no frame, or stopped in the middle of one."""


def pack(message: Mapping[str, Any]) -> bytes:
    """One frame. Raises ``FrameError`` above ``MAX_FRAME``, and for what msgpack has no form of."""
    try:
        body: bytes = msgpack.packb(dict(message), use_bin_type=True)
    except (TypeError, ValueError, OverflowError) as error:
        raise FrameError(f"a frame cannot be encoded: {error}") from error
    if len(body) > MAX_FRAME:
        raise FrameError(f"a frame of {len(body)} bytes is over the bound of {MAX_FRAME}")
    return _LENGTH.pack(len(body)) + body


def send(sock: socket.socket, message: Mapping[str, Any]) -> None:
    """Sends one frame; waits as long as the socket's timeout allows. Raises ``FrameError``, ``OSError``."""
    sock.sendall(pack(message))


def read(sock: socket.socket) -> dict[str, Any] | None:
    """The next frame; None if the other end closed between two frames. Raises ``FrameError``, ``OSError``."""
    head = _exactly(sock, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if not 0 < length <= MAX_FRAME:
        raise FrameError(f"a frame of {length} bytes, the bound is {MAX_FRAME}")
    body = _exactly(sock, length)
    if body is None:
        raise FrameError("the connection ended inside a frame")
    return unpack(body)


def unpack(body: bytes) -> dict[str, Any]:
    """The map inside a frame. Raises ``FrameError`` for anything but a map with a text ``kind``."""
    try:
        message = msgpack.unpackb(
            body,
            raw=False,
            strict_map_key=True,
            max_str_len=MAX_FRAME,
            max_bin_len=MAX_FRAME,
            max_array_len=MAX_ITEMS,
            max_map_len=MAX_ITEMS,
            max_ext_len=0,
        )
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise FrameError(f"a frame cannot be decoded: {error}") from error
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise FrameError("a frame is not a map with a kind")
    return message


def _exactly(sock: socket.socket, count: int) -> bytes | None:
    """``count`` bytes; None if the other end closed before the first of them."""
    parts = bytearray()
    while len(parts) < count:
        piece = sock.recv(count - len(parts))
        if not piece:
            if parts:
                raise FrameError("the connection ended inside a frame")
            return None
        parts += piece
    return bytes(parts)
