"""``/.well-known/oauth-authorization-server`` (RFC 8414) and ``/.well-known/openid-configuration``: what there is here.

One document at both, as clients that begin with either may ask for ID tokens. It is made from what is registered, once,
when the application is: it cannot say what is not there.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, Response

from auth.clients.assertion import SUPPORTED
from auth.grants.client_credentials import CONFIDENTIAL
from auth.people.asked import PROMPTS
from auth.server import server_of
from auth.services import Services

MAX_AGE_S = 300
ENDPOINTS = {
    "authorization_endpoint": "/oauth2/authorize",
    "token_endpoint": "/oauth2/token",
    "jwks_uri": "/oauth2/jwks",
    "registration_endpoint": "/oauth2/register",
    "introspection_endpoint": "/oauth2/introspect",
    "revocation_endpoint": "/oauth2/revoke",
    "device_authorization_endpoint": "/oauth2/device",
}
OPENID_ENDPOINTS = {"userinfo_endpoint": "/oauth2/userinfo", "end_session_endpoint": "/logout"}
OPENID_CLAIMS = (
    *("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "amr", "at_hash", "c_hash"),
    *("name", "preferred_username", "email", "email_verified"),
)
OPENID_SCOPES = ("openid", "profile", "email", "offline_access")


def add(app: Flask, services: Services) -> None:
    paths = frozenset(rule.rule for rule in app.url_map.iter_rules())
    algorithms, grants = services.signing.algorithms(), server_of(app).grant_types
    found = described(services.issuer, paths, grants)
    places = ["/.well-known/oauth-authorization-server"]
    if OPENID_ENDPOINTS["userinfo_endpoint"] in paths:
        found |= described_openid(services.issuer, paths, algorithms)
        places.append("/.well-known/openid-configuration")
    for place in places:
        app.add_url_rule(place, place, lambda: document(found), methods=["GET"])


def described(issuer: str, paths: frozenset[str], grants: tuple[str, ...]) -> dict[str, Any]:
    """RFC 8414 §2."""
    every = [*CONFIDENTIAL, "none"]
    has_code = ENDPOINTS["authorization_endpoint"] in paths
    found: dict[str, Any] = {"issuer": issuer}
    found |= {name: issuer + path for name, path in ENDPOINTS.items() if path in paths}
    found |= {
        "grant_types_supported": list(grants),
        "response_types_supported": ["code"] if has_code else [],
        "token_endpoint_auth_methods_supported": every,
        "token_endpoint_auth_signing_alg_values_supported": list(SUPPORTED),
        "introspection_endpoint_auth_methods_supported": list(CONFIDENTIAL),
        "introspection_endpoint_auth_signing_alg_values_supported": list(SUPPORTED),
        "revocation_endpoint_auth_methods_supported": every,
        "revocation_endpoint_auth_signing_alg_values_supported": list(SUPPORTED),
    }
    if has_code:
        found |= {
            "response_modes_supported": ["query"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
        }
    return found


def described_openid(issuer: str, paths: frozenset[str], algorithms: tuple[str, ...]) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0 §3: what it has beyond RFC 8414."""
    found: dict[str, Any] = {name: issuer + path for name, path in OPENID_ENDPOINTS.items() if path in paths}
    return found | {
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "scopes_supported": list(OPENID_SCOPES),
        "claims_supported": list(OPENID_CLAIMS),
        "claims_parameter_supported": False,
        "prompt_values_supported": sorted(PROMPTS),
    }


def document(content: dict[str, Any]) -> Response:
    return Response(
        json.dumps(content),
        content_type="application/json",
        headers={"Cache-Control": f"public, max-age={MAX_AGE_S}"},
    )
