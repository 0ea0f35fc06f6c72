from __future__ import annotations

import json
import logging

import pytest
from flask import Flask

from weir.serving.access_log import add_access_log, say_who


@pytest.fixture
def app() -> Flask:
    app = Flask("test", static_folder=None)
    add_access_log(app, "auth")

    @app.get("/who/<name>")
    def who(name: str) -> str:
        say_who(name)
        return name

    return app


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(each.getMessage()) for each in caplog.records if each.name == "weir.auth.access"]


def test_a_call_is_one_line_without_its_query(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    app.test_client().get("/who/alice?code=secret", headers={"X-Request-Id": "r1"})
    (line,) = lines(caplog)
    assert float(str(line.pop("ms"))) >= 0
    assert int(str(line.pop("time_ms"))) > 0
    assert line == {
        "log": "auth",
        "request_id": "r1",
        "address": "127.0.0.1",
        "actor": "alice",
        "operation": "who",
        "method": "GET",
        "path": "/who/alice",
        "status": 200,
    }


def test_a_path_is_cut_and_a_strange_id_replaced(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    app.test_client().get("/" + "a" * 2000, headers={"X-Request-Id": "a b"})
    (line,) = lines(caplog)
    assert len(str(line["path"])) == 1024
    assert str(line["request_id"]).isalnum()
