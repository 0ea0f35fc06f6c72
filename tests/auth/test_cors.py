from __future__ import annotations

import pytest

from auth.cors import OPEN
from tests.support.auth_server import InProcessAuth

ASKS = {
    "Origin": "https://app.example.com",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization",
}


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", "/oauth2/jwks"])
def test_an_application_in_a_browser_may_ask_from_anywhere(auth: InProcessAuth, path: str) -> None:
    asked = auth.call("OPTIONS", path, headers=ASKS)
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    answer = auth.call("POST", path, headers=ASKS)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/oauth2/introspect", "/oauth2/register", "/oauth2/authorize", "/login", "/x"]
)
def test_everything_else_is_for_this_server_s_own_pages(auth: InProcessAuth, path: str) -> None:
    assert path not in OPEN
    for method in ("OPTIONS", "POST"):
        assert "Access-Control-Allow-Origin" not in auth.call(method, path, headers=ASKS).headers
