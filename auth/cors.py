"""Pages of other sites may call what an application in a browser needs: no cookie counts there, so any site may.

Everything else answers without these fields, so a browser keeps the answer to itself.
"""

from __future__ import annotations

from flask import Flask, Response, request

OPEN = frozenset(
    {
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/oauth2/jwks",
        "/oauth2/token",
        "/oauth2/revoke",
        "/oauth2/userinfo",
    }
)
METHODS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}
MAX_AGE_S = 600


def add_cors(app: Flask) -> None:
    app.before_request(preflight)
    app.after_request(allowed)


def preflight() -> Response | None:
    """The answer to a browser that asks whether it may ask."""
    is_asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not is_asked or request.path not in OPEN:
        return None
    return Response(status=204, headers={**METHODS, "Access-Control-Max-Age": str(MAX_AGE_S)})


def allowed(response: Response) -> Response:
    if request.path in OPEN:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
    return response
