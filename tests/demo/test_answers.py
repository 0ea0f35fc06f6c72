import http.client
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

import pytest

from demo.answers import MAX_BODY, MAX_DELAY_MS, MAX_EVENTS, Demo, Request
from weir.processes.ports import Address


def request(path: str, method: str = "GET", query: str = "", body: bytes = b"", **headers: str) -> Request:
    return Request(method, path, parse_qs(query), list(headers.items()), BytesIO(body))


def content(path: str, query: str = "", **more: Any) -> tuple[int, Any]:
    answer = Demo(chance=lambda: 0.5).answer(request(path, query=query, **more))
    assert isinstance(answer.body, bytes)
    return answer.status, json.loads(answer.body)


def test_the_index_is_json_for_programs_and_a_page_for_browsers() -> None:
    status, found = content("/", Host="shop.example.com")
    assert (status, found["host"]) == (200, "shop.example.com")
    page = Demo(chance=lambda: 0).answer(request("/", Accept="text/html,*/*"))
    assert page.content_type.startswith("text/html")


def test_every_path_that_the_index_proposes_answers() -> None:
    _, found = content("/")
    for path in found["try_also"]:
        path, _, query = path.split(" ")[0].partition("?")
        assert Demo(chance=lambda: 0.5).answer(request(path, query=query)).status != 404


def test_an_echo_says_what_arrived() -> None:
    status, found = content("/echo/deep", query="a=1&a=2", method="POST", body=b"hi", X="y")
    assert status == 200
    assert found == {
        "method": "POST",
        "path": "/echo/deep",
        "query": {"a": ["1", "2"]},
        "headers": ["X: y"],
        "body": "hi",
        "body_bytes": 2,
    }


def test_an_echo_takes_a_body_at_the_bound_and_refuses_a_longer_one() -> None:
    assert content("/echo", method="POST", body=b"x" * MAX_BODY)[1]["body_bytes"] == MAX_BODY
    assert content("/echo", method="POST", body=b"x" * (MAX_BODY + 1))[0] == 413


def test_a_delay_is_bounded() -> None:
    assert content("/delay/1") == (200, {"delayed_ms": 1})
    status, found = content(f"/delay/{MAX_DELAY_MS + 1}")
    assert (status, found["error"]) == (400, f"the longest delay is {MAX_DELAY_MS} ms")


@pytest.mark.parametrize("code", [200, 299, 418, 599])
def test_a_final_status_is_answered(code: int) -> None:
    assert content(f"/status/{code}")[0] == code


@pytest.mark.parametrize("code", [100, 101, 199, 600, 999])
def test_any_other_status_is_refused(code: int) -> None:
    assert content(f"/status/{code}")[0] == 400


def test_flaky_fails_for_the_share_that_was_asked_for() -> None:
    assert content("/flaky", query="rate=0.5")[0] == 200
    assert content("/flaky", query="rate=0.51")[0] == 503
    assert content("/flaky")[0] == 200


@pytest.mark.parametrize("rate", ["1.1", "-1", "x", "nan", "1e3", ""])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    status, _ = content("/flaky", query=f"rate={rate}")
    assert status == (200 if rate == "" else 400)


@pytest.mark.parametrize("query", ["n=0", f"n={MAX_EVENTS + 1}", "n=x", "every=9", "every=30001"])
def test_a_stream_is_bounded(query: str) -> None:
    assert content("/stream", query=query)[0] == 400


def test_a_stream_is_numbered_events() -> None:
    answer = Demo(chance=lambda: 0).answer(request("/stream", query="n=2&every=10"))
    assert answer.content_type == "text/event-stream"
    assert isinstance(answer.body, Iterator)
    first, second = answer.body
    assert first.startswith(b'id: 1\ndata: {"number": 1, "of": 2, "time": ')
    assert second.startswith(b"id: 2\n")
    assert second.endswith(b"}\n\n")


@pytest.mark.parametrize("path", ["/x", "/status/20", "/status/2000", "/delay/x", "/delay/1234567890", "//"])
def test_nothing_else_is_there(path: str) -> None:
    assert content(path)[0] == 404


def test_over_http_headers_keep_their_order_and_duplicates(demo: Address) -> None:
    connection = http.client.HTTPConnection(*demo, timeout=30)
    connection.putrequest("GET", "/echo", skip_accept_encoding=True)
    for name, value in (("X-A", "1"), ("X-B", "2"), ("X-A", "3")):
        connection.putheader(name, value)
    connection.endheaders()
    headers = json.load(connection.getresponse())["headers"]
    assert headers == [f"Host: {demo}", "X-A: 1", "X-B: 2", "X-A: 3"]
    connection.close()


def test_over_http_a_connection_stays_open_also_after_a_head_and_a_204(demo: Address) -> None:
    connection = http.client.HTTPConnection(*demo, timeout=30)
    for method, path, status, length in (
        ("HEAD", "/", 200, 0),
        ("GET", "/status/204", 204, 0),
        ("GET", "/x", 404, 66),
    ):
        connection.request(method, path)
        response = connection.getresponse()
        assert (response.status, len(response.read())) == (status, length)
    connection.close()


def test_over_http_a_chunked_body_is_echoed(demo: Address) -> None:
    connection = http.client.HTTPConnection(*demo, timeout=30)
    connection.request("POST", "/echo", body=iter([b"ab", b"c"]), encode_chunked=True)
    assert json.load(connection.getresponse())["body"] == "abc"
    connection.close()


def test_over_http_an_event_comes_at_once_and_not_with_the_last_one(demo: Address) -> None:
    connection = http.client.HTTPConnection(*demo, timeout=30)
    connection.request("GET", "/stream?n=3600&every=30000")
    response = connection.getresponse()
    assert response.readline() == b"id: 1\n"
    connection.close()
