"""Every exchange is recorded once, however it ended."""

from pathlib import Path

import pytest

from edge.telemetry.telemetry import MAX_WAITING
from tests.support.in_process import InProcess

RULES = 'rule a { when path under "/a"; respond 200 "hello" }\nrule b { when path == "/b"; log off; respond 200 "" }'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET /a?x=1 HTTP/1.1\r\nHost: A.test\r\n\r\n", ("a", 200, "GET", "a.test", "/a", "")),
        (b"GET /none HTTP/1.1\r\nHost: a.test\r\n\r\n", ("", 404, "GET", "a.test", "/none", "no-rule")),
        (b"GET /%zz HTTP/1.1\r\nHost: a.test\r\n\r\n", ("", 400, "GET", "", "/%zz", "malformed-request")),
        (b"FOO / HTTP/1.1\r\nHost: a.test\r\n\r\n", ("", 501, "", "", "", "method-not-supported")),
    ],
)
def test_a_line_says_what_happened(tmp_path: Path, data: bytes, expected: tuple[object, ...]) -> None:
    edge = InProcess(tmp_path, RULES)
    edge.ask(data)
    (entry,) = edge.log.kept
    assert (entry.rule, entry.status, entry.method, entry.host, entry.path, entry.code) == expected
    assert (entry.ip, entry.version) == ("192.0.2.7", 1)
    assert entry.bytes_out > 0
    assert entry.request_id


def test_a_rule_without_log_is_counted_all_the_same(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    edge.ask("/b")
    assert edge.log.kept == []
    edge.engine.telemetry.fold()
    assert edge.engine.telemetry.requests == {("b", 200): 1}


def test_requests_that_met_no_rule_are_counted_by_status(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    edge.ask("/none")
    edge.ask("/%zz")
    edge.engine.telemetry.fold()
    assert edge.engine.telemetry.requests == {("", 404): 1}
    assert edge.engine.telemetry.malformed == {400: 1}


def test_nothing_is_in_flight_and_no_snapshot_in_use_afterwards(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    for data in ("/a", "/none", "/%zz"):
        edge.ask(data)
    assert (edge.engine.telemetry.in_flight, edge.engine.snapshot.users) == (0, 0)


def test_what_waits_to_be_counted_is_bounded(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    telemetry = edge.engine.telemetry
    telemetry.answered = [("a", 200, 0.0, 0.001, None, "/a", 0, 0)] * (MAX_WAITING - 1)
    edge.ask("/b")
    assert telemetry.answered == []
    assert telemetry.requests == {("a", 200): MAX_WAITING - 1, ("b", 200): 1}
