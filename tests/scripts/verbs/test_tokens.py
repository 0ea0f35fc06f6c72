"""What ``weir token`` prints; against the real API it is tested with the other commands."""

from __future__ import annotations

import argparse
import json

import pytest

from scripts.api_command import Mistake
from scripts.verbs import tokens
from tests.support.scripted_api import Says, ScriptedApi
from weir.api.tokens import Token

TOKEN = Token(id="ab12", name="ci", role="editor", created_ms=0, expires_ms=86_400_000, created_by="weir up")
MADE = Says(
    201,
    b'{"secret":"weirt_ab12_secret","token":{"id":"ab12","name":"ci","role":"viewer","created_ms":0,'
    b'"expires_ms":9,"created_by":"x"}}',
)


def run(api: ScriptedApi, *arguments: str) -> int:
    return tokens.run([*arguments, "--url", api.url, "--token", "weirt_x"])


def test_a_row_says_what_is_known_of_a_token() -> None:
    assert tokens.row(TOKEN, 0) == ("ab12", "ci", "editor", "in 1 d", "never", "weir up")
    assert tokens.row(TOKEN, 86_400_000)[3] == "ended"


def test_a_new_token_stands_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(MADE) as api:
        assert run(api, "create", "ci", "--role", "viewer", "--expires", "30d") == 0
        body = json.loads(api.asked[0].body)
    assert body == {"name": "ci", "role": "viewer", "expires_in_s": 30 * 86_400}
    shown = capsys.readouterr()
    assert shown.out == "weirt_ab12_secret\n"
    assert "It is not shown again." in shown.err


def test_a_token_is_rotated_with_an_overlap(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(MADE) as api:
        assert run(api, "rotate", "ab12", "--overlap", "1h", "--json") == 0
        assert api.asked[0].target == "/api/v1/tokens/ab12/rotate"
        assert json.loads(api.asked[0].body)["overlap_s"] == 3600
    assert json.loads(capsys.readouterr().out)["secret"] == "weirt_ab12_secret"


def test_a_token_is_revoked_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedApi(Says(204, b"")) as api:
        assert run(api, "revoke", "ab12", "--force") == 0
        assert api.asked[0].target == "/api/v1/tokens/ab12?force=true"
    assert capsys.readouterr().out == "token ab12 is revoked\n"


@pytest.mark.parametrize(("text", "seconds"), [("", 90 * 86_400), ("60s", 60), ("365d", 365 * 86_400)])
def test_a_life_has_its_bounds(text: str, seconds: int) -> None:
    assert tokens.life(text) == seconds


@pytest.mark.parametrize("text", ["59s", "366d", "x"])
def test_a_life_beyond_its_bounds_is_refused(text: str) -> None:
    with pytest.raises(Mistake):
        tokens.life(text)


def test_an_action_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tokens.parser().parse_args([])
    assert isinstance(tokens.parser(), argparse.ArgumentParser)
