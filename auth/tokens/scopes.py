"""Scopes: what is asked for, narrowed by who may what. Pure. A scope is a word of RFC 6749 §3.3."""

from __future__ import annotations

import re
from collections.abc import Collection

from authlib.oauth2.rfc6749 import InvalidScopeError

MAX_SCOPES = 64
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")


def scopes_asked(text: str | None, allowed: Collection[str]) -> tuple[str, ...]:
    """Those of ``text``, each once, in its order; all that are allowed where it says none.

    Raises InvalidScopeError for one that is not allowed: a token with less than was asked for surprises later.
    """
    if not text or not text.strip(" "):
        return tuple(allowed)
    words = tuple(dict.fromkeys(word for word in text.split(" ") if word))
    if len(words) > MAX_SCOPES or not all(_SCOPE.fullmatch(word) for word in words):
        raise InvalidScopeError("The scope is malformed.")
    if not set(words) <= set(allowed):
        raise InvalidScopeError("The scope asks for more than is allowed here.")
    return words


def scopes_of_user(scopes: Collection[str], of_user: Collection[str] | None) -> tuple[str, ...]:
    """What of ``scopes`` may be granted in the user's name; ``of_user`` None: all of them."""
    return tuple(scope for scope in scopes if of_user is None or scope in of_user)
