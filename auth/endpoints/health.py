"""``GET /healthz``: the process answers. ``GET /readyz``: it could issue a token: store and keys are there."""

from __future__ import annotations

from flask import Flask, Response

from auth.services import Services
from weir.secrets.errors import SecretsError
from weir.store.errors import StoreError


def add(app: Flask, services: Services) -> None:
    def healthy() -> Response:
        return text("ok\n")

    def ready() -> Response:
        try:
            services.signing.public_set()
        except (StoreError, SecretsError):
            return text("the store does not answer\n", 503)
        return text("ok\n")

    app.add_url_rule("/healthz", "healthz", healthy, methods=["GET"], provide_automatic_options=False)
    app.add_url_rule("/readyz", "readyz", ready, methods=["GET"], provide_automatic_options=False)


def text(line: str, status: int = 200) -> Response:
    return Response(line, status=status, content_type="text/plain; charset=utf-8")
