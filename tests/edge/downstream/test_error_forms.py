"""The forms of refusals."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from edge.answers import STATUS_OF, TITLES, Refusal, problem
from edge.downstream.error_forms import error_answer
from tests.support.in_process import InProcess

HOSTILE = "<script>alert('&\"')</script>"


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("accept", [b"", b"*/*", b"image/png", b"application/json"])
def test_programs_get_problem_json(accept: bytes) -> None:
    refusal = Refusal("no-rule", "why")
    assert error_answer(refusal, "id-1", accept) == problem(refusal, "id-1")


@pytest.mark.parametrize("code", sorted(STATUS_OF))
@pytest.mark.parametrize("accept", [b"text/html", b"text/plain"])
def test_every_code_has_every_form(code: str, accept: bytes) -> None:
    answer = error_answer(Refusal(code, "the reason"), "id-1", accept)
    headers = dict(answer.headers)
    assert answer.status == STATUS_OF[code]
    assert headers[b"Content-Type"] == accept + b"; charset=utf-8"
    assert headers[b"Cache-Control"] == b"no-store"
    assert headers[b"Vary"] == b"Accept"
    for said in (str(answer.status), code, TITLES[code], "the reason", "id-1"):
        assert said in answer.body.decode()


def test_a_page_holds_nothing_that_a_client_wrote_as_markup() -> None:
    plain = Tags(error_answer(Refusal("no-rule", "x"), "y", b"text/html").body.decode())
    answer = error_answer(Refusal("no-rule", HOSTILE), HOSTILE, b"text/html")
    page = Tags(answer.body.decode())
    assert page.seen == plain.seen
    assert page.text.count(HOSTILE) == 2
    assert b"default-src 'none'" in dict(answer.headers)[b"Content-Security-Policy"]


def test_a_page_without_a_reason_has_no_empty_line_for_it() -> None:
    assert b"<p></p>" not in error_answer(Refusal("no-rule"), "y", b"text/html").body
    assert error_answer(Refusal("no-rule"), "y", b"text/plain").body == (
        b"404 Not Found\nNo rule matches this request\nno-rule, request y\n"
    )


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("*/*", "application/problem+json"),
    ],
)
def test_a_whole_request_gets_its_form(tmp_path: Path, accept: str, content_type: str) -> None:
    edge = InProcess(tmp_path, 'rule a { when path == "/a"; respond 200 }')
    answer = edge.ask(f"GET /b HTTP/1.1\r\nHost: a.test\r\nAccept: {accept}\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert f"\r\nContent-Type: {content_type}\r\n".encode() in head
    assert b"\r\nContent-Length: %d" % len(body) in head
    assert b"no-rule" in body


def test_a_head_that_was_not_understood_gets_an_answer_all_the_same(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, "rule a { when any; respond 200 }")
    answer = edge.ask(b"GET / HTTP/1.1\r\nAccept: text/html\r\nHost : a\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "malformed-request"


def test_the_answer_to_head_has_the_length_of_the_page(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, 'rule a { when path == "/a"; respond 200 }')
    ask = "%s /b HTTP/1.1\r\nHost: a.test\r\nAccept: text/html\r\n\r\n"
    _, _, page = edge.ask((ask % "GET").encode()).partition(b"\r\n\r\n")
    head, _, body = edge.ask((ask % "HEAD").encode()).partition(b"\r\n\r\n")
    assert (head.endswith(b"Content-Length: %d" % len(page)), body) == (True, b"")
    assert json.loads(edge.ask("/b").partition(b"\r\n\r\n")[2])["status"] == 404
