"""``weir issuer`` against a real gateway, with an issuer on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from scripts.verbs import issuers
from tests.support.scripted_api import Asked, Says, ScriptedApi
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from weir.api.issuers import FoundKey, IssuerFindings

pytestmark = pytest.mark.xdist_group("weir-api")


@pytest.fixture
def weir(gateway: Gateway) -> Commands:
    for issuer in gateway.client.issuers.every():
        gateway.client.issuers.delete(issuer.name, if_match="*")
    return gateway.weir


@pytest.fixture
def server() -> Iterator[ScriptedApi]:
    """An authorization server as far as nodes see it."""

    def say(asked: Asked) -> Says:
        if asked.target == "/keys":
            return Says(200, b'{"keys": [{"kty": "EC", "kid": "a", "alg": "ES256"}]}')
        if asked.target == "/.well-known/openid-configuration":
            return Says(200, json.dumps({"issuer": api.url, "jwks_uri": f"{api.url}/keys"}).encode())
        return Says(404)

    with ScriptedApi(say) as api:
        yield api


def test_findings_are_lines_with_a_verdict() -> None:
    good = IssuerFindings(
        ok=True, jwks_uri="https://a/keys", keys=(FoundKey(kid="", kty="RSA"),), milliseconds=9
    )
    assert issuers.finding_lines(good) == [
        "keys at   https://a/keys",
        "key       (no kid) RSA",
        "tokens of it can be verified (9 ms)",
    ]


def test_an_issuer_is_looked_at_and_added_changed_and_removed(weir: Commands, server: ScriptedApi) -> None:
    added = weir.run("issuer", "add", "keycloak", server.url, "--consumer-claim", "azp")
    assert (added.code, added.out) == (0, "issuer keycloak is there; nodes fetch its keys\n")
    assert weir.run("issuer", "list").out.splitlines()[1].startswith("keycloak")
    weir.run("issuer", "set", "keycloak", "--scope-claim", "scp", "--algorithms", "ES256")
    shown = weir.run("issuer", "show", "keycloak", "--json").json
    assert (shown["consumer_claim"], shown["scope_claim"], shown["algorithms"]) == ("azp", "scp", ["ES256"])
    checked = weir.run("issuer", "check", "keycloak")
    assert (checked.code, "key       a EC ES256" in checked.out) == (0, True)
    assert weir.run("issuer", "check", server.url, "--json").json["ok"]
    assert weir.run("issuer", "set", "keycloak", "--algorithms", "none").code == 2
    assert weir.run("issuer", "remove", "keycloak", "--yes").out == "issuer keycloak is removed\n"
    assert weir.run("issuer", "show", "keycloak").code == 2


def test_what_does_not_answer_is_not_added_unless_told(weir: Commands) -> None:
    refused = weir.run("issuer", "add", "far", "http://127.0.0.1:1")
    assert (refused.code, "--no-check adds it" in refused.err) == (1, True)
    assert weir.run("issuer", "add", "far", "http://127.0.0.1:1", "--no-check").code == 0
    checked = weir.run("issuer", "check", "far")
    assert (checked.code, "cannot be fetched" in checked.out) == (1, True)
    assert weir.run("issuer", "add", "plain", "http://10.0.0.1", "--no-check").code == 2
