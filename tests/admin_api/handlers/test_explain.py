"""Explaining requests over the API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from scripts.verbs import explain as command
from tests.support.admin import admin_app
from weir.store.connect import Client

TEXT = {"Content-Type": "text/plain"}
RULES = """\
upstream u { target http://127.0.0.1:1; concurrency 7 }
rule a { when host == "a.example.com" and path under "/shop"; proxy u }
rule rest { when any; respond 404 }
"""


@pytest.fixture
def api(client: Client) -> FlaskClient:
    api: FlaskClient = admin_app(client, "editor")
    api.put("/api/v1/config", data=RULES, headers=TEXT | {"If-Match": '"0-"'})
    return api


def ask(api: FlaskClient, **question: object) -> object:
    return api.post("/api/v1/explain", json=question)


def test_the_answer_is_that_of_the_command(
    api: FlaskClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rules.weir"
    file.write_text(RULES)
    command.run(["--file", str(file), "--json", "GET http://a.example.com/shop/7"])
    expected = json.loads(capsys.readouterr().out)
    found = ask(api, request={"url": "http://a.example.com/shop/7"}).json
    for candidate in (*expected["candidates"], *found["explanation"]["candidates"]):
        assert candidate.pop("owner") in ("api", "file")
    assert found["explanation"] == expected
    assert "Rule a answers." in found["text"]
    assert found["number"] == 1


def test_a_curl_command_is_a_request(api: FlaskClient) -> None:
    command = "curl -X POST 'http://127.0.0.1:8000/shop' \
 -H 'Host: a.example.com'"
    found = ask(api, curl=command).json["explanation"]
    assert (found["method"], found["host"]) == ("POST", "a.example.com")
    assert found["candidates"][found["winner"]]["rule"] == "a"


def test_rules_of_all_owners_take_part(api: FlaskClient) -> None:
    rule = 'rule f { when host == "a.example.com" and path == "/shop"; respond 200 }'
    api.put("/api/v1/config?owner=file", data=rule, headers=TEXT | {"If-Match": "*"})
    found = ask(api, request={"url": "http://a.example.com/shop"}).json["explanation"]
    candidates = [(each["owner"], each["rule"]) for each in found["candidates"]]
    assert candidates == [("file", "f"), ("api", "a"), ("api", "rest")]


def test_an_earlier_version_is_asked_by_its_number(api: FlaskClient) -> None:
    api.delete("/api/v1/rules/a", headers={"If-Match": "*"})
    request = {"url": "http://a.example.com/shop"}
    now, then = (ask(api, request=request, **more).json for more in ({}, {"version": 1}))
    assert (now["number"], then["number"]) == (2, 1)
    assert [len(each["explanation"]["candidates"]) for each in (now, then)] == [1, 2]
    assert ask(api, request=request, version=9).status_code == 404


def test_a_draft_of_one_owner_is_asked_with_the_others_as_they_are(api: FlaskClient) -> None:
    draft = {"owner": "file", "text": 'rule draft { when path == "/shop"; require mtls; respond 200 }'}
    found = ask(api, request={"url": "http://a.example.com/shop"}, draft=draft).json["explanation"]
    assert [each["rule"] for each in found["candidates"]] == ["a", "draft", "rest"]
    document = {
        "definitions": [{"kind": "rule", "name": "d", "clauses": [{"kind": "respond", "status": 200}]}]
    }
    found = ask(api, request={"url": "http://x/"}, draft={"document": document}).json["explanation"]
    assert [each["rule"] for each in found["candidates"]] == ["d"]
    assert ask(api, request={"url": "http://x/"}).json["explanation"]["candidates"][0]["rule"] == "rest"


def test_an_empty_store_answers_404_to_everything(client: Client) -> None:
    found = ask(admin_app(client, "viewer"), request={"url": "http://x/"}).json
    assert (found["number"], found["explanation"]["candidates"]) == (0, [])
    assert "404" in found["text"]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({}, "bad-request"),
        ({"request": {"url": "http://a/"}, "curl": "curl http://a/"}, "bad-request"),
        ({"request": {"url": "/path"}}, "bad-request"),
        ({"request": {"url": "http://a/"}, "ip": "x"}, "bad-request"),
        ({"curl": "curl 'http://a/"}, "bad-curl"),
        ({"request": {"url": "http://a/"}, "draft": {}}, "bad-draft"),
        ({"request": {"url": "http://a/"}, "draft": {"text": "", "document": {}}}, "bad-draft"),
        ({"request": {"url": "http://a/"}, "draft": {"text": "rule a {"}}, "invalid-rules"),
        ({"request": {"url": "http://a/"}, "draft": {"text": "rule a { proxy x }"}}, "invalid-rules"),
    ],
)
def test_what_is_no_question_is_refused(api: FlaskClient, question: dict[str, object], code: str) -> None:
    response = ask(api, **question)
    assert (response.status_code, response.json["code"]) == (422, code)


def test_the_place_in_a_curl_command_is_told(api: FlaskClient) -> None:
    error = ask(api, curl="curl \\\n  --what http://a/").json["errors"][0]
    assert (error["path"], error["line"], error["column"]) == ("curl", 2, 3)


def test_candidates_are_bounded_but_the_winner_is_told(api: FlaskClient) -> None:
    found = ask(api, request={"url": "http://x/"}, all=True, limit=1).json["explanation"]
    assert found["candidates"][found["winner"]]["rule"] == "rest"


def test_explaining_is_no_change(api: FlaskClient) -> None:
    before = len(api.noted)
    ask(api, request={"url": "http://x/"})
    assert len(api.noted) == before


def test_who_calls_can_be_said_for_limits(api: FlaskClient) -> None:
    text = "rule a { require key; limit 5 per 1m by consumer; limit 9 per 1m by tag; respond 200 }"
    asked = {"request": {"url": "http://x/"}, "draft": {"owner": "file", "text": text}}
    said = ask(api, **asked, consumer="acme", tags=["gold", "eu"]).json["text"]
    assert 'counted as "=acme"' in said
    assert 'counted as "=eu,gold"' in said
    assert 'counted as ""' in ask(api, **asked).json["text"]
