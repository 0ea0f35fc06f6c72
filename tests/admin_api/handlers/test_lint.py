"""Lint over the API."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.admin import admin_app
from weir.store.connect import Client

TEXT = {"Content-Type": "text/plain"}
RULES = """\
language 1

upstream idle { target http://127.0.0.1:1 }
rule a { respond 200 }
rule b { respond 200 }
"""


@pytest.fixture
def api(client: Client) -> FlaskClient:
    api: FlaskClient = admin_app(client, "editor")
    api.put("/api/v1/config", data=RULES, headers=TEXT | {"If-Match": '"0-"'})
    return api


def test_what_is_doubtful_now_is_told_with_its_lines(api: FlaskClient) -> None:
    found = api.get("/api/v1/lint").json
    assert (found["number"], found["errors"], found["warnings"]) == (1, 0, 2)
    assert [(each["code"], each["line"]) for each in found["problems"]] == [
        ("unused", 3),
        ("never-matches", 5),
    ]


def test_an_earlier_version_and_another_owner_are_looked_at(api: FlaskClient) -> None:
    api.put("/api/v1/config", data="rule a { respond 200 }", headers=TEXT | {"If-Match": "*"})
    assert api.get("/api/v1/lint").json["warnings"] == 0
    assert api.get("/api/v1/lint?version=1").json["warnings"] == 2
    assert api.get("/api/v1/lint?owner=file").json["problems"] == []
    assert api.get("/api/v1/lint?version=7").status_code == 404


def test_a_draft_is_looked_at_with_errors_first(api: FlaskClient) -> None:
    bad = "upstream u { target http://127.0.0.1:1 }\nrule a { proxy x }"
    errors = api.post("/api/v1/lint", data=bad, headers=TEXT).json["problems"]
    assert [(each["code"], each["line"], each["column"]) for each in errors] == [("unknown-upstream", 2, 16)]
    fine = api.post("/api/v1/lint", data=RULES, headers=TEXT).json
    assert (fine["number"], fine["warnings"], fine["problems"][0]["line"]) == (0, 2, 3)
    document = api.get("/api/v1/config").json["document"]
    assert [each["path"] for each in api.post("/api/v1/lint", json=document).json["problems"]] == [
        "definitions[0]",
        "definitions[2]",
    ]
