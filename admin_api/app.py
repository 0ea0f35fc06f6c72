"""The Flask application: one view for each operation of the table, and problem+json for everything that goes wrong."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Mapping

import msgspec
from flask import Flask, Response, request
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import HTTPException

from admin_api.call import Handler
from admin_api.dispatch import Access, Dispatcher, Journal
from admin_api.handlers.table import HANDLERS
from admin_api.metrics import AdminMetrics
from admin_api.paths import RawPaths, Segment, is_utf8, rule_of
from admin_api.problems import FAULT, Refusal, refusal_of
from admin_api.services import Services
from weir.api.operation import Operation
from weir.api.operations import OPERATIONS
from weir.api.problem import MEDIA
from weir.routing.networks import NetworkSet
from weir.serving.access_log import add_access_log
from weir.serving.hosts import Hosts
from weir.serving.metrics import add_metrics
from weir.serving.proxies import BehindProxies
from weir.serving.request_ids import request_id

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_WITHOUT_HOST = ("/healthz", "/readyz")
"""Asked by probes, by whatever address; they tell nothing that a stranger could use."""
_CODES = {404: "no-such-operation", 405: "method-not-allowed", 400: "malformed", 413: "body-too-large"}

log = logging.getLogger("weir.admin")


def create_app(
    services: Services,
    access: Access,
    hosts: Hosts,
    journal: Journal,
    operations: Iterable[Operation] = OPERATIONS,
    handlers: Mapping[str, Handler] = HANDLERS,
    metrics: AdminMetrics | None = None,
    proxies: tuple[str, ...] = (),
) -> Flask:
    """Connects to nothing; without ``metrics`` nobody sees what is counted. ``proxies``: whose X-Forwarded-For is
    believed.

    An operation without a handler does not exist here (a test says that there is none).
    """
    app = Flask("admin_api", static_folder=None)
    app.url_map.converters["segment"] = Segment
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.wsgi_app = BehindProxies(RawPaths(app.wsgi_app), NetworkSet(proxies))  # type: ignore[method-assign]
    counted = metrics or AdminMetrics(CollectorRegistry())
    dispatcher = Dispatcher(services, access, hosts, journal, counted)
    for operation in operations:
        if operation.id not in handlers:
            continue
        app.add_url_rule(
            rule_of(operation),
            endpoint=operation.id,
            view_func=dispatcher.view(operation, handlers[operation.id]),
            methods=[operation.method],
            provide_automatic_options=False,
            strict_slashes=True,
        )
    add_access_log(app, "admin")
    add_metrics(app, counted.requests)
    app.before_request(lambda: check_target(hosts))
    app.after_request(finished)
    app.register_error_handler(Exception, functools.partial(problem_response, counted))
    return app


def check_target(hosts: Hosts) -> None:
    """Before anything else; raises ``Refusal``."""
    if request.path not in _WITHOUT_HOST:
        hosts.check(request.headers.get("Host", ""))
    if not is_utf8(request.path):
        raise Refusal(400, "malformed", "The path is not UTF-8.")


def finished(response: Response) -> Response:
    """What every answer carries."""
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request_id()
    return response


def problem_response(metrics: AdminMetrics, error: Exception) -> Response:
    refusal = refusal_of(error) or of_framework(error)
    if refusal is None:
        log.error("request %s failed", request_id(), exc_info=error)
        refusal = FAULT
    metrics.refused(refusal.code)
    body = msgspec.structs.replace(refusal.answer, request_id=request_id())
    response = Response(msgspec.json.encode(body), status=refusal.status, content_type=MEDIA)
    response.headers.update(refusal.headers)
    return response


def of_framework(error: Exception) -> Refusal | None:
    """What Flask refuses: no such path, another method."""
    if not isinstance(error, HTTPException) or error.code is None:
        return None
    allow = {name: value for name, value in error.get_headers() if name == "Allow"}
    detail = (
        "There is no such operation; GET /api/v1/openapi.json lists them."
        if error.code == 404
        else str(error.description or error.name)
    )
    return Refusal(error.code, _CODES.get(error.code, "refused"), detail, headers=allow)
