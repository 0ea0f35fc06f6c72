"""What fits together in an OAuth client (RFC 6749, RFC 7591, RFC 9700), beyond what its shape says. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from weir.api.auth_values import MAX_LIST
from weir.api.oauth_clients import OAuthClientBody
from weir.models.auth import public_keys
from weir.models.auth.redirect_uris import problem_of
from weir.models.problem import Problem

SIGNS_IN = ("authorization_code", "urn:ietf:params:oauth:grant-type:device_code")
"""Grants in which a user takes part: what refresh tokens come from."""
CONFIDENTIAL = ("client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange")
"""Grants of clients that can keep a secret."""


def problems_of(body: OAuthClientBody) -> list[Problem]:
    return [*_grants(body), *_redirects(body), *_keys(body), *_scopes(body)]


def _grants(body: OAuthClientBody) -> Iterator[Problem]:
    grants = body.grant_types
    if body.token_endpoint_auth_method == "none":  # noqa: S105 - the name of a method
        for grant in CONFIDENTIAL:
            if grant in grants:
                message = f"a public client cannot have {grant}: anybody could ask in its name"
                yield Problem("invalid-grants", message, path="grant_types")
    if "refresh_token" in grants and not any(grant in grants for grant in SIGNS_IN):
        message = "refresh_token goes with authorization_code or the device grant"
        yield Problem("invalid-grants", message, path="grant_types")


def _redirects(body: OAuthClientBody) -> Iterator[Problem]:
    if "authorization_code" in body.grant_types and not body.redirect_uris:
        yield Problem("invalid-redirect-uri", "authorization_code needs a redirect URI", path="redirect_uris")
    for field in ("redirect_uris", "post_logout_redirect_uris"):
        for place, uri in enumerate(getattr(body, field)):
            if problem := problem_of(uri):
                yield Problem("invalid-redirect-uri", f"{uri} {problem}", path=f"{field}[{place}]")


def _keys(body: OAuthClientBody) -> Iterator[Problem]:
    signs = body.token_endpoint_auth_method == "private_key_jwt"  # noqa: S105 - the name of a method
    if body.jwks is None:
        if signs:
            yield Problem("invalid-jwks", "private_key_jwt needs the client's public keys", path="jwks")
    elif not signs:
        yield Problem("invalid-jwks", "only a client with private_key_jwt has keys", path="jwks")
    elif len(msgspec.json.encode(body.jwks)) > public_keys.MAX_BYTES:
        yield Problem("invalid-jwks", f"the keys are over {public_keys.MAX_BYTES} bytes", path="jwks")
    elif problem := public_keys.problem_of(body.jwks):
        yield Problem("invalid-jwks", problem, path="jwks")


def _scopes(body: OAuthClientBody) -> Iterator[Problem]:
    scopes = body.scope.split()
    if len(scopes) > MAX_LIST or any(len(scope) > 64 for scope in scopes):
        yield Problem("invalid-scope", f"at most {MAX_LIST} scopes of 64 characters", path="scope")
