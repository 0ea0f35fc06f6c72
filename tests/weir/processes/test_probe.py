"""A container's health check: 0 only for an answer that says that all is well."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.ports import free_port
from weir.processes.probe import main, probe


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Answers the status that is its path."""

    class Status(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path[1:]))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Status)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_well_is_an_answer_of_the_twos(server: str) -> None:
    assert probe(f"{server}/200") == probe(f"{server}/204") == ""


@pytest.mark.parametrize("status", [301, 404, 503])
def test_any_other_answer_is_not(server: str, status: int) -> None:
    assert probe(f"{server}/{status}") == f"it answers {status}"


def test_nobody_there_is_said() -> None:
    assert "refused" in probe(f"http://127.0.0.1:{free_port()}/healthz")


@pytest.mark.parametrize("url", ["", "https://127.0.0.1/", "127.0.0.1:8003", "http://"])
def test_what_is_no_address_is_said(url: str) -> None:
    assert "no address" in probe(url)


def test_as_a_command(server: str) -> None:
    command = [sys.executable, "-m", "weir.processes.probe"]
    assert subprocess.run([*command, f"{server}/200"]).returncode == 0
    failed = subprocess.run([*command, f"{server}/503"], capture_output=True, text=True)
    assert (failed.returncode, failed.stderr) == (1, f"{server}/503: it answers 503\n")
    assert main([]) == 2
