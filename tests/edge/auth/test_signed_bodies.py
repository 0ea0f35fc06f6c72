"""Bodies of signed requests that come piece by piece: an upstream never gets one to its end that was not signed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.raw_client import RawClient, Response
from tests.support.signed import ASKED, SignedRequest, digest_of
from tests.support.upstream import Peer, Upstream, ok
from tests.support.wait import wait_until

BODY = bytes(range(256)) * 400
WRONG = BODY[:-1] + b"?"
POSTED = SignedRequest(method="POST", target="/orders", body=BODY)
CHUNKED = SignedRequest(
    method="POST",
    target="/orders",
    fields=(("Transfer-Encoding", "chunked"), ("Content-Digest", digest_of(BODY))),
    covered=(*ASKED, "content-digest"),
)

Upstreams = Callable[..., Upstream]


@pytest.fixture(autouse=True)
def credentials(edge: EdgeProcess) -> None:
    """The key of alice is known."""
    edge.credentials.hmac_key()


@pytest.fixture
def upstream(edge: EdgeProcess, upstreams: Upstreams) -> Upstream:
    """Behind a rule that asks for a signature. It answers with the length of what it got."""
    made = upstreams(answer=lambda request: ok(b"%d" % len(request.body)))
    edge.publish(f"rule a {{ when any; require hmac; proxy {made.url} }}")
    return made


def _begin(edge: EdgeProcess, upstream: Upstream, request: SignedRequest = POSTED) -> RawClient:
    """Sends the head; the upstream has it too."""
    client = edge.client().send(request.head())
    wait_until(lambda: b"\r\n\r\n" in upstream.received, what="the head arrives at the upstream")
    return client


def _chunks(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


def _code(response: Response) -> str:
    assert response.status == 401
    assert response.header(
        "www-authenticate",
    ).startswith("Signature ")  # type: ignore[union-attr]
    return str(json.loads(response.body)["code"])


def test_the_body_that_was_signed_arrives_whole(edge: EdgeProcess, upstream: Upstream) -> None:
    with _begin(edge, upstream) as client:
        for start in range(0, len(BODY), 10_000):
            client.send(BODY[start : start + 10_000])
        assert client.response().body == b"%d" % len(BODY)
    assert upstream.requests[0].body == BODY


def test_a_body_is_not_collected(edge: EdgeProcess, upstream: Upstream) -> None:
    with _begin(edge, upstream) as client:
        client.send(BODY[:50_000])
        wait_until(
            lambda: BODY[:50_000] in upstream.received,
            what="the first half goes on before the second is sent",
        )
        assert client.send(BODY[50_000:]).response().status == 200


def test_another_body_never_ends_at_the_upstream(edge: EdgeProcess, upstream: Upstream) -> None:
    with _begin(edge, upstream) as client:
        client.send(WRONG[:50_000])
        wait_until(lambda: WRONG[:50_000] in upstream.received, what="the first half goes on")
        client.send(WRONG[50_000:])
        assert _code(client.response()) == "credential-invalid"
        assert client.send(SignedRequest().wire()).response().status == 200, "the connection goes on"
    assert [request.line for request in upstream.requests] == [b"GET /orders?page=2 HTTP/1.1"]
    head, _, body = upstream.peers[0].received.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(BODY) in head
    assert len(body) < len(BODY)


def test_another_chunked_body_never_ends_at_the_upstream(edge: EdgeProcess, upstream: Upstream) -> None:
    with _begin(edge, upstream, CHUNKED) as client:
        client.send(_chunks(WRONG))
        wait_until(lambda: upstream.received.endswith(b"?\r\n"), what="all of it goes on, but the end")
        assert _code(client.send(b"0\r\n\r\n").response()) == "credential-invalid"
    assert upstream.requests == []
    assert b"\r\n0\r\n" not in upstream.received


def test_a_chunked_body_that_was_signed(edge: EdgeProcess, upstream: Upstream) -> None:
    with _begin(edge, upstream, CHUNKED) as client:
        client.send(_chunks(BODY[:77]))
        assert client.send(_chunks(BODY[77:]) + b"0\r\n\r\n").response().body == b"%d" % len(BODY)


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"1\r\nx\r\n0\r\n\r\n"])
def test_a_body_that_ends_early_or_late(edge: EdgeProcess, upstream: Upstream, end: bytes) -> None:
    body = BODY if end.startswith(b"1") else BODY[:-1]
    with _begin(edge, upstream, CHUNKED) as client:
        assert _code(client.send(_chunks(body) + end).response()) == "credential-invalid"
    assert upstream.requests == []


def test_an_empty_body_where_another_was_signed(edge: EdgeProcess, upstream: Upstream) -> None:
    with _begin(edge, upstream, CHUNKED) as client:
        assert _code(client.send(b"0\r\n\r\n").response()) == "credential-invalid"
    assert upstream.requests == []


def test_what_came_with_the_head_is_checked_before_any_upstream_is_asked(
    edge: EdgeProcess, upstream: Upstream
) -> None:
    short = SignedRequest(method="POST", body=b"short")
    with edge.client() as client:
        assert _code(client.send(short.but_sends(body=b"shirt").wire()).response()) == "credential-invalid"
        assert client.send(short.wire()).response().status == 200
    assert [request.body for request in upstream.requests] == [b"short"]
    assert upstream.peers[0].received.count(b"HTTP/1.1") == 1


def test_bytes_behind_the_body_are_the_next_request(edge: EdgeProcess, upstream: Upstream) -> None:
    """Nobody can lengthen a signed body by what follows it."""
    with _begin(edge, upstream) as client:
        client.send(BODY + b"GET /unsigned HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.response().status == 200
        assert client.response().status == 401
    assert len(upstream.requests) == 1


def test_a_client_that_waits_to_be_asked(edge: EdgeProcess, upstream: Upstream) -> None:
    request = SignedRequest(method="POST", body=BODY, fields=(("Expect", "100-continue"),))
    with edge.client() as client:
        assert client.send(request.head()).response().status == 100
        assert client.send(BODY).response().status == 200


def test_another_body_is_not_tried_again_and_not_copied(
    edge: EdgeProcess, upstream: Upstream, upstreams: Upstreams
) -> None:
    other = upstreams()
    edge.publish(
        f"upstream u {{ target {upstream.url}; retry 2 on connect, timeout, 502, 503 }} "
        f"rule a {{ when any; require hmac; proxy u; mirror 100% {other.url} }}"
    )
    small = SignedRequest(method="POST", body=b"x" * 1000)
    with _begin(edge, upstream, small) as client:
        assert _code(client.send(b"y" * 1000).response()) == "credential-invalid"
        assert client.send(small.wire()).response().status == 200
    wait_until(lambda: other.requests, what="the copy of the good one")
    assert [request.body for request in upstream.requests] == [small.body]
    assert [request.body for request in other.requests] == [small.body]


def test_an_upstream_that_answers_before_the_end_has_not_read_the_end(
    edge: EdgeProcess, upstreams: Upstreams
) -> None:
    """Its answer goes to the client; nothing more comes of the body."""

    def script(peer: Peer) -> None:
        peer.read_until(b"\r\n\r\n")
        peer.send(ok(b"early"))
        peer.read_to_end()

    early = upstreams(script=script)
    edge.publish(f"rule a {{ when any; require hmac; proxy {early.url} }}")
    with _begin(edge, early) as client:
        assert client.response().body == b"early"
        client.send(WRONG)
    assert WRONG not in early.received


def test_the_log_says_why(edge: EdgeProcess, upstream: Upstream) -> None:
    with _begin(edge, upstream, SignedRequest(method="POST", target="/why", body=BODY)) as client:
        client.send(WRONG).response()
    line = wait_until(
        lambda: next((line for line in edge.log() if line["path"] == "/why"), None), what="its line"
    )
    assert line is not None
    assert (line["status"], line["code"], line["consumer"]) == (401, "credential-invalid", "alice")
    assert "Content-Digest" in line["detail"]
