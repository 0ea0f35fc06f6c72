"""The plain HTTP answers. A request is a ``Request``, an answer an ``Answer``; WSGI stays at the border (``Demo``)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import parse_qs

import gevent

from demo.page import PAGE

MAX_BODY = 1024 * 1024
"""Bytes that ``/echo`` takes."""
MAX_DELAY_MS = 30_000
MAX_EVENTS = 3600
MIN_EVENT_MS = 10

JSON, TEXT = "application/json", "text/plain; charset=utf-8"


class Request(NamedTuple):
    method: str
    path: str
    query: dict[str, list[str]]
    headers: list[tuple[str, str]]
    """As they arrived, in order and with duplicates."""
    body: BinaryIO

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    def number(self, name: str, default: float) -> float:
        """A number of the query; ValueError if it is none."""
        text = self.query.get(name, [str(default)])[0]
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
            raise ValueError(f"{name} is a number, such as {default:g}")
        return float(text)


class Answer(NamedTuple):
    status: int
    body: bytes | Iterator[bytes]
    """An iterator is sent piece by piece, with chunked framing."""
    content_type: str = JSON


def as_json(code: int, /, **content: Any) -> Answer:
    return Answer(code, json.dumps(content, indent=2).encode() + b"\n")


class Demo:
    """The WSGI application. ``chance`` gives numbers in [0, 1) for ``/flaky``."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            query=parse_qs(environ["QUERY_STRING"], max_num_fields=100),
            headers=environ["demo.headers"],
            body=environ["wsgi.input"],
        )
        answer = self.answer(request)
        headers = [("Content-Type", answer.content_type), ("Server", "weir-demo")]
        whole = isinstance(answer.body, bytes)
        if isinstance(answer.body, bytes) and answer.status not in (204, 304):
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(f"{answer.status} {reason(answer.status)}", headers)
        if request.method == "HEAD" or answer.status in (204, 304):
            return []
        return [answer.body] if whole else answer.body  # type: ignore[list-item, return-value]

    def answer(self, request: Request) -> Answer:
        """The first path that fits answers."""
        for pattern, respond in (
            (r"/", index),
            (r"/echo(?:/.*)?", echo),
            (r"/delay/(\d{1,9})", delay),
            (r"/status/(\d{3})", status),
            (r"/stream", stream),
            (r"/flaky", self.flaky),
            (r"/ws", websocket_only),
        ):
            found = re.fullmatch(pattern, request.path)
            if found:
                try:
                    return respond(request, *found.groups())
                except ValueError as error:
                    return as_json(400, error=str(error))
        return as_json(404, error=f"the demo service has nothing at {request.path}", see="/")

    def flaky(self, request: Request) -> Answer:
        """503 for a share ``rate`` of the requests."""
        rate = request.number("rate", 0.3)
        if not 0 <= rate <= 1:
            raise ValueError("rate is a number from 0 to 1")
        if self._chance() < rate:
            return as_json(503, error="bad luck, try again", rate=rate)
        return as_json(200, message="lucky this time", rate=rate)


def index(request: Request) -> Answer:
    """A page for browsers, JSON for everyone else."""
    if "text/html" in request.header("accept"):
        return Answer(200, PAGE.encode(), "text/html; charset=utf-8")
    return as_json(
        200,
        message="It flows: this answer came from the demo service.",
        host=request.header("host"),
        request_id=request.header("x-request-id"),
        try_also=["/echo", "/delay/200", "/status/418", "/stream?n=5", "/flaky?rate=0.3", "/ws (WebSocket)"],
    )


def echo(request: Request) -> Answer:
    """The request as the service saw it: what the gateway made of it."""
    body = request.body.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return as_json(413, error=f"/echo takes at most {MAX_BODY} bytes")
    return as_json(
        200,
        method=request.method,
        path=request.path,
        query=request.query,
        headers=[f"{name}: {value}" for name, value in request.headers],
        body=body.decode("utf-8", "replace"),
        body_bytes=len(body),
    )


def delay(_request: Request, milliseconds: str) -> Answer:
    if int(milliseconds) > MAX_DELAY_MS:
        raise ValueError(f"the longest delay is {MAX_DELAY_MS} ms")
    gevent.sleep(int(milliseconds) / 1000)
    return as_json(200, delayed_ms=int(milliseconds))


def status(_request: Request, code: str) -> Answer:
    if not 200 <= int(code) <= 599:
        raise ValueError("a final status is a number from 200 to 599")
    return as_json(int(code), status=int(code), reason=reason(int(code)))


def stream(request: Request) -> Answer:
    """Server-sent events, ``n`` of them, one every ``every`` milliseconds."""
    count, every_ms = int(request.number("n", 10)), request.number("every", 1000)
    if not 1 <= count <= MAX_EVENTS:
        raise ValueError(f"n is a number from 1 to {MAX_EVENTS}")
    if not MIN_EVENT_MS <= every_ms <= MAX_DELAY_MS:
        raise ValueError(f"every is {MIN_EVENT_MS} to {MAX_DELAY_MS} milliseconds")
    return Answer(200, events(count, every_ms / 1000), "text/event-stream")


def events(count: int, every_s: float) -> Iterator[bytes]:
    for number in range(1, count + 1):
        data = json.dumps({"number": number, "of": count, "time": round(time.time(), 3)})
        yield f"id: {number}\ndata: {data}\n\n".encode()
        if number < count:
            gevent.sleep(every_s)


def websocket_only(_request: Request) -> Answer:
    """``websocket`` takes the request before this, if it asks for an upgrade."""
    return as_json(426, error="/ws speaks WebSocket")


def reason(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Made Up"
