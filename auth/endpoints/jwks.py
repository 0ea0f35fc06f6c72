"""``GET /oauth2/jwks``: the public keys of everything that is signed here (RFC 7517 §5)."""

from __future__ import annotations

import json

from flask import Flask, Response

from auth.services import Services

PATH = "/oauth2/jwks"
MAX_AGE_S = 300
"""So long anybody may keep the answer; the next key is in it a day before it signs."""


def add(app: Flask, services: Services) -> None:
    def answer() -> Response:
        return Response(
            json.dumps(services.signing.public_set()),
            content_type="application/jwk-set+json",
            headers={"Cache-Control": f"public, max-age={MAX_AGE_S}"},
        )

    app.add_url_rule(PATH, "jwks", answer, methods=["GET"], provide_automatic_options=False)
