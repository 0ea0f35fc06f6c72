"""JSON lines."""

from __future__ import annotations

import json

from edge.access_log.attempt import Attempt, attempt_of, milliseconds
from edge.access_log.bounds import MAX_VALUE
from edge.access_log.json_lines import Timestamps, encode
from weir.models.auth.caller import Caller

SERVED = ("u", 200, 10.0, 10.5, "http://t", True)


def taken(path: str = "/a", **values: object) -> tuple[object, ...]:
    line = {
        "started": 10.0,
        "ended": 10.25,
        "request_id": "id",
        "ip": "192.0.2.7",
        "method": "GET",
        "scheme": "http",
        "host": "a.test",
        "path": path,
        "status": 200,
        "bytes_in": 1,
        "bytes_out": 2,
        "rule": "r",
        "upstream": "u",
        "version": 3,
        "attempts": (),
        "served": SERVED,
        "code": "",
        "detail": "",
        "limited": "",
        "shadowed": (),
        "trace_id": "t",
        "caller": None,
    }
    return tuple({**line, **values}.values())


def test_a_line_is_one_object_with_the_time_of_the_start() -> None:
    (line,) = encode([taken()], wall=1_000_000_000.0).splitlines()
    assert json.loads(line) == {
        "time": "2001-09-09T01:46:50.000Z",
        "request_id": "id",
        "ip": "192.0.2.7",
        "method": "GET",
        "scheme": "http",
        "host": "a.test",
        "path": "/a",
        "status": 200,
        "bytes_in": 1,
        "bytes_out": 2,
        "duration_ms": 250.0,
        "rule": "r",
        "upstream": "u",
        "version": 3,
        "attempts": [{"target": "http://t", "ms": 500.0, "status": 200, "reused": True}],
        "code": "",
        "detail": "",
        "limit": "",
        "shadowed": [],
        "trace_id": "t",
        "consumer": "",
        "auth": "",
        "credential": "",
    }


def test_who_called_is_told_by_name_and_by_what_was_shown() -> None:
    def told(**caller: str) -> list[str]:
        found = json.loads(encode([taken(caller=Caller(**{"method": "token", **caller}))], wall=0.0))
        return [found[name] for name in ("consumer", "auth", "credential")]

    assert told(credential="jti", consumer="acme", client="app") == ["acme", "token", "jti"]
    assert told(credential="jti", client="app", subject="user") == ["client app", "token", "jti"]
    assert told(credential="j" * (MAX_VALUE + 1))[2] == "j" * MAX_VALUE


def test_what_failed_comes_before_what_served() -> None:
    failed = Attempt("http://s", 1.0, error="connect: no")
    line = json.loads(encode([taken(attempts=(failed,))], wall=0.0))
    assert [attempt.get("error", "") for attempt in line["attempts"]] == ["connect: no", ""]


def test_a_line_cannot_be_forged() -> None:
    lines = encode([taken('/a"}\n{"x":1}\u2028')], wall=0.0).splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["path"] == '/a"}\n{"x":1}\u2028'


def test_times_are_utc_with_milliseconds() -> None:
    stamps = Timestamps()
    assert stamps.text(0.0) == "1970-01-01T00:00:00.000Z"
    assert stamps.text(0.25) == "1970-01-01T00:00:00.250Z"
    assert stamps.text(61.999) == "1970-01-01T00:01:01.999Z"
    assert milliseconds(0.0012349) == 1.234
    assert attempt_of(SERVED).status == 200
