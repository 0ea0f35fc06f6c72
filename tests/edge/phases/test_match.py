"""Which rule a request gets."""

import json
from pathlib import Path

from edge.versions.snapshot import Snapshot
from tests.support.in_process import InProcess


def body(answer: bytes) -> dict[str, object]:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_every_fact_can_decide(tmp_path: Path) -> None:
    edge = InProcess(
        tmp_path,
        """
        rule a { when header("X-A") == "1, 2"; respond 201 "" }
        rule b { when query("q") == "é x"; respond 202 "" }
        rule c { when cookie("sid") == "7"; respond 203 "" }
        rule d { when ip in ["198.51.100.0/24"]; respond 205 "" }
        rule e { when host == "b.test" and method == "PUT"; respond 206 "" }
        """,
    )
    head = "GET / HTTP/1.1\r\nHost: a.test\r\n"
    assert edge.status(f"{head}X-A: 1\r\nx-a: 2\r\n\r\n".encode()) == 201
    assert edge.status("/?q=%C3%A9+x") == 202
    assert edge.status(f"{head}Cookie: a=b\r\nCookie: sid=7\r\n\r\n".encode()) == 203
    assert edge.status("/", "198.51.100.9") == 205
    assert edge.status(b"PUT / HTTP/1.1\r\nHost: B.test.:80\r\n\r\n") == 206


def test_no_rule_is_404_and_no_version_503(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, 'rule a { when host == "b.test"; respond 200 "" }')
    assert body(edge.ask("/"))["code"] == "no-rule"
    edge.engine.snapshot = Snapshot()
    assert body(edge.ask("/"))["code"] == "no-version"
