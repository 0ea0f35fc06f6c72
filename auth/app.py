"""The Flask application: every endpoint of the table, and one form for what goes wrong (RFC 6749 §5.2)."""

from __future__ import annotations

import json
import logging

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from auth.cors import add_cors
from auth.endpoints.table import ENDPOINTS, TOKEN_ENDPOINTS
from auth.errors import NotNowError
from auth.grants.table import GRANTS
from auth.server import EXTENSION, OAuthServer
from auth.services import Services
from weir.routing.networks import NetworkSet
from weir.secrets.errors import SecretsError
from weir.serving.access_log import add_access_log
from weir.serving.hosts import CrossSite, WrongHost
from weir.serving.metrics import add_metrics
from weir.serving.proxies import BehindProxies
from weir.serving.request_ids import request_id
from weir.store.errors import StoreError

MAX_BODY = 64 * 1024
MAX_FIELDS = 100
SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer that does not say otherwise itself."""
WITHOUT_HOST = ("/healthz", "/readyz")
"""Asked by probes, by whatever address; they tell nothing that a stranger could use."""

log = logging.getLogger("weir.auth")


def create_app(services: Services) -> Flask:
    """Connects to nothing."""
    app = Flask("auth", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.config["MAX_FORM_PARTS"] = MAX_FIELDS
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    proxied = BehindProxies(app.wsgi_app, NetworkSet(services.site.proxies))
    app.wsgi_app = proxied  # type: ignore[method-assign]
    app.extensions[EXTENSION] = OAuthServer(services, GRANTS, TOKEN_ENDPOINTS)
    for add in ENDPOINTS:
        add(app, services)
    add_access_log(app, "auth")
    add_metrics(app, services.metrics.requests)
    app.before_request(lambda: check_host(services))
    add_cors(app)
    app.after_request(finished)
    app.register_error_handler(Exception, error_response)
    return app


def check_host(services: Services) -> None:
    """Raises WrongHost."""
    if request.path not in WITHOUT_HOST:
        services.site.hosts.check(request.headers.get("Host", ""))


def finished(response: Response) -> Response:
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request_id()
    return response


def error_response(error: Exception) -> Response:
    """As JSON. What went wrong here is in the log, not in the answer."""
    match error:
        case OAuth2Error():
            status, body, headers = error()
        case StoreError() | SecretsError():
            log.warning("request %s: %s", request_id(), error)
            status, body, headers = NotNowError()()
        case WrongHost():
            status, body, headers = 421, problem("invalid_request", str(error)), []
        case CrossSite():
            status, body, headers = 403, problem("invalid_request", str(error)), []
        case HTTPException() if error.code is not None:
            headers = [(name, value) for name, value in error.get_headers() if name == "Allow"]
            status, body = error.code, problem("invalid_request", error.name)
        case _:
            log.error("request %s failed", request_id(), exc_info=error)
            status, body, headers = 500, problem("server_error", "Something went wrong here."), []
    fields = dict(headers) | {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(json.dumps(body), status=status, headers=fields)


def problem(error: str, description: str) -> dict[str, str]:
    return {"error": error, "error_description": description}
