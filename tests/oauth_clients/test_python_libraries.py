"""Authlib's client and requests-oauthlib complete every flow."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, DeviceClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests.oauth_clients.flows import DEVICE_GRANT, SCOPE, Applications, Done, Person, check

pytestmark = pytest.mark.xdist_group("oauth-clients")
SCOPES = ["openid", SCOPE]


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both want to be told that http is meant; what the edge has beside the scopes asked for is no mistake."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


def test_authlib(applications: Applications, metadata: dict[str, Any], alice: Person) -> None:
    token_url = metadata["token_endpoint"]
    service = AuthlibSession(*applications.service, scope=SCOPE)
    client_credentials = dict(service.fetch_token(token_url, grant_type="client_credentials"))

    app = AuthlibSession(
        applications.app,
        redirect_uri=applications.redirect,
        scope=" ".join(SCOPES),
        token_endpoint_auth_method="none",
        code_challenge_method="S256",
    )
    verifier = secrets.token_urlsafe(48)
    address, state = app.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=secrets.token_urlsafe(8)
    )
    callback = alice.allow(address)
    code = dict(
        app.fetch_token(token_url, authorization_response=callback, state=state, code_verifier=verifier)
    )
    refresh = dict(app.refresh_token(token_url, refresh_token=code["refresh_token"]))

    device = AuthlibSession(applications.device, token_endpoint_auth_method="none")
    asked = device_codes(applications, metadata)
    alice.connect(asked["verification_uri_complete"])
    device_code = dict(
        device.fetch_token(token_url, grant_type=DEVICE_GRANT, device_code=asked["device_code"])
    )

    own = client_credentials["access_token"]
    active = service.introspect_token(metadata["introspection_endpoint"], token=own).json()
    assert service.revoke_token(metadata["revocation_endpoint"], token=own).status_code == 200
    revoked = service.introspect_token(metadata["introspection_endpoint"], token=own).json()
    check(Done(client_credentials, code, refresh, device_code, active, revoked), applications)


def test_requests_oauthlib(applications: Applications, metadata: dict[str, Any], alice: Person) -> None:
    token_url = metadata["token_endpoint"]
    secret = HTTPBasicAuth(*applications.service)
    service = OAuth2Session(client=BackendApplicationClient(applications.service[0], scope=[SCOPE]))
    client_credentials = dict(service.fetch_token(token_url, auth=secret))

    app = OAuth2Session(applications.app, redirect_uri=applications.redirect, scope=SCOPES, pkce="S256")
    address, _ = app.authorization_url(metadata["authorization_endpoint"])
    callback = alice.allow(address)
    code = dict(app.fetch_token(token_url, authorization_response=callback, include_client_id=True))
    refresh = dict(app.refresh_token(token_url, client_id=applications.app))

    asked = device_codes(applications, metadata)
    alice.connect(asked["verification_uri_complete"])
    device = OAuth2Session(client=DeviceClient(applications.device))
    device_code = dict(
        device.fetch_token(token_url, device_code=asked["device_code"], include_client_id=True)
    )

    own = client_credentials["access_token"]
    active = introspected(metadata, own, secret)
    url, headers, body = service._client.prepare_token_revocation_request(
        metadata["revocation_endpoint"], own
    )
    assert requests.post(url, headers=headers, data=body, auth=secret, timeout=30).status_code == 200
    revoked = introspected(metadata, own, secret)
    check(Done(client_credentials, code, refresh, device_code, active, revoked), applications)


def device_codes(applications: Applications, metadata: dict[str, Any]) -> dict[str, Any]:
    """Neither library has a call for it."""
    answer = requests.post(
        metadata["device_authorization_endpoint"],
        data={"client_id": applications.device, "scope": SCOPE},
        timeout=30,
    )
    found: dict[str, Any] = answer.json()
    return found


def introspected(metadata: dict[str, Any], token: str, secret: HTTPBasicAuth) -> dict[str, Any]:
    """requests-oauthlib leaves this to requests."""
    answer = requests.post(metadata["introspection_endpoint"], data={"token": token}, auth=secret, timeout=30)
    found: dict[str, Any] = answer.json()
    return found
