"""Tokens in forms, so that only a page that this server gave this browser can be sent. Pure.

Each is bound to a secret of the browser and to what the form is for.
"""

from __future__ import annotations

import hashlib
import hmac


def form_token(secret: str, purpose: str) -> str:
    """``purpose`` names the form, and what it is about: a token of one opens no other."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def is_token(shown: str, secret: str, purpose: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(shown.encode("utf-8", "replace"), form_token(secret, purpose).encode())
