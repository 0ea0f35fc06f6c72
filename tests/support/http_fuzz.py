"""Requests and answers that are made up: how they are written, cut into pieces and damaged. For the fuzz tests.

A tag is what tells one request from every other of a run; tags are never used again, so what arrives late belongs to
its own case. Damage never changes a tag: no request is turned into another one's.
"""

from __future__ import annotations

import os
import re
import socket
from itertools import count, repeat
from typing import NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("WEIR_FUZZ_EXAMPLES", "40"))
"""Of one test in one run; ``WEIR_FUZZ_EXAMPLES=20000`` for a long one."""

fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
TAG = re.compile(rb"tag-[0-9]+-[0-9]+-[0-9]+e")
RUNS = count()

MOST_WRITES = 1500
CUTS = st.lists(st.integers(1, 400), max_size=4) | st.lists(st.integers(1, 3), max_size=40) | st.none()
"""None: every byte alone, up to ``MOST_WRITES``."""

EXTENSIONS = st.sampled_from([b""] * 6 + [b";a", b";a=b", b';a="b;c"', b";" + b"x" * 40])


def long_text() -> bytes:
    """More than one read takes."""
    return b"z" * 70_000


TEXT = st.sampled_from(
    [b"hello", b"x", b"0\r\n\r\n", b"\r\n\r\n", b"5\r\nhello\r\n", b"GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden", b"\0\xff" * 20, b"y" * 300]
) | st.builds(long_text)  # fmt: skip
"""What looks like framing in a body is content all the same."""
CHUNKS = st.lists(st.tuples(TEXT, EXTENSIONS), max_size=4)
TRAILERS = st.lists(st.sampled_from([b"X-T: v", b"X-Sum: 1", b"x-t:", b"Host: b.test"]), max_size=2)
BYTES = st.sampled_from([*b"\r\n\0 \t:;,x0", 0x0B, 0xFF])
CHANGES = st.lists(st.tuples(st.integers(0, 2000), BYTES), max_size=3)


class Chunked(NamedTuple):
    """A body in chunks, with extensions and trailers."""

    chunks: list[tuple[bytes, bytes]]
    trailers: list[bytes]

    @property
    def content(self) -> bytes:
        return b"".join(data for data, _ in self.chunks)

    @property
    def wire(self) -> bytes:
        chunks = [b"%x%b\r\n%b\r\n" % (len(data), extension, data) for data, extension in self.chunks]
        return b"".join(chunks) + b"0\r\n" + b"".join(line + b"\r\n" for line in self.trailers) + b"\r\n"


CHUNKED = st.builds(Chunked, CHUNKS, TRAILERS)


def damage(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    """Each change puts a byte in the place of another."""
    mutable = bytearray(data)
    for place, byte in changes:
        at = place % len(mutable)
        if not any(found.start() <= at < found.end() for found in TAG.finditer(data)):
            mutable[at] = byte
    return bytes(mutable)


def send_cut(sock: socket.socket, data: bytes, cuts: list[int] | None) -> None:
    """In as many writes as there are cuts, and one; an end that is closed already takes no more."""
    at = 0
    try:
        for cut in repeat(1, MOST_WRITES) if cuts is None else cuts:
            if at >= len(data):
                return
            sock.sendall(data[at : at + cut])
            at += cut
        sock.sendall(data[at:])
    except OSError:
        return
