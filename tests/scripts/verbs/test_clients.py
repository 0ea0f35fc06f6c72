"""``weir client`` against a real gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.verbs import clients
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from weir.models.auth.secret_text import read_secret

pytestmark = pytest.mark.xdist_group("weir-api")


@pytest.fixture
def weir(gateway: Gateway) -> Commands:
    for client in gateway.client.oauth_clients.every():
        gateway.client.oauth_clients.delete(client.client_id, if_match="*")
    for token in gateway.client.initial_tokens.every():
        gateway.client.initial_tokens.revoke(token.id)
    return gateway.weir


def test_a_grant_has_a_short_name() -> None:
    assert [clients.short_of(grant) for grant in clients.SHORT.values()] == list(clients.SHORT)
    assert clients.short_of("other") == "other"


def test_a_service_gets_a_secret_that_stands_alone_on_standard_output(weir: Commands) -> None:
    made = weir.run("client", "create", "Nightly", "--scopes", "orders:read", "--access", "5m")
    parts = read_secret("weirc", made.out.rstrip("\n"))
    assert parts is not None
    assert made.err == f"client_id {parts.id}. The secret is not shown again.\n"
    shown = weir.run("client", "show", parts.id)
    assert "grants         service\n" in shown.out
    assert "JWT, for 5 min" in shown.out
    new = weir.run("client", "rotate", parts.id, "--overlap", "1h")
    assert read_secret("weirc", new.out.rstrip("\n")) not in (None, parts)
    assert "old secret     good for another" in weir.run("client", "show", parts.id).out
    assert weir.run("client", "revoke-tokens", parts.id).code == 0
    assert "tokens from before" in weir.run("client", "show", parts.id).out
    assert weir.run("client", "remove", parts.id, "--yes").code == 0
    assert weir.run("client", "show", parts.id).code == 2


def test_an_app_in_a_browser_has_no_secret(weir: Commands) -> None:
    made = weir.run("client", "create", "Shop", "--for", "app", "--redirect", "https://shop.example.com/cb")
    assert (made.code, made.out, "it has no secret" in made.err) == (0, "", True)
    (client,) = weir.run("client", "list", "--json").json["items"]
    assert client["token_endpoint_auth_method"] == "none"
    assert client["grant_types"] == ["authorization_code", "refresh_token"]
    refused = weir.run("client", "create", "Bad", "--for", "app", "--redirect", "http://shop.example.com/cb")
    assert (refused.code, "is http" in refused.err) == (2, True)


def test_a_client_is_changed_in_what_is_said(weir: Commands) -> None:
    weir.run("client", "create", "CLI", "--for", "device", "--scopes", "read")
    (before,) = weir.run("client", "list", "--json").json["items"]
    identity = before["client_id"]
    done = weir.run(
        *("client", "set", identity, "--name", "Tool", "--tokens", "opaque", "--consent", "no", "--disable"),
        *("--audiences", "orders stock", "--json"),
    )
    after = done.json
    assert (after["client_name"], after["opaque"], after["consent"], after["disabled"]) == (
        "Tool",
        True,
        False,
        True,
    )
    assert (after["audiences"], after["scope"], after["grant_types"]) == (
        ["orders", "stock"],
        "read",
        before["grant_types"],
    )
    assert weir.run("client", "list", "--find", "tool").out.splitlines()[1].endswith("disabled")


def test_keys_of_a_client_come_from_a_file(weir: Commands, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "abc"}]}')
    made = weir.run("client", "create", "S", "--auth", "private_key_jwt", "--jwks", str(file))
    assert (made.code, made.out) == (0, "")
    file.write_text("[]")
    wrong = weir.run("client", "create", "S", "--auth", "private_key_jwt", "--jwks", str(file))
    assert (wrong.code, "no JSON Web Key Set" in wrong.err) == (2, True)


def test_others_may_register_with_an_initial_token(weir: Commands) -> None:
    made = weir.run("client", "invite", "--name", "partner", "--uses", "3", "--scopes", "read")
    assert read_secret("weiri", made.out.rstrip("\n")) is not None
    (token,) = weir.run("client", "invites", "--json").json["items"]
    assert (token["name"], token["left"], token["scopes"]) == ("partner", 3, ["read"])
    assert "partner" in weir.run("client", "invites").out
    assert weir.run("client", "uninvite", token["id"]).code == 0
    assert weir.run("client", "uninvite", token["id"]).code == 2
