"""Saving and forgetting an API, against a server that plays it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from scripts.verbs import login, logout
from tests.support.scripted_api import Says, ScriptedApi, problem

CALLER = b'{"name":"ann","role":"editor","kind":"token","id":"7","expires_ms":99999999999999}'


@pytest.fixture(autouse=True)
def saved_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "weir" / "login.json"


def test_a_token_from_a_pipe_is_tried_and_saved_for_this_person_alone(
    saved_in: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("weirt_secret\n"))
    with ScriptedApi(Says(body=CALLER)) as api:
        assert login.run([api.url]) == 0
        assert api.asked[0].headers["authorization"] == "Bearer weirt_secret"
    assert json.loads(saved_in.read_text()) == {"url": api.url, "token": "weirt_secret", "ca": ""}
    assert saved_in.stat().st_mode & 0o777 == 0o600
    shown = capsys.readouterr()
    assert "ann (editor) at http://127" in shown.out
    assert "secret" not in shown.out + shown.err


def test_a_token_that_is_refused_is_not_saved(saved_in: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("weirt_wrong\n")
    with ScriptedApi(problem(401, "bad-token")) as api:
        assert login.run(["--url", api.url, "--token-file", str(tmp_path / "token")]) == 2
    assert not saved_in.exists()


def test_without_an_address_or_a_token_it_asks_for_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login.run([]) == 2
    assert "which admin API? weir login http" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert login.run(["http://127.0.0.1:1"]) == 2
    assert "no token was given" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "weir").write_text("a file")
    with ScriptedApi(Says(body=CALLER)) as api:
        assert login.run([api.url, "--token", "weirt_x"]) == 2
    assert f"cannot write {tmp_path}/weir/login.json" in capsys.readouterr().err


def test_the_end_of_a_login_is_the_end_of_its_file(
    saved_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ScriptedApi(Says(body=CALLER)) as api:
        login.run([api.url, "--token", "weirt_x", "--json"])
        assert json.loads(capsys.readouterr().out)["role"] == "editor"
    assert logout.run([]) == 0
    assert not saved_in.exists()
    assert logout.run([]) == 0
    assert "nothing was saved" in capsys.readouterr().out
