"""A foreign issuer: a real HTTP server with real keys, whose documents a test may spoil."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.tokens import Signer

OIDC = "/.well-known/openid-configuration"
RFC8414 = "/.well-known/oauth-authorization-server"


class Answer:
    """What a path answers; ``headers`` besides Content-Length, or in its place; None takes one away."""

    def __init__(
        self,
        body: bytes | dict[str, Any],
        status: int = 200,
        headers: dict[str, str | None] | None = None,
        *,
        drip_s: float = 0,
    ) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status, self.headers, self.drip_s = status, headers or {}, drip_s


class IssuerServer:
    """``answers`` by path; ``asked`` has the paths that came."""

    def __init__(self, base: str, algorithm: str) -> None:
        self.base = base
        self.signer = Signer(base, algorithm=algorithm, kid="f1")
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.show()

    @property
    def url(self) -> str:
        return self.signer.url

    def show(self, *more: Signer, path: str = OIDC) -> None:
        """Metadata at ``path``, and the keys: its own and ``more``."""
        self.answers[path] = Answer({"issuer": self.url, "jwks_uri": f"{self.base}/jwks"})
        self.answers["/jwks"] = Answer({"keys": [self.signer.public, *(each.public for each in more)]})

    def rotate(self, kid: str) -> Signer:
        """Shows one new key; it signs from now on."""
        self.signer = Signer(self.url, algorithm=self.signer.algorithm, kid=kid)
        self.show()
        return self.signer


@contextmanager
def issuer_server(context: ssl.SSLContext | None = None, algorithm: str = "ES256") -> Iterator[IssuerServer]:
    """On a free port of this machine; with ``context`` over TLS."""
    holder: list[IssuerServer] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served = holder[0]
            served.asked.append(self.path)
            answer = served.answers.get(self.path, Answer(b"not here", 404))
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()
            try:
                self._write(answer)
            except OSError:
                self.close_connection = True

        def _write(self, answer: Answer) -> None:
            if not answer.drip_s:
                self.wfile.write(answer.body)
                return
            for place in range(len(answer.body)):
                self.wfile.write(answer.body[place : place + 1])
                self.wfile.flush()
                time.sleep(answer.drip_s)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if context is None else "https"
    holder.append(IssuerServer(f"{scheme}://127.0.0.1:{server.server_port}", algorithm))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield holder[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
