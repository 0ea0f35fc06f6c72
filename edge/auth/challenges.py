"""Values of WWW-Authenticate that more than one method gives."""

from __future__ import annotations

from edge.auth.denied import Denied

REALM = "weir"


def bearer_challenge(denied: Denied | None) -> tuple[bytes, ...]:
    """RFC 6750 §3, for API keys and tokens. An error is told only to who showed something."""
    value = f'Bearer realm="{REALM}"'
    if denied is not None and denied.code == "insufficient-scope":
        value += f', error="insufficient_scope", scope="{denied.scope}"'
    elif denied is not None:
        value += f', error="invalid_token", error_description="{denied.detail}"'
    return (value.encode("ascii"),)
