"""Authlib's server over ours: what it reads of a request, and what is registered with it."""

from __future__ import annotations

from typing import Any

import pytest
from authlib.oauth2.rfc6749 import InvalidRequestError

from auth.grants.table import GRANTS
from auth.server import FORM, FormRequest, server_of, single_fields
from tests.support.auth_server import ISSUER, InProcessAuth, made_client
from weir.store.connect import Client


def request(auth: InProcessAuth, body: str, **named: Any) -> Any:
    """A context in which ``body`` was posted."""
    options = {"method": "POST", "content_type": FORM, **named}
    return auth.app.test_request_context("/oauth2/token", data=body, **options)


def test_every_grant_of_the_table_is_registered(auth: InProcessAuth) -> None:
    server = server_of(auth.app)
    assert server.grant_types == tuple(grant.GRANT_TYPE for grant in GRANTS)  # type: ignore[attr-defined]


def test_a_request_is_its_form(auth: InProcessAuth) -> None:
    with request(
        auth, "grant_type=x&scope=a+b&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb&audience=c&e="
    ):
        asked = FormRequest(ISSUER)
        assert (asked.payload.grant_type, asked.payload.scope) == ("x", "a b")
        assert asked.several("resource", "audience") == ["https://a", "https://b", "c"]
        assert "e" not in asked.form
        assert asked.args == {}


@pytest.mark.parametrize("body", ["scope=a&scope=b", "grant_type=x&grant_type=x", "client_id=a&client_id="])
def test_a_parameter_stands_once(auth: InProcessAuth, body: str) -> None:
    with request(auth, body), pytest.raises(InvalidRequestError):
        single_fields()


@pytest.mark.parametrize("media", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_a_body_is_a_form(auth: InProcessAuth, media: str) -> None:
    with request(auth, "", content_type=media), pytest.raises(InvalidRequestError):
        single_fields()


def test_a_charset_does_no_harm(auth: InProcessAuth) -> None:
    with request(auth, "a=b", content_type=f"{FORM}; charset=utf-8"):
        assert single_fields() == {"a": "b"}


def test_a_client_is_what_the_store_has(auth: InProcessAuth, client: Client) -> None:
    made_client(client, "web")
    server = server_of(auth.app)
    found = server.query_client("web")
    assert found is not None
    assert found.record.name == "web"
    assert server.query_client("other") is None
