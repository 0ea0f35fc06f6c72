from __future__ import annotations

import json

import msgspec
import pytest

from scripts.terminal.start_screen import COLOURED, Style
from scripts.verbs import tail
from tests.support.scripted_api import Says, ScriptedApi, problem
from weir.api.traffic import Sample

SAMPLE = Sample(
    id="7", time_ms=0, node="n1", request_id="r", ip="10.0.0.0/24", method="GET", scheme="http", host="h",
    path="/a?q\x1b[2J", status=503, duration_ms=12.4, rule="orders", target="http://127.0.0.1:1", attempts=2,
    limit="busy", flags=("retried",),
)  # fmt: skip


def stream(*samples: Sample) -> Says:
    parts = [b"event: hello\ndata: {}\n\n"]
    parts += [b"id: 1\nevent: request\ndata: " + msgspec.json.encode(sample) + b"\n\n" for sample in samples]
    return Says(body=b"".join(parts), media="text/event-stream")


def run(api: ScriptedApi, *arguments: str) -> int:
    return tail.run(["--url", api.url, "--token", "t", *arguments])


def test_a_line_says_what_was_asked_and_where_it_went_and_cannot_command_the_terminal() -> None:
    assert tail.line(SAMPLE, Style()).partition(" ")[2] == (
        "n1 503 12 ms GET http://h/a?q\\x1b[2J → orders → http://127.0.0.1:1 [limit busy, retried, 2 attempts]"
    )
    quiet = msgspec.structs.replace(SAMPLE, rule="", target="", limit="", flags=(), attempts=1)
    assert tail.line(quiet, Style()).endswith("→ (no rule)")


def test_a_line_says_who_called() -> None:
    called = msgspec.structs.replace(SAMPLE, consumer="acme")
    assert " acme → " in tail.line(called, Style())


@pytest.mark.parametrize(("status", "colour"), [(200, ""), (404, tail.YELLOW), (503, tail.RED)])
def test_errors_have_a_colour_where_there_are_colours(status: int, colour: str) -> None:
    assert tail.status_colour(status, COLOURED) == colour
    assert tail.status_colour(status, Style()) == ""


def test_it_ends_after_so_many_and_other_events_are_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(stream(SAMPLE, SAMPLE, SAMPLE)) as api:
        assert run(api, "-n", "2", "--json", "--status", "5XX", "--rule", "a/b") == 0
        assert api.asked[0].target == "/api/v1/traffic/tail?rule=a%2Fb&status=5xx"
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["7", "7"]


def test_a_filter_that_is_none_is_refused_by_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(problem(400, "invalid-query", "The query cannot be understood.")) as api:
        assert run(api, "--status", "9xx") == 2
        assert run(api, "--min-ms", "-1") == 2
        assert len(api.asked) == 1
    assert "The query cannot be understood." in capsys.readouterr().err
