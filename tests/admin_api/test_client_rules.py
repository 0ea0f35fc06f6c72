"""Everything that is wrong with a client is said at once; each rule is tested with the resource."""

from __future__ import annotations

from admin_api.client_rules import problems_of
from weir.api.oauth_clients import OAuthClientBody
from weir.models.auth.public_keys import MAX_BYTES


def test_everything_that_is_wrong_is_said_at_once() -> None:
    body = OAuthClientBody(
        client_name="App",
        token_endpoint_auth_method="none",
        grant_types=("authorization_code", "client_credentials"),
        redirect_uris=("http://a.example/", "https://b.example/#x"),
        jwks={"keys": []},
    )
    assert [problem.path for problem in problems_of(body)] == [
        "grant_types",
        "redirect_uris[0]",
        "redirect_uris[1]",
        "jwks",
    ]


def test_keys_have_a_longest_length() -> None:
    body = OAuthClientBody(
        client_name="App",
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [{"kty": "RSA", "n": "x" * MAX_BYTES, "e": "AQAB"}]},
    )
    (problem,) = problems_of(body)
    assert f"over {MAX_BYTES} bytes" in problem.message


def test_a_device_may_refresh() -> None:
    body = OAuthClientBody(
        client_name="CLI",
        token_endpoint_auth_method="none",
        grant_types=("urn:ietf:params:oauth:grant-type:device_code", "refresh_token"),
    )
    assert problems_of(body) == []
