"""The id under which a request is found again in the access log, the audit log and the client's own."""

from __future__ import annotations

import re
import secrets

from flask import g, request

_USABLE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def request_id() -> str:
    """Of the current request: the client's own if it is plain and short, else a new one."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _USABLE.fullmatch(given) else secrets.token_hex(12)
    found: str = g.request_id
    return found
