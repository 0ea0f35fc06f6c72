"""Sequences of requests, damaged and cut anywhere, through a real edge on several connections at once.

Whatever the bytes are: the upstream sees no request that was not sent, no client gets another's answer, and no pooled
connection is left in a state that harms the next request.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.edge_process import EdgeProcess
from tests.support.raw_client import RawClient
from tests.support.upstream import Request, Upstream, ok

Made = tuple[bytes, list[bytes], bytes, bytes]
"""Method, header lines, body, line end."""
EXAMPLES = int(os.environ.get("WEIR_FUZZ_EXAMPLES", "40"))
"""Of one run; ``WEIR_FUZZ_EXAMPLES=20000`` for a long one."""

fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
TAG = re.compile(rb"tag-[0-9]+-[0-9]+-[0-9]+")
RUNS = count()
"""Tags are never used again: what reaches the upstream late belongs to its own run."""

HEADERS = st.sampled_from(
    [
        b"Content-Length: 5", b"Content-Length: 0", b"Content-Length:5", b"Content-Length : 5", b"content-length: 05",
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding:\tchunked",
        b"Transfer_Encoding: chunked", b"Transfer-Encoding: identity", b"Expect: 100-continue", b"Connection: close",
        b"Connection: keep-alive", b"Connection: Content-Length", b"Upgrade: websocket", b"Connection: upgrade",
        b"X: a\r\n b", b"X: a\nContent-Length: 5", b"TE: trailers", b"Trailer: X-T", b"Host: b.test",
    ]
)  # fmt: skip
BODIES = st.sampled_from(
    [
        b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"0\r\n\r\n", b"0\r\nX-T: v\r\n\r\n", b"5;a=b\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"\r\n\r\n", b"05\r\nhello\r\n00\r\n\r\n",
        b"5\r\nhelloX0\r\n",
    ]
)  # fmt: skip
METHODS = st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"DELETE"])
LINE_ENDS = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r", b"\r\r\n"])
LAST = (b"GET", [b"Connection: close"], b"", b"\r\n")
MADE = st.tuples(METHODS, st.lists(HEADERS, max_size=4), BODIES, LINE_ENDS)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    def echo(request: Request) -> bytes:
        found = TAG.search(request.line)
        tag = found[0] if found else b"none"
        return ok(b"" if request.line.startswith(b"HEAD") else b"<%b>" % tag, b"X-Tag: " + tag)

    upstream = Upstream(answer=echo).start()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def edge(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    rules = f"rule all {{ when any; proxy {upstream.url} }}"
    edge = EdgeProcess(
        tmp_path_factory.mktemp("edge"), rules, body_timeout_s=0.3, head_timeout_s=0.3, keep_alive_s=0.3
    )
    yield edge
    edge.stop()


def written(tag: bytes, made: Made) -> bytes:
    method, headers, body, end = made
    lines = [b"%b /%b HTTP/1.1" % (method, tag), b"Host: a.test", *headers]
    return end.join(lines) + end + end + body


def damage(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    """Each change puts a byte in the place of another; a tag is never made out of another's."""
    mutable = bytearray(data)
    for place, byte in changes:
        at = place % len(mutable)
        if not any(found.start() <= at < found.end() for found in TAG.finditer(data)):
            mutable[at] = byte
    return bytes(mutable)


BYTES = st.sampled_from([*b"\r\n\0 \t:;,x0", 0x0B, 0xFF])
CHANGES = st.lists(st.tuples(st.integers(0, 2000), BYTES), max_size=3)
SEQUENCES = st.lists(st.tuples(st.lists(MADE, min_size=1, max_size=4), CHANGES), min_size=1, max_size=3)


@fuzz
@given(sequences=SEQUENCES, cuts=st.lists(st.integers(1, 400), max_size=4))
def test_no_request_and_no_answer_is_one_too_many(
    edge: EdgeProcess,
    upstream: Upstream,
    sequences: list[tuple[list[Made], list[tuple[int, int]]]],
    cuts: list[int],
) -> None:
    upstream.forget()
    run = next(RUNS)
    sent: list[list[bytes]] = []
    clients: list[RawClient] = []
    for number, (requests, changes) in enumerate(sequences):
        tags = [b"tag-%d-%d-%d" % (run, number, place) for place in range(len(requests) + 1)]
        sent.append(tags)
        data = damage(b"".join(map(written, tags, requests)), changes) + written(tags[-1], LAST)
        clients.append(edge.client())
        _send_cut(clients[-1], data, cuts)
    for number, client in enumerate(clients):
        answer = client.rest()
        client.sock.close()
        assert set(TAG.findall(answer)) <= set(sent[number]), "an answer went to another client"
        assert answer.count(b"HTTP/1.1 200") <= len(sent[number])
    seen = [found for request in upstream.requests for found in TAG.findall(request.line)]
    assert len(seen) == len(upstream.requests), "the upstream saw a request that nobody sent"
    assert len(set(seen)) == len(seen), "the upstream saw a request twice"
    with edge.client() as client:
        probes = [client.get(f"/tag-{run}-9-{number}").body for number in range(4)]
    assert probes == [b"<tag-%d-9-%d>" % (run, number) for number in range(4)], (
        "a pooled connection was poisoned"
    )


def _send_cut(client: RawClient, data: bytes, cuts: list[int]) -> None:
    """An edge that closed already takes no more."""
    try:
        for cut in cuts:
            client.send(data[:cut])
            data = data[cut:]
        client.send(data)
    except OSError:
        return
