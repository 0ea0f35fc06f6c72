"""Every case of the corpus against a real edge between raw sockets; see README.md for the format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.raw_client import RawClient, Response
from tests.support.upstream import Peer, Upstream, ok
from tests.support.wait import wait_until

HERE = Path(__file__).parent
GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


def cases(kind: str) -> list[str]:
    return sorted(path.stem for path in (HERE / kind).glob("*.raw"))


def statements(kind: str, name: str) -> list[tuple[str, str]]:
    lines = (HERE / kind / f"{name}.expect").read_text().splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines) if word != "#"]


def unescape(text: str) -> bytes:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


class Conversation:
    """Responses of the edge on one connection, with their heads as bytes."""

    def __init__(self, client: RawClient, method: str = "GET") -> None:
        self.client = client
        self.method = method
        self.responses: list[Response] = []

    def next(self) -> Response:
        self.responses.append(self.client.response(self.method))
        return self.responses[-1]

    @property
    def heads(self) -> bytes:
        return b"\r\n".join(
            f"{name}: {value}".encode("latin-1") for each in self.responses for name, value in each.headers
        )


def check_common(conversation: Conversation, word: str, rest: str) -> bool:
    """Statements that both directions know; whether this was one."""
    if word == "status":
        status, _, code = rest.partition(" ")
        response = conversation.next()
        assert response.status == int(status), response
        if code:
            assert json.loads(response.body)["code"] == code
    elif word == "answer-has":
        assert unescape(rest) in conversation.heads
    elif word == "answer-lacks":
        assert unescape(rest) not in conversation.heads
    else:
        return False
    return True


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream().start()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def edge(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    edge = EdgeProcess(tmp_path_factory.mktemp("edge"), f"rule all {{ when any; proxy {upstream.url} }}")
    yield edge
    edge.stop()


class TestRequests:
    @pytest.mark.parametrize("name", cases("request"))
    def test_a_request_of_the_corpus_has_its_outcome(
        self, name: str, edge: EdgeProcess, upstream: Upstream
    ) -> None:
        upstream.forget()
        with edge.client() as client:
            client.send((HERE / "request" / f"{name}.raw").read_bytes())
            conversation = Conversation(client)
            expected = statements("request", name)
            for word, rest in expected:
                if not check_common(conversation, word, rest):
                    self.check(client, upstream, word, rest)
            self.check_request_lines(upstream, [rest for word, rest in expected if word == "upstream"])

    def check(self, client: RawClient, upstream: Upstream, word: str, rest: str) -> None:
        if word == "closed":
            assert client.is_closed()
        elif word == "open":
            assert client.get("/still-open", "probe.test").status == 200
        elif word == "upstream-has":
            assert unescape(rest) in upstream.received
        elif word == "upstream-lacks":
            assert unescape(rest) not in upstream.received
        else:
            assert word == "upstream", f"unknown statement {word!r}"

    def check_request_lines(self, upstream: Upstream, expected: list[str]) -> None:
        lines = [request.line.decode("latin-1") for request in upstream.requests]
        if expected == ["nothing"]:
            assert [line for line in lines if "/still-open" not in line] == []
        elif expected:
            wanted = [f"{line} HTTP/1.1" for line in expected]
            assert [line for line in lines if "/still-open" not in line] == wanted


@pytest.fixture(scope="module")
def response_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    edge = EdgeProcess(tmp_path_factory.mktemp("edge"), 'rule none { when any; respond 404 "" }')
    yield edge
    edge.stop()


@pytest.fixture(scope="module")
def upstreams(response_edge: EdgeProcess) -> Iterator[dict[str, Upstream]]:
    """One for each case, and one rule for each, so that no case sees another's connections."""
    each = {name: upstream_of(name) for name in cases("response")}
    response_edge.publish(
        "\n".join(
            f'rule r{number} {{ when host == "{name}.test"; proxy {upstream.url} }}'
            for number, (name, upstream) in enumerate(each.items())
        )
    )
    yield each
    for upstream in each.values():
        upstream.stop()


def upstream_of(name: str) -> Upstream:
    answer = (HERE / "response" / f"{name}.raw").read_bytes()
    keeps = ("pool", "1") in statements("response", name)

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(answer)
        if keeps:
            peer.read_request()
            peer.send(ok(b"second"))
            peer.read_to_end()

    return Upstream(script=script).start()


class TestResponses:
    @pytest.mark.parametrize("name", cases("response"))
    def test_a_response_of_the_corpus_has_its_outcome(
        self, name: str, response_edge: EdgeProcess, upstreams: dict[str, Upstream]
    ) -> None:
        path = HERE / "response" / f"{name}.request"
        request = path.read_bytes() if path.exists() else GET
        with response_edge.client() as client:
            client.send(request.replace(b"a.test", f"{name}.test".encode()))
            conversation = Conversation(client, request.split(b" ")[0].decode())
            for word, rest in statements("response", name):
                if not check_common(conversation, word, rest):
                    self.check(response_edge, upstreams[name], conversation.responses[-1], name, word, rest)

    def check(
        self, edge: EdgeProcess, upstream: Upstream, response: Response, name: str, word: str, rest: str
    ) -> None:
        if word == "body":
            assert (response.clean, response.body) == (True, unescape(rest))
        elif word == "truncated":
            assert (response.clean, response.body) == (False, unescape(rest))
        elif word == "pool":
            self.check_pool(edge, upstream, name, int(rest))
        else:
            raise AssertionError(f"unknown statement {word!r}")

    def check_pool(self, edge: EdgeProcess, upstream: Upstream, name: str, kept: int) -> None:
        connections = len(upstream.peers)
        with edge.client() as client:
            client.send(GET.replace(b"a.test", f"{name}.test".encode()))
            wait_until(
                lambda: (
                    len(upstream.peers) > connections or upstream.peers[-1].received.count(b" / HTTP/1.1") > 1
                ),
                what="the second request reaches the upstream",
            )
        assert len(upstream.peers) == connections + (0 if kept else 1)
