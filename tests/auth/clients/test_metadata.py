"""What a client that registers itself may say of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey

from auth.clients.metadata import (
    InvalidMetadata,
    InvalidRedirectUri,
    answer_of,
    read_metadata,
    record_of,
)
from weir.models.auth.records import InitialToken
from weir.models.auth.secret_text import new_secret

EC = ECKey.generate_key("P-256", {"kid": "ec"})


def metadata(**fields: Any) -> bytes:
    return json.dumps({"redirect_uris": ["https://app.example.com/cb"], **fields}).encode()


def initial() -> InitialToken:
    return InitialToken(id="i", hash="h", created_ms=1, scopes=("read", "write"))


def test_a_client_says_what_it_is_and_gets_it_back() -> None:
    after = ["https://app.example.com/"]
    read = read_metadata(
        metadata(
            client_name="App",
            scope="read",
            logo_uri="https://x.example/l.png",
            post_logout_redirect_uris=after,
        )
    )
    secret = new_secret("weirc")
    record = record_of(read, "c1", secret, initial(), 5000)
    assert (record.name, record.scopes, record.grants) == ("App", ("read",), ("authorization_code",))
    assert record.hash == secret.hash()
    assert record.consent
    answer = answer_of(record, secret)
    assert (answer["client_secret"], answer["client_id_issued_at"]) == (secret.text(), 5)
    assert answer["response_types"] == ["code"]
    assert answer["post_logout_redirect_uris"] == list(record.post_logout_redirect_uris) == after
    assert "logo_uri" not in answer


def test_without_a_scope_it_gets_what_the_operator_allows() -> None:
    assert record_of(read_metadata(metadata()), "c1", None, initial(), 1).scopes == ("read", "write")


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example.com/cb",
        "https://app.example.com/cb#x",
        "https://*.example.com/cb",
        "https://user@app.example.com/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp://cb",
        "",
        "/cb",
        "https://app.example.com/../cb",
    ],
)
def test_attack_a_redirect_uri_that_could_be_another_s_is_refused(uri: str) -> None:
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        with pytest.raises(InvalidRedirectUri):
            read_metadata(metadata(**{name: ["https://app.example.com/cb", uri]}))


@pytest.mark.parametrize(
    "fields",
    [
        {"grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"]},
        {"grant_types": ["password"]},
        {"grant_types": []},
        {"grant_types": ["refresh_token"]},
        {"response_types": ["token"]},
        {"response_types": ["code"], "grant_types": ["client_credentials"]},
        {"token_endpoint_auth_method": "tls_client_auth"},
        {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"jwks": {"keys": []}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}},
        {
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [EC.as_dict(private=True)]},
        },
        {"jwks_uri": "http://169.254.169.254/"},
        {"client_name": "a\x1bb"},
        {"client_name": "a" * 201},
        {"redirect_uris": ["https://a.example/"] * 21},
        {"redirect_uris": "https://a.example/"},
    ],
)
def test_what_is_wrong_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidMetadata):
        read_metadata(metadata(**fields))


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'"x"'])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidMetadata):
        read_metadata(body)


def test_attack_a_client_gives_itself_no_more_than_the_initial_token_allows() -> None:
    read = read_metadata(metadata(scope="read admin"))
    with pytest.raises(InvalidMetadata):
        record_of(read, "c1", None, initial(), 1)
    generous = read_metadata(
        metadata(consumer="acme", consent=False, audiences=["https://pay.example"], access_s=10**9)
    )
    record = record_of(generous, "c1", None, initial(), 1)
    assert (record.consumer, record.consent, record.audiences, record.access_s) == ("", True, (), 600)


def test_a_code_needs_somewhere_to_go() -> None:
    with pytest.raises(InvalidRedirectUri):
        read_metadata(metadata(redirect_uris=[]))
    assert read_metadata(metadata(redirect_uris=[], grant_types=["client_credentials"])).redirect_uris == ()
