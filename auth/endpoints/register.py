"""``POST /oauth2/register``: a client registers itself, with an initial token from the operator (RFC 7591)."""

from __future__ import annotations

import hmac
import json
import time

from flask import Flask, Response, request

from auth.clients.metadata import InvalidMetadata, answer_of, read_metadata, record_of
from auth.errors import InvalidTokenError, NotNowError
from auth.services import Services
from weir.models.auth.records import InitialToken
from weir.models.auth.secret_text import SecretText, new_secret, random_text, read_secret
from weir.serving.access_log import say_who

PATH = "/oauth2/register"
CLIENT_ID = 22
"""Letters and digits."""


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(
        PATH, "register", lambda: register(services), methods=["POST"], provide_automatic_options=False
    )


def register(services: Services) -> Response:
    """Raises OAuth2Error."""
    shown = shown_token(request.headers.get("Authorization", ""))
    initial = services.registration.initial(shown.id)
    if initial is None or not is_good(shown, initial, time.time_ns() // 1_000_000):
        raise InvalidTokenError("The initial token is wrong, has expired or is used up.")
    say_who(f"initial:{initial.id}")
    if request.mimetype != "application/json":
        raise InvalidMetadata("The body is not application/json.")
    metadata = read_metadata(request.get_data())
    has_secret = metadata.token_endpoint_auth_method.startswith("client_secret")
    secret = new_secret("weirc") if has_secret else None
    record = record_of(metadata, random_text(CLIENT_ID), secret, initial, services.registration.now_ms())
    done = services.registration.register(shown, record)
    if done == "unknown":
        raise InvalidTokenError("The initial token is wrong, has expired or is used up.")
    if done != "registered":
        raise NotNowError("There are too many clients.")
    return Response(json.dumps(answer_of(record, secret)), status=201, content_type="application/json")


def shown_token(authorization: str) -> SecretText:
    """Raises InvalidTokenError."""
    scheme, _, text = authorization.partition(" ")
    shown = read_secret("weiri", text.strip(" ")) if scheme.lower() == "bearer" else None
    if shown is None:
        raise InvalidTokenError("Send an initial token: Authorization: Bearer weiri_...")
    return shown


def is_good(shown: SecretText, initial: InitialToken, now_ms: int) -> bool:
    is_same = hmac.compare_digest(shown.hash(), initial.hash)
    is_over = initial.disabled or initial.left < 1 or 0 < initial.expires_ms <= now_ms
    return is_same and not is_over
