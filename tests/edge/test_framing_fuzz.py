"""Sequences of requests, whole or damaged, cut anywhere, through a real edge on several connections at once.

Whatever the bytes are: the upstream sees no request that was not sent, no client gets another's answer, and no pooled
connection is left in a state that harms the next request. What is whole gets through, each request once and in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.edge_process import EdgeProcess
from tests.support.http_fuzz import CHANGES, CHUNKED, CUTS, RUNS, TAG, TEXT, Chunked, damage, fuzz, send_cut
from tests.support.raw_client import RawClient
from tests.support.upstream import Peer, Upstream, ok


class Made(NamedTuple):
    """A request as somebody may write it, right or wrong."""

    method: bytes
    headers: list[bytes]
    body: bytes
    end: bytes = b"\r\n"
    early: bool = False
    """The upstream answers before it has read the body."""

    def written(self, tag: bytes) -> bytes:
        path = tag + (b"/early" if self.early else b"")
        lines = [b"%b /%b HTTP/1.1" % (self.method, path), b"Host: a.test", *self.headers]
        return self.end.join(lines) + self.end + self.end + self.body


class Whole(NamedTuple):
    """A request that is right."""

    method: bytes
    body: bytes | Chunked | None
    expects: bool

    def made(self) -> Made:
        headers, body = [], b""
        if isinstance(self.body, Chunked):
            headers, body = [b"Transfer-Encoding: chunked"], self.body.wire
            headers += [b"Trailer: X-T"] if self.body.trailers else []
        elif self.body is not None:
            headers, body = [b"Content-Length: %d" % len(self.body)], self.body
        return Made(self.method, headers + [b"Expect: 100-continue"] * self.expects, body)

    @property
    def content(self) -> bytes:
        return self.body.content if isinstance(self.body, Chunked) else self.body or b""


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
MADE = st.builds(Made, METHODS, st.lists(HEADERS, max_size=4), BODIES, LINE_ENDS, st.booleans())
WHOLE = st.builds(Whole, METHODS, st.none() | TEXT | CHUNKED, st.booleans())
NEARLY_WHOLE = WHOLE.filter(lambda whole: b"HTTP/" not in whole.content).map(Whole.made)
"""Without what would be a request of its own if the framing around it were damaged."""
LAST = Made(b"GET", [b"Connection: close"], b"")
SEQUENCES = st.lists(
    st.tuples(st.lists(MADE | NEARLY_WHOLE, min_size=1, max_size=4), CHANGES), min_size=1, max_size=3
)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()

    def answer(request_line: bytes) -> bytes:
        found = TAG.search(request_line)
        tag = found[0] if found else b"none"
        return ok(b"" if request_line.startswith(b"HEAD") else b"<%b>" % tag, b"X-Tag: " + tag)

    def script(peer: Peer) -> None:
        while True:
            head = peer.read_until(b"\r\n\r\n")
            line = head.split(b"\r\n")[0]
            early = b"/early " in line
            if early:
                peer.send(answer(line))
            peer._taken -= len(head)
            request = peer.read_request()
            upstream.requests.append(request)
            if not early:
                peer.send(answer(line))

    upstream.script = script
    yield upstream.start()
    upstream.stop()


def edge_for(upstream: Upstream, folder: Path, **options: float) -> Iterator[EdgeProcess]:
    edge = EdgeProcess(folder, f"rule all {{ when any; proxy {upstream.url} }}", **options)
    yield edge
    edge.stop()


@pytest.fixture(scope="module")
def edge(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    """Damage often makes it wait for what never comes; not for long here."""
    folder = tmp_path_factory.mktemp("edge")
    yield from edge_for(upstream, folder, body_timeout_s=0.5, head_timeout_s=0.5, keep_alive_s=2.0)


@pytest.fixture(scope="module")
def patient(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    yield from edge_for(upstream, tmp_path_factory.mktemp("patient"))


def tags_of(run: int, number: int, count: int) -> list[bytes]:
    return [b"tag-%d-%d-%de" % (run, number, place) for place in range(count)]


@fuzz
@given(sequences=SEQUENCES, cuts=CUTS)
def test_no_request_and_no_answer_is_one_too_many(
    edge: EdgeProcess,
    upstream: Upstream,
    sequences: list[tuple[list[Made], list[tuple[int, int]]]],
    cuts: list[int] | None,
) -> None:
    upstream.forget()
    run = next(RUNS)
    sent: list[list[bytes]] = []
    clients: list[RawClient] = []
    for number, (requests, changes) in enumerate(sequences):
        tags = tags_of(run, number, len(requests) + 1)
        sent.append(tags)
        written = b"".join(map(Made.written, requests, tags))
        clients.append(edge.client())
        send_cut(clients[-1].sock, damage(written, changes) + LAST.written(tags[-1]), cuts)
    for number, client in enumerate(clients):
        answer = client.rest()
        client.sock.close()
        assert set(TAG.findall(answer)) <= set(sent[number]), "an answer went to another client"
        assert answer.count(b"HTTP/1.1 200") <= len(sent[number])
    check_upstream(edge, upstream, run)


@fuzz
@given(requests=st.lists(WHOLE, min_size=1, max_size=5), early=st.booleans(), cuts=CUTS)
def test_what_is_whole_gets_through_once_and_in_order(
    patient: EdgeProcess, upstream: Upstream, requests: list[Whole], early: bool, cuts: list[int] | None
) -> None:
    upstream.forget()
    run = next(RUNS)
    tags = tags_of(run, 0, len(requests))
    made = [request.made() for request in requests]
    made[-1] = made[-1]._replace(early=early)
    with patient.client() as client:
        send_cut(client.sock, b"".join(map(Made.written, made, tags)), cuts)
        for request, tag in zip(requests, tags, strict=True):
            answer = client.response(request.method.decode())
            while answer.status == 100:
                answer = client.response(request.method.decode())
            assert (answer.status, answer.header("x-tag")) == (200, tag.decode())
    complete = requests[:-1] if early else requests
    assert [request.body for request in upstream.requests][: len(complete)] == [
        request.content for request in complete
    ]
    check_upstream(patient, upstream, run)


def check_upstream(edge: EdgeProcess, upstream: Upstream, run: int) -> None:
    """What it saw was sent, once each; connections that were kept carry the next requests as they should."""
    seen = [found for request in upstream.requests for found in TAG.findall(request.line)]
    assert len(seen) == len(upstream.requests), "the upstream saw a request that nobody sent"
    assert len(set(seen)) == len(seen), "the upstream saw a request twice"
    assert _tagged(run, seen), "the upstream saw a request of another run"
    with edge.client() as client:
        probes = [client.get(f"/tag-{run}-9-{number}e").body for number in range(4)]
    assert probes == [b"<tag-%d-9-%de>" % (run, number) for number in range(4)], (
        "a pooled connection was poisoned"
    )


def _tagged(run: int, seen: list[bytes]) -> bool:
    """Requests of earlier runs may come late; those of later ones do not exist."""
    return all(int(tag.split(b"-")[1]) <= run for tag in seen)
