"""A small API server of Kubernetes: Secrets of one namespace, over TLS, with the rules that a Role would make."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.tls_pair import FOLDER, server_context

TOKEN = "of-the-account"


class FakeKubernetes:
    """``secrets`` is what there is; ``refuse`` names Secrets that this account may not touch."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.refuse: set[str] = set()
        self.asked: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._send(*api.create(body) if self._is_known() else (401, {"message": "Unauthorized"}))

            def do_GET(self) -> None:
                name = self.path.rpartition("/")[2]
                self._send(*api.read(name) if self._is_known() else (401, {"message": "Unauthorized"}))

            def _is_known(self) -> bool:
                api.asked.append(f"{self.command} {self.path}")
                return self.headers["Authorization"] == f"Bearer {TOKEN}"

            def _send(self, status: int, content: dict[str, Any]) -> None:
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = server_context().wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def environ(self) -> dict[str, str]:
        """What a pod is told."""
        return {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(self._server.server_address[1]),
        }

    def account(self, folder: Path, token: str = TOKEN) -> Path:
        """The mounted folder of a service account in the namespace ``weir``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "namespace").write_text("weir")
        (folder / "token").write_text(token)
        (folder / "ca.crt").write_bytes((FOLDER / "ca.pem").read_bytes())
        return folder

    def create(self, secret: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = secret["metadata"]["name"]
        if name in self.refuse:
            return 403, {"message": f'secrets "{name}" is forbidden'}
        if name in self.secrets:
            return 409, {"message": f'secrets "{name}" already exists'}
        self.secrets[name] = secret
        return 201, secret

    def read(self, name: str) -> tuple[int, dict[str, Any]]:
        return (200, self.secrets[name]) if name in self.secrets else (404, {"message": "not found"})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
