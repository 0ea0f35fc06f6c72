"""Which headers go on, which the edge writes itself, and whom it believes: both ways through a real edge."""

from __future__ import annotations

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Request, ok

HOP_BY_HOP = ("Keep-Alive", "Proxy-Connection", "TE", "HTTP2-Settings")
CLAIMS = (
    "X-Forwarded-For: 192.0.2.1",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: other.test",
    "X-Forwarded-Port: 444",
    "X-Real-IP: 192.0.2.1",
    "X-Request-Id: theirs",
    "Forwarded: for=192.0.2.1",
)


def asked(edge: EdgeProcess, upstreams, *lines: str, defaults: str = "") -> Request:
    upstream = upstreams()
    edge.publish(f"{defaults}\nrule a {{ when any; proxy {upstream.url} }}")
    with edge.client() as client:
        assert client.get("/", "a.test:81", *lines).status == 200
    (request,) = upstream.requests
    return request


def test_hop_by_hop_fields_and_those_that_connection_names_stay(edge: EdgeProcess, upstreams) -> None:
    lines = [f"{name}: x" for name in HOP_BY_HOP]
    request = asked(
        edge,
        upstreams,
        *lines,
        "Proxy-Authorization: x",
        "Connection: X-Mine, keep-alive",
        "X-Mine: x",
        "X-Yours: y",
    )
    for name in (*HOP_BY_HOP, "Proxy-Authorization", "Connection", "X-Mine", "Upgrade"):
        assert request.all(name) == []
    assert request.header("x-yours") == b"y"


def test_connection_cannot_take_what_the_edge_writes(edge: EdgeProcess, upstreams) -> None:
    request = asked(edge, upstreams, "Connection: Host, X-Forwarded-For, X-Real-IP, Via, X-Request-Id, close")
    for name in ("Host", "X-Forwarded-For", "X-Real-IP", "Via", "X-Request-Id"):
        assert request.header(name)


def test_an_untrusted_client_is_not_believed(edge: EdgeProcess, upstreams) -> None:
    request = asked(edge, upstreams, *CLAIMS)
    said = {name: request.header(name) for name in ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto")}
    assert said == {"X-Forwarded-For": b"127.0.0.1", "X-Real-IP": b"127.0.0.1", "X-Forwarded-Proto": b"http"}
    assert request.header("X-Forwarded-Host") == request.header("Host") == b"a.test:81"
    assert request.header("X-Forwarded-Port") == str(edge.port).encode()
    assert request.header("X-Request-Id") != b"theirs"
    assert request.all("Forwarded") == [b'for=127.0.0.1;proto=http;host="a.test:81"']


@pytest.mark.parametrize("clause", ["", 'set request header "X-A" = "{path}"'])
def test_forwarded_says_the_same_whichever_way_the_head_is_written(
    edge: EdgeProcess, upstreams, clause: str
) -> None:
    upstream = upstreams()
    edge.publish(f"rule a {{ when any; proxy {upstream.url}; {clause} }}")
    with edge.client() as client:
        for _ in range(3):
            assert client.get("/", "a.test:81").status == 200
        client.send(b"POST / HTTP/1.1\r\nHost: a.test:81\r\nContent-Length: 1\r\n\r\na").response()
    for request in upstream.requests:
        assert request.all("Forwarded") == [b'for=127.0.0.1;proto=http;host="a.test:81"']


def test_a_trusted_proxy_is_believed_and_added_to_the_chain(edge: EdgeProcess, upstreams) -> None:
    request = asked(edge, upstreams, *CLAIMS, defaults='defaults { trusted_proxies ["127.0.0.1"] }')
    assert request.header("X-Forwarded-For") == b"192.0.2.1, 127.0.0.1"
    assert request.header("X-Real-IP") == b"192.0.2.1"
    assert request.header("X-Forwarded-Proto") == b"https"
    assert request.header("X-Forwarded-Host") == b"other.test"
    assert request.header("X-Forwarded-Port") == b"444"
    assert request.header("X-Request-Id") == b"theirs"
    assert request.all("Forwarded") == [b'for=192.0.2.1;proto=https;host="other.test", for=127.0.0.1']


@pytest.mark.parametrize("names", ["X-Forwarded-For", "Forwarded, X-Request-Id"])
def test_a_trusted_proxy_s_connection_takes_nothing_of_it(edge: EdgeProcess, upstreams, names: str) -> None:
    request = asked(
        edge,
        upstreams,
        *CLAIMS,
        f"Connection: {names}",
        defaults='defaults { trusted_proxies ["127.0.0.1"] }',
    )
    assert request.header("X-Forwarded-For") == b"192.0.2.1, 127.0.0.1"


def test_via_names_every_hop_and_a_loop_is_not_broken(edge: EdgeProcess, upstreams) -> None:
    request = asked(edge, upstreams, "Via: 1.0 fred, 1.1 weir", "Via: 1.1 weir")
    assert request.all("Via") == [b"1.0 fred, 1.1 weir", b"1.1 weir", b"1.1 weir"]


def test_an_answer_keeps_its_fields_but_those_of_the_connection(edge: EdgeProcess, upstreams) -> None:
    answer = ok(
        b"ok",
        b"Connection: X-Mine, keep-alive", b"X-Mine: x", b"Keep-Alive: timeout=5", b"Proxy-Connection: keep-alive",
        b"Upgrade: h2c", b"Set-Cookie: a=b", b"Set-Cookie: c=d", b"X-Yours: y", b"Server: them",
    )  # fmt: skip
    edge.publish(f"rule a {{ when any; proxy {upstreams(answer=lambda _: answer).url} }}")
    with edge.client() as client:
        response = client.get("/")
    names = [name.lower() for name, _ in response.headers]
    assert not {"x-mine", "keep-alive", "proxy-connection", "upgrade", "connection"} & set(names)
    assert response.all("set-cookie") == ["a=b", "c=d"]
    assert (response.header("x-yours"), response.header("server")) == ("y", "them")
