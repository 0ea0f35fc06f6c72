"""What every answer has, whatever is asked: hosts, fields, one form for errors; and a store that is away."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest

from tests.support.auth_server import InProcessAuth, made_client
from weir.secrets.ring import KeyRing
from weir.store.connect import Client, connect


def test_another_name_is_refused(auth: InProcessAuth) -> None:
    response = auth.get("/oauth2/jwks", headers={"Host": "evil.example"})
    assert (response.status_code, response.json["error"]) == (421, "invalid_request")
    assert "--public-url" in response.json["error_description"]


def test_every_answer_is_closed_to_frames_sniffing_and_caches(auth: InProcessAuth) -> None:
    for path in ("/oauth2/token", "/nothing", "/healthz"):
        headers = auth.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Request-Id"]


def test_errors_have_one_form(auth: InProcessAuth) -> None:
    for path, status in (("/nothing", 404), ("/oauth2/token", 405), ("/oauth2//token", 404)):
        response = auth.get(path)
        assert (response.status_code, response.json["error"]) == (status, "invalid_request")
    assert auth.get("/oauth2/token").headers["Allow"] == "POST"


def test_a_body_has_bounds(auth: InProcessAuth) -> None:
    large = auth.call("POST", "/oauth2/token", data={"grant_type": "x" * 70_000})
    assert large.status_code == 413
    many = auth.call("POST", "/oauth2/register", data="x" * 70_000, content_type="application/json")
    assert many.status_code in (401, 413)


def test_another_form_of_body_is_refused(auth: InProcessAuth) -> None:
    for named in ({"json": {}}, {"data": b"a=b", "content_type": "text/plain"}, {}):
        response = auth.call("POST", "/oauth2/token", **named)
        assert (response.status_code, response.json["error"]) == (400, "invalid_request")


def test_a_fault_is_logged_and_not_told(
    auth: InProcessAuth, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(auth.services.authentication, "authenticate", broken)
    response = auth.call("POST", "/oauth2/token", data={"grant_type": "client_credentials"})
    assert (response.status_code, response.json["error"]) == (500, "server_error")
    assert "a secret detail" not in response.text
    assert "a secret detail" in caplog.text


def test_with_the_store_away_it_is_503_and_never_401() -> None:
    away = InProcessAuth(connect("redis://127.0.0.1:1"))
    credentials = base64.b64encode(b"web:secret").decode()
    for path, form in (
        ("/oauth2/token", {"grant_type": "client_credentials"}),
        ("/oauth2/token", {"grant_type": "refresh_token", "refresh_token": "weirr_x"}),
        ("/oauth2/introspect", {"token": "x"}),
        ("/oauth2/revoke", {"token": "x"}),
    ):
        response = away.call("POST", path, data=form, headers={"Authorization": f"Basic {credentials}"})
        assert (response.status_code, response.json["error"]) == (503, "temporarily_unavailable")
        assert response.headers["Retry-After"] == "1"
    assert away.get("/oauth2/jwks").status_code == 503
    assert away.get("/.well-known/oauth-authorization-server").status_code == 200


def test_without_its_key_nothing_is_signed(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    auth = InProcessAuth(client, ring=KeyRing([]))
    response = auth.token(made_client(client, "web"))
    assert (response.status_code, response.json["error"]) == (503, "temporarily_unavailable")
    assert "no key for signing" in caplog.text


def test_the_access_log_names_the_client_and_no_secret(
    auth: InProcessAuth, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    who = made_client(client, "web", auth="client_secret_post")
    body = auth.token(who).json
    auth.post("/oauth2/introspect", who, {"token": body["access_token"]})
    lines = [record.getMessage() for record in caplog.records if record.name == "weir.auth.access"]
    assert all('"actor":"web"' in line for line in lines)
    assert '"path":"/oauth2/token"' in lines[0]
    for secret in (who[1], body["access_token"]):
        assert secret not in caplog.text
