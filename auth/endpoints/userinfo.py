"""``/oauth2/userinfo``: who signed in, for the bearer of an access token with the scope ``openid`` (OIDC Core §5.3)."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Flask, Response, jsonify, request

from auth.errors import InvalidTokenError
from auth.services import Services
from auth.tokens.id_token import person_claims

PATH = "/oauth2/userinfo"


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(PATH, "userinfo", lambda: userinfo(services), methods=["GET", "POST"])


def userinfo(services: Services) -> Response:
    """Raises OAuth2Error."""
    shown = bearer()
    if not shown:
        return Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="weir"'})
    token = services.reader.read_access(shown)
    if token is None:
        raise InvalidTokenError("The access token is unknown, has ended or was revoked.")
    if "openid" not in token.scopes:
        challenge = 'Bearer realm="weir", error="insufficient_scope", scope="openid"'
        return Response(status=403, headers={"WWW-Authenticate": challenge})
    # The subject of a token that no person allowed is a client, whatever its id reads like.
    kept = services.users.get(token.subject) if token.auth_time_s else None
    if kept is None or kept.record.disabled:
        raise InvalidTokenError("The access token is of nobody who may sign in here.")
    return jsonify(sub=kept.record.name, **person_claims(kept.record, token.scopes))


def bearer() -> str:
    """From ``Authorization``, or from a form (RFC 6750 §2.1, §2.2); never both, never from the query."""
    scheme, _, in_header = request.headers.get("Authorization", "").partition(" ")
    in_header = in_header.strip() if scheme.lower() == "bearer" else ""
    in_form = request.form.get("access_token", "") if request.method == "POST" else ""
    if in_header and in_form:
        raise InvalidRequestError("The access token stands in two places.")
    return in_header or in_form
