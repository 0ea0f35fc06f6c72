"""``/oauth2/device``: a device without a browser gets its two codes (RFC 8628 §3.1)."""

from __future__ import annotations

from math import ceil
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import UnauthorizedClientError
from flask import Flask, Response, jsonify, request

from auth.clients.client import Client
from auth.endpoints.device import PAGE
from auth.errors import NotNowError
from auth.grants.client_credentials import CONFIDENTIAL
from auth.grants.device_code import DeviceCode
from auth.server import FormRequest, server_of
from auth.services import Services
from auth.tokens.audiences import audiences_asked, audiences_of
from auth.tokens.scopes import scopes_asked
from weir.models.auth.records import OAuthClient
from weir.store.attempts import Bound
from weir.store.login_throttle import counted_as
from weir.store.oauth.devices import INTERVAL_MS, LIFE_MS, DeviceRecord, shown_user_code

PATH = "/oauth2/device"
MOST_BY_ADDRESS = 30
MOST_BY_CLIENT = 600
"""New devices in a minute."""
MINUTE_MS = 60_000


def add(app: Flask, services: Services) -> None:
    app.add_url_rule(PATH, "device_authorization", lambda: ask(services), methods=["POST"])


def ask(services: Services) -> Response:
    """RFC 8628 §3.1. Raises OAuth2Error."""
    asked = FormRequest(services.issuer)
    client: Client = server_of().authenticate_client(asked, (*CONFIDENTIAL, "none"))
    if not client.check_grant_type(DeviceCode.GRANT_TYPE):
        raise UnauthorizedClientError("The client may not use device codes.")
    record = DeviceRecord(
        client=client.record.id,
        scopes=scopes_asked(asked.form.get("scope"), client.record.scopes),
        audiences=audiences_asked(
            asked.several("resource", "audience"), audiences_of(client.record, services.issuer)
        ),
    )
    check_rate(services, client.record)
    codes = services.people.devices.ask(record)
    if codes is None:
        raise NotNowError("Too many devices wait.")
    shown, page_url = shown_user_code(codes.user_code), services.issuer + PAGE
    return jsonify(
        device_code=codes.device_code,
        user_code=shown,
        verification_uri=page_url,
        verification_uri_complete=f"{page_url}?{urlencode({'user_code': shown})}",
        expires_in=LIFE_MS // 1000,
        interval=INTERVAL_MS // 1000,
    )


def check_rate(services: Services, client: OAuthClient) -> None:
    """Raises ``NotNowError``: anybody may ask in the name of a public client."""
    wait_ms = services.people.attempts.take(
        Bound(f"device-address {counted_as(request.remote_addr or '')}", MOST_BY_ADDRESS, MINUTE_MS),
        Bound(f"device-client {client.id}", MOST_BY_CLIENT, MINUTE_MS),
    )
    if wait_ms:
        error = NotNowError("Too many devices ask.")
        error.wait_s = ceil(wait_ms / 1000)
        raise error
