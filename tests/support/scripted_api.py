"""A small HTTP server on loopback that answers as the test says, and keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from tests.support.tls_pair import server_context
from weir.api.problem import MEDIA


class Asked(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class Says(NamedTuple):
    """``status`` 0 closes the connection without a word."""

    status: int = 200
    body: bytes = b"{}"
    media: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def problem(status: int, code: str, detail: str = "No.", **more: str) -> Says:
    body = {"title": "T", "status": status, "code": code, "detail": detail, **more}
    return Says(status, msgspec.json.encode(body), MEDIA)


class ScriptedApi:
    """``answers`` is asked for each request in turn: a list is used up, its last answer again and again."""

    def __init__(self, *answers: Says | Callable[[Asked], Says], tls: bool = False) -> None:
        self.asked: list[Asked] = []
        self._answers = list(answers)
        self._scheme = "https" if tls else "http"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = server_context().wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return found if isinstance(found, Says) else found(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                says = api.answer(Asked(self.command, self.path, headers, body))
                if not says.status:
                    self.close_connection = True
                    return
                self.send_response(says.status)
                self.send_header("Content-Type", says.media)
                self.send_header("Content-Length", str(len(says.body)))
                for name, value in says.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(says.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do  # noqa: N815

            def log_message(self, *arguments: object) -> None: ...

        return Handler
