"""Credentials are in no log, whole, cut or mistyped."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.access_log import combined_lines
from edge.access_log.credentials import without_secrets, without_values
from edge.exchange import Exchange
from edge.versions.plan import Plan
from tests.support.credentials import Credentials, request
from tests.support.in_process import InProcess
from weir.models.auth.secret_text import new_secret


@pytest.mark.parametrize("prefix", ["weir", "weirt", "weirc", "weiro", "weirr", "weiri"])
def test_of_a_secret_its_id_is_left(prefix: str) -> None:
    secret = new_secret(prefix)  # type: ignore[arg-type]
    text = secret.text()
    assert (
        without_secrets(f"/a/{text}?b={text}&c")
        == f"/a/{prefix}_{secret.id}_***?b={prefix}_{secret.id}_***&c"
    )
    for cut in (text[:-1], text[:25], text + "x"):
        assert secret.secret[:8] not in without_secrets(cut)


@pytest.mark.parametrize("text", ["", "/weir", "/weir_a/b", "weird_thing", "/a?weir=1"])
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/a?k=1&b=2", "/a?k=***&b=2"),
        ("/a?%6B=1&k=2&k", "/a?%6B=***&k=***&k"),
        ("/a?k=", "/a?k="),
        ("/a?kk=1", "/a?kk=1"),
        ("/k=1", "/k=1"),
        ("https://x/?a&k=1#f", "https://x/?a&k=***"),
    ],
)
def test_of_a_parameter_that_may_be_one_its_name_is_left(target: str, shown: str) -> None:
    assert without_values(target, ("k",)) == shown


RULES = (
    'rule a { when path under "/q"; require key(query: "k"); respond 200 }\nrule b { when any; respond 200 }'
)


def combined(edge: InProcess, data: bytes) -> str:
    """The line of this request."""
    seen: list[Exchange] = []

    def see(exchange: Exchange, _plan: Plan) -> None:
        seen.append(exchange)

    for plans in edge.engine.snapshot.plans.values():
        for plan in plans:
            plan.phases = (see, *plan.phases)
    edge.ask(data)
    return combined_lines.encode([combined_lines.take(seen[0], 0.0)], 0.0).decode()


def test_a_wrong_key_in_the_query_is_hidden_too(tmp_path: Path) -> None:
    line = combined(InProcess(tmp_path, RULES), request("/q?a=1&k=hunter2", "Referer: http://a/?k=hunter2"))
    assert '"GET /q?a=1&k=*** HTTP/1.1" 401' in line
    assert "hunter2" not in line


def test_a_key_that_went_to_another_rule_is_hidden(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    key = new_secret("weir").text()
    assert key[20:] not in combined(edge, request(f"/b?k={key}", f"Referer: http://a/{key}"))
    edge.ask(request(f"/b/{key}"))
    assert edge.log.kept[-1].path == f"/b/{key[:16]}***"


def test_the_third_field_is_who_called(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    credentials = Credentials().serve(edge.engine)
    assert " - acme [" in combined(edge, request("/q", f"X-API-Key: {credentials.key()}"))


def test_nobody_can_end_that_field(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    credentials = Credentials().serve(edge.engine)
    key = credentials.key('a b"] x')
    line = combined(edge, request("/q", f"X-API-Key: {key}"))
    assert r" - a\x20b\x22]\x20x [" in line
