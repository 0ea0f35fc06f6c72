"""``POST /oauth2/token``: the grant that the request names (RFC 6749 §3.2)."""

from __future__ import annotations

from flask import Flask, Response

from auth.server import server_of
from auth.services import Services

PATH = "/oauth2/token"


def add(app: Flask, _services: Services) -> None:
    app.add_url_rule(PATH, "token", answer, methods=["POST"], provide_automatic_options=False)


def answer() -> Response:
    response: Response = server_of().create_token_response()
    return response
