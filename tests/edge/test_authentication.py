"""What the upstream sees of who called and of what was shown, through a real edge and a scripted agent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.link.credential_words import CREDENTIALS
from tests.support.credentials import Credentials, name_of, request
from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Request, Upstream
from tests.support.wait import wait_until

RULES = """
upstream service {{ target {target} }}
group all {{
    proxy service
    rule open {{ when path under "/open" }}
    rule key {{ when path under "/key"; require key }}
    rule kept {{ when path under "/kept"; require key(query: "k", keep: "yes") }}
    rule query {{ when path under "/query"; require key(query: "k") }}
    rule anonymous {{ when path under "/anonymous"; require key or anonymous }}
    rule edited {{
        when path under "/edited"; require key
        set request header "X-User" = "{{consumer}}"
        remove request header "X-Weir-Scopes"
    }}
}}
"""


class World:
    def __init__(self, edge: EdgeProcess, upstream: Upstream, credentials: Credentials) -> None:
        self.edge, self.upstream, self.credentials = edge, upstream, credentials

    def sent(self, data: bytes, status: int = 200) -> Request:
        """What the upstream got of this request."""
        self.upstream.forget()
        with self.edge.client() as client:
            assert client.send(data).response().status == status
        (found,) = self.upstream.requests
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    upstream = Upstream().start()
    edge = EdgeProcess(tmp_path_factory.mktemp("auth"), RULES.format(target=upstream.url))
    yield World(edge, upstream, edge.credentials)
    edge.stop()
    upstream.stop()


def identity(found: Request) -> dict[bytes, bytes]:
    """All that has to do with who called, whatever its spelling."""
    return {
        name: value
        for name, value in found.headers
        if name.lower().replace(b"_", b"-").startswith(b"x-weir-")
    }


FORGED = [
    ("X-Weir-Consumer: admin",),
    ("x-weir-consumer: admin",),
    ("X-WEIR-CONSUMER: admin",),
    ("X_Weir_Consumer: admin",),
    ("x-weir_consumer: admin",),
    ("X_WEIR-Scopes: all",),
    ("X-Weir-Scopes: all", "X-Weir-Scopes: more"),
    ("X-Weir-Subject: root", "X-Weir-Client: app", "X-Weir-Credential: id"),
    ("X-Weir-Consumer: admin", "Connection: X-Weir-Consumer"),
    ("X-Weir-Consumer: admin", "Connection: close, x_weir_consumer"),
    ("Connection: X-Weir-Consumer, X-Weir-Scopes, X-Weir-Credential",),
    ("X-Weir-Mirror: 1",),
    ("X-Weir-Anything-Else: 1",),
    ("X-Weir-" + "A" * 80 + ": 1",),
    ("X-Weir-: 1",),
]


@pytest.mark.parametrize("path", ["/open", "/anonymous"])
@pytest.mark.parametrize("fields", FORGED, ids=lambda fields: fields[0][:40])
def test_clients_cannot_say_who_they_are(world: World, path: str, fields: tuple[str, ...]) -> None:
    assert identity(world.sent(request(path, *fields))) == {}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("fields", FORGED, ids=lambda fields: fields[0][:40])
def test_beside_a_credential_only_the_edge_says_who_calls(
    world: World, fields: tuple[str, ...], method: str
) -> None:
    key = world.credentials.key(scopes=("a", "b"))
    body = b"x" if method == "POST" else b""
    found = world.sent(request("/key", *fields, f"X-API-Key: {key}", method=method, body=body))
    assert identity(found) == {
        b"X-Weir-Consumer": b"acme",
        b"X-Weir-Scopes": b"a b",
        b"X-Weir-Credential": key.split("_")[1].encode(),
    }


def test_trailers_cannot_say_it_either(world: World) -> None:
    key = world.credentials.key()
    head = request(
        "/key",
        f"X-API-Key: {key}",
        "Transfer-Encoding: chunked",
        "Trailer: X-Weir-Consumer, X-Kept",
        method="POST",
    )
    tail = b"1\r\nx\r\n0\r\nX-Weir-Consumer: admin\r\nx_weir_scopes: all\r\nX-Kept: 1\r\n\r\n"
    found = world.sent(head + tail)
    assert identity(found)[b"X-Weir-Consumer"] == b"acme"
    received = world.upstream.received.lower().replace(b"_", b"-")
    assert received.count(b"x-weir-consumer") == 1
    assert b"x-weir-scopes" not in received
    assert b"x-kept: 1" in received


def test_a_head_that_came_before_says_the_same(world: World) -> None:
    """Whatever is remembered of it: who calls is told, what was shown is not."""
    keys = {name: world.credentials.key(name) for name in ("acme", "other")}
    for _ in range(5):
        for name, key in keys.items():
            for path in ("/key", "/key/1?x=2"):
                found = world.sent(request(path, f"X-API-Key: {key}", "X-Weir-Consumer: admin"))
                assert found.header("X-Weir-Consumer") == name.encode()
                assert found.header("X-API-Key") is None
        assert identity(world.sent(request("/open", "X-API-Key: mine"))) == {}


@pytest.mark.parametrize(
    ("path", "field", "is_kept"),
    [
        ("/key", "Authorization: Bearer {}", False),
        ("/key", "X-API-Key: {}", False),
        ("/anonymous", "X-API-Key: {}", False),
        ("/kept", "X-API-Key: {}", True),
        ("/kept", "Authorization: Bearer {}", True),
    ],
)
def test_the_upstream_sees_a_key_only_where_the_rule_says_so(
    world: World, path: str, field: str, is_kept: bool
) -> None:
    key = world.credentials.key()
    for _ in range(4):
        world.sent(request(path, field.format(key)))
        assert (key.encode() in world.upstream.received) is is_kept


def test_an_authorization_that_is_no_key_is_the_upstreams(world: World) -> None:
    key = world.credentials.key()
    found = world.sent(request("/key", f"X-API-Key: {key}", "Authorization: Basic eDp5"))
    assert found.header("Authorization") == b"Basic eDp5"


def test_a_key_in_the_query_is_taken_out_of_it(world: World) -> None:
    key = world.credentials.key()
    for _ in range(4):
        assert world.sent(request(f"/query?a=%2F&k={key}&b")).line == b"GET /query?a=%2F&b HTTP/1.1"
        assert world.sent(request(f"/query?k={key}")).line == b"GET /query HTTP/1.1"
        assert world.sent(request(f"/kept?k={key}")).line == f"GET /kept?k={key} HTTP/1.1".encode()


def test_a_rule_may_tell_it_in_its_own_words(world: World) -> None:
    key = world.credentials.key(scopes=("a",))
    for _ in range(4):
        found = world.sent(request("/edited", f"X-API-Key: {key}", "X-User: admin"))
        assert found.header("X-User") == b"acme"
        assert found.header("X-Weir-Scopes") is None
        assert found.header("X-Weir-Consumer") == b"acme"


def test_who_is_nobody_in_particular_is_told_as_nobody(world: World) -> None:
    assert identity(world.sent(request("/anonymous"))) == {}


def test_a_credential_is_asked_for_once_and_dropped_by_its_word(world: World) -> None:
    key = world.credentials.key()
    asked = len(world.credentials.asked)
    for path in ("/key", "/key/1", "/kept", "/anonymous"):
        world.sent(request(path, f"X-API-Key: {key}"))
    assert len(world.credentials.asked) == asked + 1
    del world.credentials.known[name_of(key)]
    world.edge.agent.announce(CREDENTIALS, world.credentials.drop(name_of(key)))

    def is_refused() -> bool:
        with world.edge.client() as client:
            return client.get("/key", "a.test", f"X-API-Key: {key}").status == 401

    wait_until(is_refused, what="the revoked key is refused")


def test_a_refused_request_never_reaches_the_upstream(world: World) -> None:
    world.upstream.forget()
    with world.edge.client() as client:
        client.send(request("/key", "X-API-Key: wrong", method="POST", body=b"x" * 100))
        answer = client.response()
    assert answer.status == 401
    assert answer.all("WWW-Authenticate")
    assert world.upstream.requests == []
