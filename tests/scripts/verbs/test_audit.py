from __future__ import annotations

import json

import msgspec
import pytest

from scripts.api_command import Mistake
from scripts.verbs import audit
from tests.support.scripted_api import Says, ScriptedApi
from weir.api.audit import AuditEntry

ENTRY = AuditEntry(
    id="1", time_ms=0, actor="ann", role="editor", kind="token", address="127.0.0.1",
    operation="config.replace", path="/config", status=412, code="stale", number=0, message="why\nnot",
)  # fmt: skip


def page(number: int, following: str) -> Says:
    entry = msgspec.structs.replace(ENTRY, actor=f"a{number}")
    return Says(body=msgspec.json.encode({"items": [entry], "next": following}))


def test_an_entry_says_who_did_what_and_what_came_of_it() -> None:
    assert audit.row(ENTRY)[1:] == (
        "ann", "127.0.0.1", "config.replace /config", "412 stale", "", "why\nnot",
    )  # fmt: skip


def test_only_so_many_pages_are_read_as_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(page(1, "c1"), page(2, "c2"), page(3, "c3")) as api:
        assert audit.run(["--url", api.url, "--token", "t", "-n", "2", "--json", "--actor", "a"]) == 0
        assert [asked.target.partition("?")[2] for asked in api.asked] == [
            "limit=2&actor=a", "limit=2&cursor=c1&actor=a",
        ]  # fmt: skip
    assert [entry["actor"] for entry in json.loads(capsys.readouterr().out)["items"]] == ["a1", "a2"]


def test_a_table_has_a_line_for_each_entry(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(page(1, "")) as api:
        assert audit.run(["--url", api.url, "--token", "t"]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["WHEN", "WHO", "FROM", "WHAT", "STATUS", "VERSION", "MESSAGE"]
    assert " a1 " in line


def test_a_time_is_counted_from_now() -> None:
    options = audit.parser().parse_args(["--since", "1h"])
    assert audit.query_of(options, 3_600_005).since == 5
    with pytest.raises(Mistake):
        audit.query_of(audit.parser().parse_args(["--since", "yesterday"]), 0)
