"""``POST /oauth2/token``: the grant that the request names (RFC 6749 §3.2)."""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error
from flask import Flask, Response, g, request

from auth.errors import NotNowError, RefreshReusedError
from auth.metrics import ISSUED, AuthMetrics
from auth.server import server_of
from auth.services import Services
from weir.secrets.errors import SecretsError
from weir.store.errors import StoreError

PATH = "/oauth2/token"


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(
        PATH,
        "token",
        lambda: answer(services.metrics),
        methods=["POST"],
        provide_automatic_options=False,
    )


def answer(metrics: AuthMetrics) -> Response:
    try:
        response: Response = server_of().create_token_response()
    except Exception as error:
        count(metrics, error)
        raise
    count(metrics, g.get("oauth_error"))
    return response


def count(metrics: AuthMetrics, error: Exception | None) -> None:
    """``error`` is None where a token was issued."""
    match error:
        case None:
            result = ISSUED
        case OAuth2Error():
            result = error.error
        case StoreError() | SecretsError():
            result = NotNowError.error
        case _:
            result = "server_error"
    if isinstance(error, RefreshReusedError):
        metrics.reuses.inc()
    metrics.asked_token(request.form.get("grant_type", ""), result)
