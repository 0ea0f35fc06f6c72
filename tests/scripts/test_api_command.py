"""What every command that speaks to the API does with errors, against a server that plays them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.api_command import Mistake, access_of, api_parser, code_of, sentences, token_in
from scripts.verbs import audit, lint
from tests.support.ports import free_port
from tests.support.scripted_api import Says, ScriptedApi, problem
from weir.client.errors import BadAnswer, OutcomeUnknown


def run(url: str, *arguments: str) -> int:
    return audit.run(["--url", url, "--token", "weirt_secret", *arguments])


def test_where_nobody_answers_the_next_step_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(f"http://127.0.0.1:{free_port()}") == 3
    said = capsys.readouterr().err
    assert said.startswith("weir audit: no admin API answers at http://127.0.0.1:")
    assert "weir up starts one" in said
    assert said.count("\n") == 1


def test_without_any_api_the_ways_to_give_one_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("WEIR_ADMIN_URL", "WEIR_TOKEN", "WEIR_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert audit.run(["--state", str(tmp_path / "none")]) == 2
    assert "no admin API is known here: give one with --url" in capsys.readouterr().err


def test_what_needs_no_api_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("WEIR_ADMIN_URL", "WEIR_TOKEN", "WEIR_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert lint.run(["--state", str(tmp_path)]) == 2
    assert capsys.readouterr().err.endswith("; weir check FILE needs none\n")


def test_an_outcome_that_is_not_known_says_where_to_look() -> None:
    assert sentences(OutcomeUnknown("It may be made.", check=7)) == [
        "It may be made; look with: weir versions 7"
    ]
    published = OutcomeUnknown("It may be made.", publish_id="p1")
    assert sentences(published)[0].endswith("look with: weir versions")
    assert sentences(OutcomeUnknown("It may be made."))[0].endswith("look before doing it again (list, show)")


def test_a_store_that_is_away_is_away_too(capsys: pytest.CaptureFixture[str]) -> None:
    away = problem(503, "store-away", "The store does not answer.")
    with ScriptedApi(away) as api:
        assert run(api.url) == 3
    assert "The store does not answer; is it running?" in capsys.readouterr().err


def test_a_token_that_is_not_good_is_said_and_never_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(problem(401, "bad-token", "This token is not valid.")) as api:
        assert run(api.url, "--json") == 2
    shown = capsys.readouterr()
    assert "This token is not valid; give another token with weir login" in shown.err
    assert json.loads(shown.out)["problem"]["code"] == "bad-token"
    assert "weirt_secret" not in shown.out + shown.err


def test_a_role_that_does_not_suffice_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(problem(403, "role", "That needs the role editor.")) as api:
        assert run(api.url) == 2
    assert "That needs the role editor; weir status says who you are" in capsys.readouterr().err


def test_a_conflict_names_the_winner_and_what_they_changed(capsys: pytest.CaptureFixture[str]) -> None:
    stale = (
        b'{"title":"Stale","status":412,"detail":"Somebody was faster.","code":"stale","difference":"-a\\n+b",'
        b'"winner":{"number":7,"author":"eve\\u001b[2J","time_ms":1,"message":"hurry"}}'
    )
    with ScriptedApi(Says(412, stale, "application/problem+json")) as api:
        assert run(api.url) == 4
    first, winner, *difference = capsys.readouterr().err.splitlines()
    assert first == "weir audit: Somebody was faster."
    assert winner.startswith("eve\\x1b[2J published version 7 ")
    assert winner.endswith(' ago: "hurry"')
    assert difference == ["-a", "+b"]


def test_findings_come_with_their_places(capsys: pytest.CaptureFixture[str]) -> None:
    body = (
        b'{"title":"T","status":422,"detail":"One error.","code":"invalid-rules",'
        b'"errors":[{"code":"x","message":"no upstream","line":3,"column":9}]}'
    )
    with ScriptedApi(Says(422, body, "application/problem+json")) as api:
        assert run(api.url) == 2
    assert capsys.readouterr().err == "weir audit: One error.\n3:9: no upstream\n"


def test_what_is_not_the_api_is_a_wrong_address(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(Says(200, b"<html>", "text/html")) as api:
        assert run(api.url) == 2
    assert "not Weir's admin API" in capsys.readouterr().err
    assert code_of(BadAnswer("x")) == 2
    assert code_of(OutcomeUnknown("x")) == 3


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--url", "nonsense", "is not the URL of an admin API"),
        ("--ca", "/nowhere/ca.pem", "cannot be read as certificates"),
        ("--token-file", "/nowhere/token", "cannot read /nowhere/token"),
    ],
)
def test_a_mistake_in_the_flags_is_a_sentence(
    flag: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.run(["--url", "https://127.0.0.1:1", flag, value]) == 2
    assert said in capsys.readouterr().err


def test_a_token_file_is_read_to_its_first_line(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("\nweirt_x  \n# note\n")
    assert token_in(str(file)) == "weirt_x"
    file.write_text(" \n")
    with pytest.raises(Mistake, match="holds no token"):
        token_in(str(file))


def test_the_state_directory_may_come_from_the_variable(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"admin": "http://127.0.0.1:7"}')
    options = api_parser("x", "does").parse_args([])
    environ = {"HOME": str(tmp_path), "WEIR_STATE": str(tmp_path)}
    assert access_of(options, environ).url == "http://127.0.0.1:7"
