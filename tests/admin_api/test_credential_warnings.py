"""What rules ask for and nobody has is said once, with its place."""

from __future__ import annotations

import pytest

from tests.support.accounts import Accounts
from weir.store.connect import Client

RULES = """\
language 1

group api {
    when path under "/api"
    require key(scope: "read", tag: "gold") or basic
    rule a { when path == "/api/a"; respond 200 }
    rule b { when path == "/api/b"; require token(tag: "gold", scope: "own"); respond 200 }
}

rule c { when path == "/c"; require token(issuer: "https://id.example.com", audience: "x"); respond 200 }
rule d { when path == "/d"; require hmac; respond 200 }
rule e { when path == "/e"; require key(scope: "read"); respond 200 }
"""


@pytest.fixture
def api(client: Client) -> Accounts:
    return Accounts(client)


def found(api: Accounts) -> list[tuple[str, int]]:
    answer = api.http.post("/api/v1/lint", data=RULES, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200, answer.text
    codes = ("no-credential", "unknown-tag", "unknown-scope")
    return [(each["message"], each["line"]) for each in answer.json["problems"] if each["code"] in codes]


def test_kinds_tags_and_scopes_that_nobody_has_are_said_once(api: Accounts) -> None:
    said = found(api)
    assert sorted({line for _, line in said}) == [5, 7, 11]
    text = "\n".join(message for message, _ in said)
    for part in ("require key", "require basic", "require token", "require hmac", '"gold"', '"read"'):
        assert text.count(part) == 1, part
    assert '"own"' not in text


def test_what_somebody_has_is_not_said(api: Accounts) -> None:
    api.consumer("alice", tags=["gold"], scopes=["read"])
    api.key("alice")
    api.ok("PUT", "/consumers/alice/basic/al", {"password": "long enough"})
    api.ok("POST", "/consumers/alice/hmac")
    api.ok("POST", "/oauth-clients", {"client_name": "App"})
    assert found(api) == []


def test_the_configuration_that_is_served_is_looked_at_too(api: Accounts) -> None:
    rule = 'rule a { when path == "/a"; require key; respond 200 }'
    headers = {"Content-Type": "text/plain", "If-None-Match": "*"}
    assert api.http.put("/api/v1/config", data=rule, headers=headers).status_code == 200
    (problem,) = api.ok("GET", "/lint")["problems"]
    assert (problem["code"], problem["severity"]) == ("no-credential", "warning")
