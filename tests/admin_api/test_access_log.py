from __future__ import annotations

import json
import logging

import pytest

from tests.support.admin import SecuredAdmin
from weir.store.connect import Client


def test_a_call_is_one_line_of_json(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    admin = SecuredAdmin(client)
    admin.call("GET", "/api/v1/session?x=1", admin.token("viewer"), headers={"X-Request-Id": "r1"})
    (line,) = [json.loads(each.getMessage()) for each in caplog.records if each.name == "weir.admin.access"]
    assert line.pop("ms") >= 0
    assert line.pop("time_ms") > 0
    assert line == {
        "log": "admin",
        "request_id": "r1",
        "address": "127.0.0.1",
        "actor": "test viewer",
        "operation": "sessions.current",
        "method": "GET",
        "path": "/api/v1/session",
        "status": 400,
    }


def test_a_refused_call_has_a_line_too(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    SecuredAdmin(client).call("GET", "/nothing", headers={"Host": "evil.example"})
    (line,) = [json.loads(each.getMessage()) for each in caplog.records if each.name == "weir.admin.access"]
    assert (line["status"], line["actor"], line["operation"]) == (421, "", "")
