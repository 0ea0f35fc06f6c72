"""Values of WWW-Authenticate that more than one method gives."""

from __future__ import annotations

import re

from edge.auth.denied import Denied

REALM = "weir"
_NOT_IN_DESCRIPTION = re.compile(r"[^ !#-\[\]-~]")
"""RFC 6750 §3."""


def quoted(text: str) -> str:
    """A quoted string (RFC 9110 §5.6.4) of ASCII without control characters."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def bearer_challenge(denied: Denied | None) -> tuple[bytes, ...]:
    """RFC 6750 §3, for API keys and tokens. An error is told only to who showed something."""
    value = f'Bearer realm="{REALM}"'
    if denied is not None and denied.code == "insufficient-scope":
        value += f', error="insufficient_scope", scope="{denied.scope}"'
    elif denied is not None:
        detail = _NOT_IN_DESCRIPTION.sub("", denied.detail)
        value += f', error="invalid_token", error_description="{detail}"'
    return (value.encode("ascii"),)
