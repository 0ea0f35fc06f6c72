"""Where credentials stand in a request, and how they are taken out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

from edge.auth.denied import Denied
from edge.edits.headers import folded, without

if TYPE_CHECKING:
    from edge.exchange import Exchange

AUTHORIZATION = b"authorization"
KEY_PREFIX = "weir_"
"""What a Bearer value begins with that is an API key, and no token."""


class Authorization(NamedTuple):
    scheme: str
    """In lower case."""
    value: str
    """What follows; may be empty."""


def values_of(exchange: Exchange, lower: bytes) -> list[str]:
    """Of every field of that lower-case name, also where Connection lists it."""
    return [value.decode("latin-1") for name, _, value in exchange.head.fields if name == lower]


def authorization(exchange: Exchange) -> Authorization | None:
    """The request's Authorization (RFC 9110 §11.6.2). Raises Denied for two of them."""
    values = values_of(exchange, AUTHORIZATION)
    if not values:
        return None
    if len(values) > 1:
        raise Denied("credential-invalid", "the request has more than one Authorization field")
    scheme, _, value = values[0].partition(" ")
    return Authorization(scheme.lower(), value.strip(" "))


def bearer(exchange: Exchange) -> str | None:
    """The value of ``Authorization: Bearer``, an API key or a token (see ``KEY_PREFIX``). Raises Denied."""
    found = authorization(exchange)
    return found.value if found is not None and found.scheme == "bearer" else None


def query_values(query_string: str, name: str) -> list[str]:
    """Every value of that parameter, decoded as rules decode it. ``query_string`` has its ``?``."""
    pairs = (pair.partition("=") for pair in query_string[1:].split("&"))
    return [unquote_plus(value) for key, _, value in pairs if unquote_plus(key) == name]


def without_query(query_string: str, name: str) -> str:
    """The rest stays as it came; empty where nothing is left."""
    pairs = query_string[1:].split("&")
    kept = [pair for pair in pairs if unquote_plus(pair.partition("=")[0]) != name]
    if len(kept) == len(pairs):
        return query_string
    return "?" + "&".join(kept) if kept else ""


def hide_field(exchange: Exchange, lower: bytes) -> None:
    """Takes every field of that lower-case name out of what the upstream gets, also where ``_`` stands for ``-``: some
    servers read that as the same, and nobody looked at it."""
    exchange.fields = without(exchange.fields, folded(lower))
