"""Credentials are in no log: not the value of a query parameter that may be one, nor what has the form of a secret."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote_plus

STARS = "***"
_SECRET = re.compile(r"(weir[tcori]?_[0-9A-Za-z]{1,10}_)[0-9A-Za-z]+")
"""Also one that was cut or mistyped (``weir.models.auth.secret_text``)."""


def without_secrets(text: str) -> str:
    """Of a secret, its prefix and id are left."""
    return _SECRET.sub(rf"\1{STARS}", text) if "weir" in text else text


def without_values(target: str, names: Collection[str]) -> str:
    """A target or an address whose query has none of the values of these parameters."""
    before, mark, query = target.partition("?")
    if not mark or not names:
        return target
    return f"{before}?{'&'.join(_pair(pair, names) for pair in query.split('&'))}"


def _pair(pair: str, names: Collection[str]) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={STARS}" if equals and value and unquote_plus(name) in names else pair
