"""Requests of scripts, through a real edge."""

from __future__ import annotations

from tests.support.edge_process import EdgeProcess
from tests.support.upstream import ok

APP = "Origin: https://app.test"
CORS = 'cors { origins ["https://app.test"]; methods ["PUT"]; headers ["X-A"]; max_age 10m }'
PREFLIGHT = (
    b"OPTIONS /a HTTP/1.1\r\nHost: a.test\r\nOrigin: %b\r\n"
    b"Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n\r\n"
)


def test_a_preflight_is_answered_by_the_edge(edge: EdgeProcess, upstreams) -> None:
    upstream = upstreams()
    edge.publish(f"rule a {{ when any; {CORS}; proxy {upstream.url} }}")
    with edge.client() as client:
        response = client.send(PREFLIGHT % b"https://app.test").response()
        assert response.status == 204
        assert response.header("access-control-allow-origin") == "https://app.test"
        assert response.header("access-control-allow-methods") == "PUT"
        assert response.header("access-control-allow-headers") == "X-A"
        assert response.header("access-control-max-age") == "600"
        assert response.header("vary") == "Origin"
        assert response.header("content-length") is None
        response = client.send(PREFLIGHT % b"https://evil.test").response()
        assert response.status == 204
        assert response.header("access-control-allow-origin") is None
        assert response.header("vary") == "Origin"
    assert upstream.requests == []


def test_a_plain_request_reaches_the_upstream_whatever_its_origin(edge: EdgeProcess, upstreams) -> None:
    upstream = upstreams(
        answer=lambda _request: ok(b"ok", b"Access-Control-Allow-Origin: *", b"Vary: Accept")
    )
    edge.publish(f"rule a {{ when any; {CORS}; proxy {upstream.url} }}")
    with edge.client() as client:
        allowed = client.get("/", "a.test", APP)
        assert allowed.body == b"ok"
        assert allowed.all("access-control-allow-origin") == ["https://app.test"]
        assert allowed.all("vary") == ["Accept", "Origin"]
        other = client.get("/", "a.test", "Origin: https://evil.test")
        assert (other.status, other.body) == (200, b"ok")
        assert other.header("access-control-allow-origin") is None
        assert client.get("/").header("access-control-allow-origin") is None
    assert [request.header("origin") for request in upstream.requests] == [
        b"https://app.test",
        b"https://evil.test",
        None,
    ]


def test_other_options_requests_go_to_the_upstream(edge: EdgeProcess, upstreams) -> None:
    upstream = upstreams(answer=lambda _request: ok(b"", b"Allow: GET"))
    edge.publish(f"rule a {{ when any; {CORS}; proxy {upstream.url} }}")
    with edge.client() as client:
        response = client.send(b"OPTIONS /a HTTP/1.1\r\nHost: a.test\r\n\r\n").response()
    assert response.header("allow") == "GET"
    assert len(upstream.requests) == 1


def test_without_the_clause_preflights_and_fields_pass(edge: EdgeProcess, upstreams) -> None:
    upstream = upstreams(answer=lambda _request: ok(b"", b"Access-Control-Allow-Origin: *"))
    edge.publish(f"rule a {{ when any; proxy {upstream.url} }}")
    with edge.client() as client:
        response = client.send(PREFLIGHT % b"https://app.test").response()
    assert response.header("access-control-allow-origin") == "*"
    assert len(upstream.requests) == 1


def test_scripts_may_read_refusals_and_answers_of_the_rule(edge: EdgeProcess) -> None:
    edge.publish(
        f'group g {{ {CORS}; rule r {{ when path == "/r"; respond 200 "ok" }}\n'
        'rule d { when path == "/d"; deny ip "127.0.0.1"; respond 200 "never" } }'
    )
    with edge.client() as client:
        for path, status in (("/r", 200), ("/d", 403)):
            response = client.get(path, "a.test", APP)
            assert (response.status, response.header("access-control-allow-origin")) == (
                status,
                "https://app.test",
            )


def test_an_edit_of_the_rule_has_the_last_word(edge: EdgeProcess) -> None:
    edge.publish(
        f'rule a {{ when any; {CORS}; set response header "Access-Control-Allow-Origin" = "x"; respond 200 }}'
    )
    with edge.client() as client:
        assert client.get("/", "a.test", APP).all("access-control-allow-origin") == ["x"]
