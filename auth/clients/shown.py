"""How a client says who it is: read from a request, before anything is believed. Pure.

One way, and one only (RFC 6749 §2.3); a client id that stands beside must be the same.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import InvalidRequestError

from auth.errors import UnknownClientError
from weir.models.auth.records import ClientAuth

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_ID = 256
MAX_SECRET = 8192
"""Characters, of an assertion too."""


class Shown(NamedTuple):
    method: ClientAuth
    client_id: str
    """Empty with ``private_key_jwt`` where only the assertion says it."""
    secret: str
    """The assertion with ``private_key_jwt``; empty with ``none``."""

    def __repr__(self) -> str:
        return f"Shown({self.method}, {self.client_id})"


def shown_by(authorization: str, form: Mapping[str, str]) -> Shown:
    """Raises InvalidRequestError for several ways at once, UnknownClientError for none or what cannot be read."""
    client_id = form.get("client_id", "")
    ways = [
        bool(authorization),
        "client_secret" in form,
        "client_assertion" in form or "client_assertion_type" in form,
    ]
    if sum(ways) > 1:
        raise InvalidRequestError("The client authenticates in more than one way.")
    if authorization:
        shown = of_header(authorization)
        if client_id and client_id != shown.client_id:
            raise InvalidRequestError("The client_id is not that of the Authorization field.")
    elif ways[1]:
        shown = Shown("client_secret_post", client_id, form["client_secret"])
    elif ways[2]:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise UnknownClientError("The client_assertion_type is not supported.")
        shown = Shown("private_key_jwt", client_id, form.get("client_assertion", ""))
    else:
        shown = Shown("none", client_id, "")
    if not (shown.client_id or shown.method == "private_key_jwt"):
        raise UnknownClientError("The client does not say who it is.")
    if len(shown.client_id) > MAX_ID or len(shown.secret) > MAX_SECRET:
        raise UnknownClientError("What the client shows is too long.")
    return shown


def of_header(authorization: str) -> Shown:
    """RFC 6749 §2.3.1: id and secret are form-encoded, then joined and encoded as RFC 7617 has it."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic" or len(rest) > 2 * MAX_SECRET:
        raise UnknownClientError("The Authorization field is not of the scheme Basic.")
    try:
        text = base64.b64decode(rest.strip(" "), validate=True).decode("utf-8")
        client_id, colon, secret = text.partition(":")
        if not colon:
            raise ValueError
        return Shown(
            "client_secret_basic",
            unquote_plus(client_id, errors="strict"),
            unquote_plus(secret, errors="strict"),
        )
    except (binascii.Error, ValueError):
        raise UnknownClientError("The Authorization field cannot be read.") from None
