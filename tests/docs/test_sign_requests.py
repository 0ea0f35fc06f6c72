"""The clients of docs/sign-requests.md sign what a real edge accepts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.parts import need
from tests.support.tree import ROOT
from tests.support.upstream import Request, Upstream, ok

PAGE = (ROOT / "docs/sign-requests.md").read_text(encoding="utf-8")
RULES = "rule a {{ when any; require hmac; proxy {} }}"
SECRET = "a secret of forty-three letters and digits."


def example(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def told(request: Request) -> bytes:
    return ok(request.line.split(b" ")[0] + b" " + request.body.replace(b" ", b""))


def run(edge: EdgeProcess, *command: str) -> list[str]:
    edge.credentials.hmac_key("doc-key", SECRET.encode())
    upstream = Upstream(answer=told).start()
    try:
        edge.publish(RULES.format(upstream.url))
        known = {"API": f"http://127.0.0.1:{edge.port}", "KEY_ID": "doc-key", "SECRET": SECRET}
        done = subprocess.run(
            command, env={**os.environ, **known}, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        upstream.stop()
    assert done.returncode == 0, done.stderr
    assert upstream.requests[0].line == b"GET /orders?page=2 HTTP/1.1", done.stdout
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    made = EdgeProcess(tmp_path_factory.mktemp("edge"), 'rule none { when any; respond 404 "" }')
    yield made
    made.stop()


ANSWERS = ["GET ", 'POST {"amount":1}']


def test_python(edge: EdgeProcess) -> None:
    assert run(edge, sys.executable, "-c", example("python")) == ANSWERS


def test_javascript(edge: EdgeProcess, tmp_path: Path) -> None:
    node = need("node")
    (tmp_path / "ask.mjs").write_text(example("js"))
    assert run(edge, str(node), str(tmp_path / "ask.mjs")) == ANSWERS


def test_shell(edge: EdgeProcess) -> None:
    need("curl")
    need("openssl")
    assert run(edge, "sh", "-c", example("sh")) == ANSWERS
